"""An offline run: from input files to training data, target users and metrics."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np

from catalog_builder.errors import CommandError
from catalog_builder.progress import say, stage
from catalog_builder.signals.aggregates import SignalParameters
from evaluation.data.events import Events, read_events
from evaluation.data.training import TrainingData, training_data
from evaluation.offline import replay
from evaluation.offline.comparison import compare
from evaluation.offline.observations import Observations, observe, pool, rank_all
from evaluation.offline.protocol import MIN_EVENTS, Targets, leave_last_out, targets
from evaluation.offline.recommender import Recommender
from evaluation.offline.result import OfflineResult
from evaluation.offline.scenario_recommender import without_exploration
from evaluation.offline.signal_refresh import RefreshedSignals
from evaluation.wiring import CatalogInput, read_catalog_input
from feed.model.timestamps import rfc3339
from feed.scenarios.scenario import Scenario

Protocol = Literal["cut", "last"]

MIN_PEOPLE = 1
"""Least number of users behind a signal: no privacy threshold, since nothing is published."""


@dataclass(frozen=True, kw_only=True)
class InputFiles:
    """Input files and options of an offline run."""

    episodes: str
    interactions: Path
    test: Path | None = None
    """interactions that targets come from; None: part of `interactions`, see `protocol`"""
    protocol: Protocol = "cut"
    """`cut`: targets are what users chose first after a moment; `last`: what they chose last"""
    cuts: tuple[float, ...] = (0.8,)
    """without `test`, under `cut`: shares of the interactions before the moment, a run for each"""
    vectors: str = ""
    fields: Path | None = None
    now: datetime | None = None
    min_people: int = MIN_PEOPLE
    """least number of users behind a published signal"""
    signals_every: int | None = None
    """interval at which popularity is renewed after the cut, microseconds; None: it is not"""


@dataclass(frozen=True)
class OfflineRun:
    """The data of an evaluation: what is known at the cut, and the users and their targets."""

    training: TrainingData
    targets: Targets
    signals: RefreshedSignals | None = None
    """popularity at the moments of the targets; None: it is that of the cut"""

    def observations(
        self, scenarios: Sequence[Scenario], ks: Sequence[int], *, seed: int
    ) -> Iterator[Observations]:
        """Yield what each scenario, then each baseline, shows to the users at the cut."""
        for ranking in replay.recommenders(
            self.training, scenarios, seed=seed, signals=self.signals
        ):
            with stage(ranking.name):
                yield self._observed(ranking, ks, seed)

    def _observed(self, ranking: Recommender, ks: Sequence[int], seed: int) -> Observations:
        observed = observe(ranking, self.training, self.targets, ks)
        unexplored = observed.lists
        scenario = getattr(ranking, "scenario", None)
        if scenario is not None:
            plain = without_exploration(scenario)
            if plain != scenario:
                still = replay.scenario_recommender(self.training, plain, seed, self.signals)
                unexplored = rank_all(still, self.targets, max(ks))
        return replace(observed, unexplored_lists=unexplored)


@dataclass(frozen=True)
class OfflineReplay:
    """An evaluation over one or several cuts."""

    runs: int
    """number of cuts"""
    last: OfflineRun
    """the run of the last cut"""
    outcomes: Sequence[OfflineResult]
    """the results over all cuts: of the scenarios, compared with the baselines; then of these"""


def replay_all(
    runs: Iterable[OfflineRun], scenarios: Sequence[Scenario], ks: Sequence[int], *, seed: int
) -> OfflineReplay:
    """Rank with the scenarios and all baselines at each cut, and pool users over the cuts."""
    observed: dict[str, list[Observations]] = {}
    count = 0
    for count, run in enumerate(runs, 1):  # noqa: B007 - the last one is part of the result
        for one in run.observations(scenarios, ks, seed=seed):
            observed.setdefault(one.name, []).append(one)
    with stage("intervals"):
        outcomes = [replay.summarize(pool(parts), ks, seed=seed) for parts in observed.values()]
        return OfflineReplay(count, run, compare(outcomes, len(scenarios), seed=seed))


def prepare(files: InputFiles) -> OfflineRun:
    """Read the input files, split the interactions and build the catalog at the one cut.

    Raises:
        CommandError: an input is invalid, or no user can be evaluated.
        Unavailable: a vector source does not answer.
    """
    if len(files.cuts) > 1:
        raise CommandError("--cut: expected one share")
    return next(prepare_all(files))


def prepare_all(files: InputFiles) -> Iterator[OfflineRun]:
    """Read the input files once and yield a run for each cut.

    Raises:
        CommandError: an input is invalid, options contradict each other, or no user can be
            evaluated.
        Unavailable: a vector source does not answer.
    """
    if files.signals_every and files.protocol == "last":
        raise CommandError("--signals-every: expected --protocol cut")
    if len(files.cuts) > 1 and (files.test or files.now or files.protocol == "last"):
        raise CommandError("--cut: expected one share with --test, --now or --protocol last")
    with stage("interactions"):
        train = read_events(files.interactions)
        test = read_events(files.test) if files.test else None
    with stage("episodes"):
        read = read_catalog_input(files.episodes, files.vectors, files.fields)
    for before, after in _splits(files, train, test):
        with stage("catalog"):
            run = run_after_cut(
                read,
                before,
                after,
                files.now,
                SignalParameters(min_users=files.min_people),
                protocol=files.protocol,
                signals_every=files.signals_every,
            )
        yield run


def _splits(files: InputFiles, train: Events, test: Events | None) -> list[tuple[Events, Events]]:
    """The training events and the test events of each run."""
    if test is not None:
        return [(train, test)]
    if files.protocol == "last":
        return [leave_last_out(train)]
    return [train.split(share) for share in files.cuts]


def run_after_cut(
    read: CatalogInput,
    train: Events,
    test: Events,
    now: datetime | None = None,
    parameters: SignalParameters | None = None,
    *,
    protocol: Protocol = "cut",
    signals_every: int | None = None,
) -> OfflineRun:
    """Build the run whose training data is `train` and whose targets come from `test`.

    `now` is the time of the sessions, by default that of the last event in `train`. With
    `signals_every` (microseconds), sessions happen when the targets were chosen, rounded down to
    that interval, and see the popularity of that moment.

    Raises:
        CommandError: no user can be evaluated.
    """
    training = training_data(read.episodes, read.vectors, train, now, parameters)
    selected = targets(training, test, last=protocol == "last")
    early = "events of TEST are earlier than the last of TRAIN: split both at one time"
    for number, what in [
        (training.unknown, "events of TRAIN name episodes that are not in the catalog"),
        (selected.unknown, "events of TEST name episodes that are not in the catalog"),
        (selected.unpublished, "targets were published after the cut"),
        (selected.early, f"{early}, or use --protocol last"),
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
    if signals_every is None:
        return OfflineRun(training, selected)
    selected = selected.take(np.argsort(selected.times_us, kind="stable"))
    least = (parameters or SignalParameters()).min_users
    signals = RefreshedSignals(
        training, train, test, selected, every_us=signals_every, min_people=least
    )
    return OfflineRun(training, selected, signals)
