"""Running: a case to its result, through the very ranker that the function runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from catalog_builder.errors import CommandError
from evaluation.behaviour.case import Asked, Case, Crowd, Engaged, Other, load
from evaluation.behaviour.seen import Seen, look
from evaluation.behaviour.verdict import Verdict
from evaluation.behaviour.worlds import NOW, world
from evaluation.data.events import Events
from evaluation.data.training import learn
from evaluation.wiring import Material
from feed.catalog.catalog import Catalog
from feed.model.engagement import TYPES, Engagement, Profile, Summary, newest
from feed.model.timestamps import DAY_US, from_us, to_us
from feed.ports.errors import Unavailable
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import Scenario
from feed.session.request import SentEngagement, SessionRequest, make_query

NOW_US = to_us(NOW)


@dataclass(frozen=True)
class Result:
    """What came of a case."""

    name: str
    case: Case
    scenario: str
    verdicts: tuple[Verdict, ...]

    @property
    def holds(self) -> bool:
        """Whether every check does."""
        return all(verdict.holds for verdict in self.verdicts)

    @property
    def status(self) -> str:
        """`pass` or `fail`; of what is marked `later` too: it fails once it holds."""
        if self.case.later:
            return "fail" if self.holds else "later"
        return "pass" if self.holds else "fail"

    @property
    def saw(self) -> str:
        """What was seen: what did not hold, or all of it."""
        if self.case.later and self.holds:
            return "holds by now: take `later` out"
        said = [v.saw for v in self.verdicts if not v.holds] or [v.saw for v in self.verdicts]
        return "; ".join(said)


def find(folders: Sequence[Path]) -> list[Path]:
    """The cases in these folders. Raises `CommandError` for a folder without one."""
    found = {folder: sorted(folder.glob("*.toml")) for folder in folders}
    for folder, paths in found.items():
        if not paths:
            raise CommandError(f"{folder}: expected cases, *.toml")
    return [path for paths in found.values() for path in paths]


def run(path: Path, scenarios: Mapping[str, Scenario], default: str) -> Result:
    """The result of the case in a file. Raises `CommandError` that names the file."""
    case = load(path)
    chosen = case.scenario or default
    if chosen not in scenarios:
        raise CommandError(
            f"{path}: scenario {chosen!r}: expected one of {', '.join(sorted(scenarios))}"
        )
    try:
        verdicts = _judge(case, scenarios[chosen], path.parent)
    except (CommandError, Unavailable) as error:
        raise CommandError(f"{path}: {error}") from error
    return Result(path.stem, case, chosen, verdicts)


def _judge(case: Case, scenario: Scenario, folder: Path) -> tuple[Verdict, ...]:
    made = world(case.catalog, (), folder)
    first = second = _session(case, scenario, made)
    if case.other is not None:
        if case.other.episodes:
            made = world(case.catalog, case.other.episodes, folder)
        second = _session(_changed(case, case.other), scenario, made)
    return tuple(check.judge(first, second) for check in case.expect)


def _changed(case: Case, other: Other) -> Case:
    """The case as it is for the second session."""
    names = ("engagements", "profile", "request", "crowd")
    given = {name: getattr(other, name) for name in names if getattr(other, name) is not None}
    return msgspec.structs.replace(case, **given)


def _session(case: Case, scenario: Scenario, made: Material) -> Seen:
    catalog = _catalog(made, case.crowd)
    summary = Summary(
        engagements=newest(_engagements(catalog, case.engagements)),
        profile=Profile(**msgspec.structs.asdict(case.profile)),
    )
    request = _request(catalog, case.request)
    query = make_query(request, summary, seed=case.request.seed, now_us=NOW_US)
    return look(Ranker(catalog, scenario), query)


def _catalog(made: Material, crowd: Sequence[Crowd]) -> Catalog:
    """The catalog, with the signals of what others did in it."""
    catalog = learn(made.episodes, made.vectors, Events.of([]), NOW).catalog
    if not crowd:
        return catalog
    events = Events.of(
        (
            f"{place}-{user}",
            did.episode_id,
            TYPES.index(did.type),
            did.timestamp_us,
            np.nan if did.progress is None else did.progress,
        )
        for place, one in enumerate(crowd)
        for did in _engagements(catalog, [one])
        for user in range(one.users)
    )
    return learn(made.episodes, made.vectors, events, NOW).catalog


def _request(catalog: Catalog, asked: Asked) -> SessionRequest:
    return SessionRequest(
        engagements=tuple(
            SentEngagement(
                episode_id=one.episode_id,
                type=one.type,
                timestamp=from_us(one.timestamp_us),
                progress=one.progress,
            )
            for one in _engagements(catalog, asked.engagements)
        ),
        excluded_ids=asked.excluded_ids,
        served_ids=asked.served_ids,
        category_interests=asked.category_interests,
        muted_series=asked.muted_series,
    )


def _engagements(catalog: Catalog, described: Sequence[Engaged]) -> list[Engagement]:
    """The engagements described, in their order; of each entry every one a day further back."""
    made = []
    for place, one in enumerate(described):
        rows = np.flatnonzero(one.mask(catalog))
        for number, row in enumerate(rows[: None if one.id else one.count].tolist()):
            made.append(
                Engagement(
                    id=f"{place}-{number}",
                    episode_id=catalog.ids[row],
                    type=one.type,
                    timestamp_us=NOW_US - int((one.age_days + number) * DAY_US),
                    progress=one.progress,
                )
            )
    return made
