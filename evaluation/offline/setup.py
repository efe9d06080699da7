"""Experiment: files and options to what is learned, who is asked, and how each ranking did."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from catalog_builder.errors import CommandError
from catalog_builder.progress import say, stage
from catalog_builder.signals.aggregates import SignalParameters
from evaluation.data.events import Events, read_events
from evaluation.data.training import Learned, learn
from evaluation.offline import replay as offline
from evaluation.offline.protocol import MIN_EVENTS, Targets, targets
from evaluation.offline.recommender import Recommender
from evaluation.offline.replay import Outcome
from evaluation.wiring import Material, material
from feed.model.timestamps import rfc3339
from feed.scenarios.scenario import Scenario

MIN_PEOPLE = 1
"""Nothing is published here, so nobody's choices have to be kept out of the signals."""


@dataclass(frozen=True, kw_only=True)
class Files:
    """What an experiment is read from."""

    episodes: str
    interactions: Path
    test: Path | None = None
    """none: the last part of the interactions, cut in time at `cut`"""
    cut: float = 0.8
    vectors: str = ""
    fields: Path | None = None
    now: datetime | None = None
    min_people: int = MIN_PEOPLE
    """what fewer people stand behind is in no signal"""


@dataclass(frozen=True)
class Experiment:
    """What is known at the cut, and who is asked."""

    learned: Learned
    targets: Targets

    def outcomes(
        self, rankings: Sequence[Recommender], ks: Sequence[int], *, seed: int
    ) -> Iterator[Outcome]:
        """How each ranking did."""
        for ranking in rankings:
            with stage(ranking.name):
                yield offline.measure(ranking, self.learned, self.targets, ks, seed=seed)

    def rankings(self, scenarios: Sequence[Scenario], *, seed: int) -> list[Recommender]:
        """The scenarios and every baseline."""
        with stage("rankings"):
            return offline.recommenders(self.learned, scenarios, seed=seed)


def prepare(files: Files) -> Experiment:
    """Read, cut, and learn from what came before the cut.

    Raises `CommandError`, and `Unavailable`.
    """
    with stage("interactions"):
        train = read_events(files.interactions)
        if files.test is None:
            train, test = train.cut(files.cut)
        else:
            test = read_events(files.test)
    with stage("episodes"):
        read = material(files.episodes, files.vectors, files.fields)
    with stage("catalog"):
        return cut_at(read, train, test, files.now, SignalParameters(min_users=files.min_people))


def cut_at(
    read: Material,
    train: Events,
    test: Events,
    now: datetime | None = None,
    parameters: SignalParameters | None = None,
) -> Experiment:
    """What is known once `train` has happened, and what `test` asks. Raises `CommandError`."""
    learned = learn(read.episodes, read.vectors, train, now, parameters)
    asked = targets(learned, test)
    for number, what in [
        (learned.unknown, "events of TRAIN name episodes that the catalog has not"),
        (asked.unknown, "events of TEST name episodes that the catalog has not"),
        (asked.unpublished, "targets were not out yet at the cut"),
        (asked.early, "events of TEST are earlier than the end of TRAIN: cut both at one time"),
    ]:
        if number:
            say(f"note: {number:,} {what}")
    if not len(asked):
        raise CommandError(
            f"no user has {MIN_EVENTS} events in TRAIN and a later one in TEST with another episode"
        )
    say(
        f"{len(learned.catalog):,} episodes, {len(learned.row):,} events of "
        f"{len(learned.users):,} users until {rfc3339(learned.now_us)}; {len(asked):,} of them "
        f"asked, {int(asked.cold.sum()):,} for an episode that nobody had touched"
    )
    return Experiment(learned, asked)
