"""Runs a behaviour case: builds its catalog, ranks its sessions and applies its checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from catalog_builder.errors import CommandError
from catalog_builder.search_index import build_search_index
from evaluation.behaviour.case import (
    Case,
    CaseEngagement,
    CaseRequest,
    CrowdEngagement,
    SecondSession,
    SeenBefore,
    load_case,
)
from evaluation.behaviour.catalogs import NOW, case_catalog_input
from evaluation.behaviour.check import CheckResult, RankedFeed
from evaluation.behaviour.criteria import as_tuple
from evaluation.data.events import Events
from evaluation.data.training import training_data
from evaluation.wiring import CatalogInput
from feed.catalog.catalog import Catalog
from feed.model.engagement import ENGAGEMENT_TYPES, Engagement, Profile, Summary, newest
from feed.model.impressions import Impression, merge
from feed.model.timestamps import DAY_US, from_us, to_us
from feed.ports.errors import Unavailable
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import Scenario
from feed.search.feed_seed import find_feed_seed
from feed.session.reason_text import render_all
from feed.session.request import SentEngagement, SessionRequest, make_query
from feed.user.query import Query

NOW_US = to_us(NOW)


@dataclass(frozen=True)
class CaseResult:
    """The outcome of one behaviour case."""

    name: str
    case: Case
    scenario: str
    results: tuple[CheckResult, ...]

    @property
    def holds(self) -> bool:
        """Whether all checks hold."""
        return all(result.holds for result in self.results)

    @property
    def status(self) -> str:
        """`pass` or `fail`; `later` for a case marked so, which fails once it holds."""
        if self.case.later:
            return "fail" if self.holds else "later"
        return "pass" if self.holds else "fail"

    @property
    def observed(self) -> str:
        """The observations of the checks that do not hold, or of all checks if the case holds."""
        if self.case.later and self.holds:
            return "the case holds: remove the key `later`"
        failed = [one for one in self.results if not one.holds]
        return "; ".join(one.observed for one in failed or self.results)


def find_cases(folders: Sequence[Path]) -> list[Path]:
    """Paths of the cases in these folders, sorted by name within each.

    Raises:
        CommandError: a folder has no case.
    """
    by_folder = {folder: sorted(folder.glob("*.toml")) for folder in folders}
    for folder, paths in by_folder.items():
        if not paths:
            raise CommandError(f"{folder}: expected at least one case (*.toml), found none")
    return [path for paths in by_folder.values() for path in paths]


def run_case(path: Path, scenarios: Mapping[str, Scenario], default: str) -> CaseResult:
    """Run the case in a file with the ranker that the function uses.

    `default` is the scenario of a case that names none.

    Raises:
        CommandError: the case cannot be read or run; the message names the file.
    """
    case = load_case(path)
    chosen = case.scenario or default
    if chosen not in scenarios:
        raise CommandError(
            f"{path}: scenario {chosen!r}: expected one of {', '.join(sorted(scenarios))}"
        )
    try:
        results = _check_results(case, scenarios[chosen], path.parent)
    except (CommandError, Unavailable) as error:
        raise CommandError(f"{path}: {error}") from error
    return CaseResult(path.stem, case, chosen, results)


def _check_results(case: Case, scenario: Scenario, folder: Path) -> tuple[CheckResult, ...]:
    read = case_catalog_input(case.catalog, (), folder)
    first = second = _rank(case, scenario, read)
    if case.other is not None:
        if case.other.episodes:
            read = case_catalog_input(case.catalog, case.other.episodes, folder)
        seen = _impressions(first, case.other.seen) if case.other.seen else b""
        second = _rank(_changed(case, case.other), scenario, read, seen)
    return tuple(check.judge(first, second) for check in case.expect)


def _changed(case: Case, other: SecondSession) -> Case:
    """The case with the changes of its second session applied."""
    names = ("engagements", "profile", "request", "crowd")
    given = {name: getattr(other, name) for name in names if getattr(other, name) is not None}
    return msgspec.structs.replace(case, **given)


def _impressions(first: RankedFeed, seen: SeenBefore) -> bytes:
    """The packed impressions of the first episodes of a feed."""
    last_us = NOW_US - int(seen.minutes_ago * 60_000_000)
    return merge(
        b"",
        [
            Impression(one, "", last_us - number * DAY_US)
            for one in first.ids[: seen.top]
            for number in range(seen.sessions)
        ],
    )


def _rank(case: Case, scenario: Scenario, read: CatalogInput, seen: bytes = b"") -> RankedFeed:
    catalog = _catalog(read, case.crowd)
    summary = Summary(
        engagements=newest(_engagements(catalog, case.engagements)),
        profile=Profile(**msgspec.structs.asdict(case.profile)),
        seen=seen,
    )
    request = _request(catalog, case.request)
    query = make_query(request, summary, seed=case.request.seed, now_us=NOW_US)
    ranker = Ranker(catalog, scenario)
    if request.feed_seed is not None and request.feed_seed.text is not None:
        index, allowed = build_search_index(catalog), ranker.allowed(query)
        text = request.feed_seed.text
        seed = find_feed_seed(catalog, index, text, allowed=allowed, now_us=NOW_US)
        query = msgspec.structs.replace(query, feed_seed=seed)
    return ranked_feed(ranker, query)


def ranked_feed(ranker: Ranker, query: Query) -> RankedFeed:
    """Rank a session and look up the key of each episode's reason."""
    slate = ranker.rank(query)
    keys = tuple(one.key for one in render_all(ranker.catalog, slate.reasons))
    return RankedFeed(ranker, query, slate.rows.astype(np.int64), keys)


