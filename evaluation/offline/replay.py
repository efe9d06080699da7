"""Offline replay: evaluates rankings on the same users, the same cut and the same metrics."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.data.training import TrainingData
from evaluation.offline import bootstrap, metrics
from evaluation.offline.baselines import BASELINES
from evaluation.offline.bootstrap import Interval
from evaluation.offline.protocol import Targets
from evaluation.offline.recommender import Recommender
from evaluation.offline.scenario_recommender import ScenarioRecommender
from feed.arrays.arrays import FloatArray, IntArray
from feed.scenarios.scenario import Scenario

DEPTH = 150
"""Length of the lists that the MRR is computed on: the longest queue of a session."""
CUTOFFS = (10, 20)
"""Default values of k."""


METRIC = re.compile(r"mrr|cold_auc|(recall|ndcg|coverage|novelty|series_entropy)@([1-9][0-9]*)")
"""Names of all metrics."""


@dataclass(frozen=True)
class OfflineResult:
    """The metrics of one ranking over u users."""

    name: str
    lists: IntArray
    """(u, d) catalog rows shown to each user, best first, padded with -1"""
    ranks: IntArray
    """(u,) position of each target in its list, from 1 on; 0 if absent"""
    values: Mapping[str, FloatArray]
    """by metric that is a mean over users: (u,) the value of each user"""
    metrics: Mapping[str, float]
    ci: Mapping[str, Interval]
    """by metric: its 95% interval over users"""

    def as_json(self) -> dict[str, object]:
        """The metrics by name and their intervals under `ci`; None for NaN."""
        return {
            "users": len(self.ranks),
            **{name: _finite(value) for name, value in self.metrics.items()},
            "ci": {name: [_finite(end) for end in ends] for name, ends in self.ci.items()},
        }


def recommenders(
    training: TrainingData, scenarios: Sequence[Scenario], *, seed: int = 0
) -> list[Recommender]:
    """A recommender for each scenario, then each baseline whose name is not taken."""
    chosen = [ScenarioRecommender(training, scenario, seed) for scenario in scenarios]
    taken = {one.name for one in chosen}
    return [*chosen, *(one(training) for one in BASELINES if one.name not in taken)]


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
    lists = rank_all(ranking, targets, max(DEPTH, *ks))
    values = _per_user(lists, training, targets, ks)
    cold = _cold_aucs(ranking, training, targets)
    if np.isfinite(cold).any():
        values["cold_auc"] = cold
    means, ci = _with_intervals(values, seed, resamples)
    for k in ks:
        means[f"coverage@{k}"] = metrics.coverage(lists, len(training.catalog), k)
        if resamples:
            ci[f"coverage@{k}"] = bootstrap.coverage_interval(
                lists[:, :k], len(training.catalog), seed=seed, resamples=resamples
            )
    ranks = metrics.target_ranks(lists, targets.rows)
    return OfflineResult(ranking.name, lists, ranks, values, means, ci)


def _with_intervals(
    values: Mapping[str, FloatArray], seed: int, resamples: int
) -> tuple[dict[str, float], dict[str, Interval]]:
    """The mean of each metric over the users that have a value, and its interval."""
    matrix = np.column_stack(list(values.values()))
    known = ~np.isnan(matrix)
    with np.errstate(invalid="ignore"):
        mean = np.where(known, matrix, 0.0).sum(axis=0) / known.sum(axis=0)
    means = dict(zip(values, mean.tolist(), strict=True))
    if not resamples:
        return means, {}
    drawn = bootstrap.means(matrix, seed=seed, resamples=resamples)
    return means, {
        name: bootstrap.interval(column) for name, column in zip(values, drawn.T, strict=True)
    }


def rank_all(ranking: Recommender, targets: Targets, depth: int) -> IntArray:
    """(u, depth) catalog rows recommended to each user, padded with -1."""
    lists = np.full((len(targets), depth), -1, np.int64)
    for index, user in enumerate(targets.users):
        rows = ranking.rank(user, depth)
        lists[index, : len(rows)] = rows
    return lists


def _per_user(
    lists: IntArray, training: TrainingData, targets: Targets, ks: Sequence[int]
) -> dict[str, FloatArray]:
    """By metric: (u,) the value of each user."""
    catalog = training.catalog
    ranks = metrics.target_ranks(lists, targets.rows)
    values = {f"recall@{k}": metrics.recall(ranks, k) for k in ks}
    values |= {f"ndcg@{k}": metrics.ndcg(ranks, k) for k in ks}
    values["mrr"] = metrics.reciprocal(ranks)
    if len(catalog.series_ids):
        values |= {
            f"series_entropy@{k}": metrics.series_entropy(lists, catalog.series, k) for k in ks
        }
    return values | {
        f"novelty@{k}": metrics.novelty(lists, training.audience, len(training.users), k)
        for k in ks
    }


def _cold_aucs(ranking: Recommender, training: TrainingData, targets: Targets) -> FloatArray:
    """(u,) AUC of each cold target; NaN for users with another target."""
    aucs = np.full(len(targets), np.nan)
    for index in np.flatnonzero(targets.cold).tolist():
        scores = ranking.score(targets.users[index])
        aucs[index] = metrics.cold_auc(scores, training.untouched, int(targets.rows[index]))
    return aucs


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
