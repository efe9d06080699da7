"""Offline replay: evaluates rankings on the same users, the same cut and the same metrics."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from catalog_builder.progress import say, stage
from evaluation.data.training import TrainingData
from evaluation.offline import bootstrap, metrics
from evaluation.offline.baselines import BASELINES, UNPERSONALISED
from evaluation.offline.bootstrap import Interval
from evaluation.offline.observations import Observations, observe
from evaluation.offline.protocol import Targets
from evaluation.offline.recommender import Recommender
from evaluation.offline.result import OfflineResult, SegmentResult
from evaluation.offline.scenario_recommender import ScenarioRecommender
from evaluation.offline.signal_refresh import RefreshedRecommender, RefreshedSignals
from feed.arrays.arrays import FloatArray, IntArray
from feed.scenarios.scenario import Scenario

CUTOFFS = (10, 20)
"""Default values of k."""
HITS = ("recall", "ndcg")
"""Metrics that segments have, and that are compared with baselines."""
METRIC = re.compile(r"mrr|cold_auc|(recall|ndcg|coverage|novelty|series_entropy)@([1-9][0-9]*)")
"""Names of all metrics."""
UNEXPLORED = "_no_exploration"
"""What the name of a coverage without exploration ends in."""


def scenario_recommender(
    training: TrainingData, scenario: Scenario, seed: int, signals: RefreshedSignals | None
) -> ScenarioRecommender | RefreshedRecommender[ScenarioRecommender]:
    """A recommender for a scenario, whose popularity is renewed if there are `signals`."""
    if signals is None:
        return ScenarioRecommender(training, scenario, seed)
    prepare = partial(ScenarioRecommender, scenario=scenario, seed=seed)
    return RefreshedRecommender(scenario.name, signals, prepare, scenario)


def recommenders(
    training: TrainingData,
    scenarios: Sequence[Scenario],
    *,
    seed: int = 0,
    signals: RefreshedSignals | None = None,
) -> Iterator[Recommender]:
    """Yield a recommender for each scenario, then each baseline whose name is not taken.

    Each is prepared when it is asked for, since some take much memory. With `signals`, popularity
    is renewed in scenarios and in the baselines that are popularity alone.
    """
    for scenario in scenarios:
        yield scenario_recommender(training, scenario, seed, signals)
    taken = {one.name for one in scenarios}
    for baseline in BASELINES:
        if baseline.name in taken:
            continue
        if signals and baseline.name in UNPERSONALISED:
            yield RefreshedRecommender(baseline.name, signals, baseline)
            continue
        try:
            with stage(f"{baseline.name}: fit"):
                fitted = baseline(training)
        except ImportError as error:
            say(f"note: without the baseline {baseline.name}: {error} (see requirements-dev.in)")
        else:
            yield fitted


def measure(
    ranking: Recommender,
    training: TrainingData,
    targets: Targets,
    ks: Sequence[int] = CUTOFFS,
    *,
    seed: int = 0,
    resamples: int = bootstrap.RESAMPLES,
) -> OfflineResult:
    """Compute the metrics of a ranking over all target users.

    Cutoffs `ks` are the k of metrics such as recall@k. With 0 `resamples` there are no intervals.
    """
    observed = observe(ranking, training, targets, ks)
    return summarize(observed, ks, seed=seed, resamples=resamples)


def summarize(
    observed: Observations,
    ks: Sequence[int],
    *,
    seed: int = 0,
    resamples: int = bootstrap.RESAMPLES,
) -> OfflineResult:
    """Compute the metrics of observations at the cutoffs `ks`, with intervals if `resamples`."""
    units = observed.units
    means, ci = _with_intervals(observed.values, units, seed, resamples)
    for k in ks:
        for suffix, lists in [("", observed.lists), (UNEXPLORED, observed.unexplored_lists)]:
            if lists is None:
                continue
            name = f"coverage@{k}{suffix}"
            means[name] = metrics.coverage(lists, observed.episodes, k)
            if resamples:
                ci[name] = bootstrap.coverage_interval(
                    lists[:, :k], observed.episodes, units=units, seed=seed, resamples=resamples
                )
    by_segment = {}
    for segment, inside in observed.segments.items():
        values = {
            name: np.where(inside, value, np.nan)
            for name, value in observed.values.items()
            if name.startswith(HITS)
        }
        found = _with_intervals(values, units, seed, resamples)
        by_segment[segment] = SegmentResult(int(inside.sum()), *found)
    return OfflineResult(**vars(observed), metrics=means, ci=ci, by_segment=by_segment)


def _with_intervals(
    values: Mapping[str, FloatArray], units: IntArray, seed: int, resamples: int
) -> tuple[dict[str, float], dict[str, Interval]]:
    """The mean of each metric over the users that have a value, and its interval."""
    matrix = np.column_stack(list(values.values()))
    known = ~np.isnan(matrix)
    with np.errstate(invalid="ignore"):
        mean = np.where(known, matrix, 0.0).sum(axis=0) / known.sum(axis=0)
    means = dict(zip(values, mean.tolist(), strict=True))
    if not resamples:
        return means, {}
    drawn = bootstrap.means(matrix, units=units, seed=seed, resamples=resamples)
    return means, {
        name: bootstrap.interval(column) for name, column in zip(values, drawn.T, strict=True)
    }