def _catalog(read: CatalogInput, crowd: Sequence[CrowdEngagement]) -> Catalog:
    """The case's catalog, with signals computed from the engagements of its crowd."""
    catalog = training_data(read.episodes, read.vectors, Events.from_rows([]), NOW).catalog
    if not crowd:
        return catalog
    events = Events.from_rows(
        (
            f"{index}-{user}",
            engagement.episode_id,
            ENGAGEMENT_TYPES.index(engagement.type),
            engagement.timestamp_us,
            np.nan if engagement.progress is None else engagement.progress,
        )
        for index, one in enumerate(crowd)
        for engagement in _engagements(catalog, [one])
        for user in range(one.users)
    )
    return training_data(read.episodes, read.vectors, events, NOW).catalog


def _request(catalog: Catalog, described: CaseRequest) -> SessionRequest:
    return SessionRequest(
        engagements=tuple(
            SentEngagement(
                episode_id=one.episode_id,
                type=one.type,
                timestamp=from_us(one.timestamp_us),
                progress=one.progress,
            )
            for one in _engagements(catalog, described.engagements)
        ),
        excluded_ids=described.excluded_ids,
        served_ids=described.served_ids,
        category_interests=described.category_interests,
        muted_series=described.muted_series,
        muted_categories=described.muted_categories,
        seed=described.feed_seed,
    )


def _engagements(catalog: Catalog, described: Sequence[CaseEngagement]) -> list[Engagement]:
    """The engagements of all entries in order; within one, each is a day older than the last.

    Episodes that an entry names are in the order of their names, others in that of the catalog.
    """
    engagements = []
    for index, one in enumerate(described):
        rows = np.flatnonzero(one.mask(catalog))
        if names := as_tuple(one.id):
            rows = np.array(sorted(rows.tolist(), key=lambda row: names.index(catalog.ids[row])))
        for number, row in enumerate(rows[: None if one.id else one.count].tolist()):
            engagements.append(
                Engagement(
                    id=f"{index}-{number}",
                    episode_id=catalog.ids[row],
                    type=one.type,
                    timestamp_us=NOW_US - int((one.age_days + number) * DAY_US),
                    progress=one.progress,
                )
            )
    return engagements
