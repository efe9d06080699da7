"""An offline run: from input files to training data, target users and metrics."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from catalog_builder.errors import CommandError
from catalog_builder.progress import say, stage
from catalog_builder.signals.aggregates import SignalParameters
from evaluation.data.events import Events, read_events
from evaluation.data.training import TrainingData, training_data
from evaluation.offline import replay
from evaluation.offline.protocol import MIN_EVENTS, Targets, targets
from evaluation.offline.recommender import Recommender
from evaluation.offline.replay import OfflineResult
from evaluation.wiring import CatalogInput, read_catalog_input
from feed.model.timestamps import rfc3339
from feed.scenarios.scenario import Scenario

MIN_PEOPLE = 1
"""Least number of users behind a signal: no privacy threshold, since nothing is published."""


@dataclass(frozen=True, kw_only=True)
class InputFiles:
    """Input files and options of an offline run."""

    episodes: str
    interactions: Path
    test: Path | None = None
    """later interactions; None: the interactions after the share `cut`"""
    cut: float = 0.8
    vectors: str = ""
    fields: Path | None = None
    now: datetime | None = None
    min_people: int = MIN_PEOPLE
    """least number of users behind a published signal"""


@dataclass(frozen=True)
class OfflineRun:
    """The data of an evaluation: what is known at the cut, and the users and their targets."""

    training: TrainingData
    targets: Targets

    def outcomes(
        self, rankings: Sequence[Recommender], ks: Sequence[int], *, seed: int
    ) -> Iterator[OfflineResult]:
        """Yield the metrics of each ranking."""
        for ranking in rankings:
            with stage(ranking.name):
                yield replay.measure(ranking, self.training, self.targets, ks, seed=seed)

    def rankings(self, scenarios: Sequence[Scenario], *, seed: int) -> list[Recommender]:
        """Prepare a recommender for each scenario and each baseline."""
        with stage("rankings"):
            return replay.recommenders(self.training, scenarios, seed=seed)


def prepare(files: InputFiles) -> OfflineRun:
    """Read the input files, split the interactions in time and build the catalog.

    Raises:
        CommandError: an input is invalid, or no user can be evaluated.
        Unavailable: a vector source does not answer.
    """
    with stage("interactions"):
        train = read_events(files.interactions)
        if files.test is None:
            train, test = train.split(files.cut)
        else:
            test = read_events(files.test)
    with stage("episodes"):
        read = read_catalog_input(files.episodes, files.vectors, files.fields)
    with stage("catalog"):
        return run_after_cut(
            read, train, test, files.now, SignalParameters(min_users=files.min_people)
        )


def run_after_cut(
    read: CatalogInput,
    train: Events,
    test: Events,
    now: datetime | None = None,
    parameters: SignalParameters | None = None,
) -> OfflineRun:
    """Build the run whose training data is `train` and whose targets come from `test`.

    `now` is the time of the sessions, by default that of the last event in `train`.

    Raises:
        CommandError: no user can be evaluated.
    """
    training = training_data(read.episodes, read.vectors, train, now, parameters)
    selected = targets(training, test)
    for number, what in [
        (training.unknown, "events of TRAIN name episodes that are not in the catalog"),
        (selected.unknown, "events of TEST name episodes that are not in the catalog"),
        (selected.unpublished, "targets were published after the cut"),
        (
            selected.early,
            "events of TEST are earlier than the last of TRAIN: split both at one time",
        ),
    ]:
        if number:
            say(f"note: {number:,} {what}")
    if not len(selected):
        raise CommandError(
            f"no user has {MIN_EVENTS} events in TRAIN and a later one in TEST with another episode"
        )
    say(
        f"{len(training.catalog):,} episodes, {len(training.row):,} events of "
        f"{len(training.users):,} users until {rfc3339(training.now_us)}; {len(selected):,} "
        f"of them evaluated, {int(selected.cold.sum()):,} on an episode without any engagement"
    )
    return OfflineRun(training, selected)
