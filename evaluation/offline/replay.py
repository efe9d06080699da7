"""Offline replay: every ranking over the same users, the same cut and the same metrics."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.data.training import Learned
from evaluation.offline import bootstrap, metrics
from evaluation.offline.baselines import BASELINES
from evaluation.offline.bootstrap import Interval
from evaluation.offline.earshot import Earshot
from evaluation.offline.protocol import Targets
from evaluation.offline.recommender import Recommender
from feed.arrays.arrays import FloatArray, IntArray
from feed.scenarios.scenario import Scenario

DEPTH = 150
"""How far a list is looked at for the MRR: a session's queue is no longer."""
CUTOFFS = (10, 20)


METRIC = re.compile(r"mrr|cold_auc|(recall|ndcg|coverage|novelty|series_entropy)@([1-9][0-9]*)")
"""What a metric is called."""


@dataclass(frozen=True)
class Outcome:
    """How one ranking did."""

    name: str
    lists: IntArray
    """(u, d) what each user was shown, best first, padded with -1"""
    ranks: IntArray
    """(u,) the place of each target, from 1 on, 0 for none"""
    values: Mapping[str, FloatArray]
    """by metric that is a mean over users: (u,) what each contributes"""
    metrics: Mapping[str, float]
    ci: Mapping[str, Interval]
    """by metric, its 95% interval over users"""

    def as_json(self) -> dict[str, object]:
        """The metrics as plain numbers, with the intervals under `ci`; null for what is none."""
        return {
            "users": len(self.ranks),
            **{name: _finite(value) for name, value in self.metrics.items()},
            "ci": {name: [_finite(end) for end in ends] for name, ends in self.ci.items()},
        }


def recommenders(
    learned: Learned, scenarios: Sequence[Scenario], *, seed: int = 0
) -> list[Recommender]:
    """The scenarios, then the baselines of other names."""
    asked = [Earshot(learned, scenario, seed) for scenario in scenarios]
    taken = {one.name for one in asked}
    return [*asked, *(one(learned) for one in BASELINES if one.name not in taken)]


def measure(
    ranking: Recommender,
    learned: Learned,
    targets: Targets,
    ks: Sequence[int] = CUTOFFS,
    *,
    seed: int = 0,
    resamples: int = bootstrap.RESAMPLES,
) -> Outcome:
    """Ask a ranking for every user, and see how it did. No `resamples`, no intervals."""
    lists = rank_all(ranking, targets, max(DEPTH, *ks))
    values = _per_user(lists, learned, targets, ks)
    cold = _cold_aucs(ranking, learned, targets)
    if np.isfinite(cold).any():
        values["cold_auc"] = cold
    found, ci = _with_intervals(values, seed, resamples)
    for k in ks:
        found[f"coverage@{k}"] = metrics.coverage(lists, len(learned.catalog), k)
        if resamples:
            ci[f"coverage@{k}"] = bootstrap.coverage_interval(
                lists[:, :k], len(learned.catalog), seed=seed, resamples=resamples
            )
    ranks = metrics.target_ranks(lists, targets.rows)
    return Outcome(ranking.name, lists, ranks, values, found, ci)


def _with_intervals(
    values: Mapping[str, FloatArray], seed: int, resamples: int
) -> tuple[dict[str, float], dict[str, Interval]]:
    """The mean of each metric over the users who have a value, and its interval."""
    matrix = np.column_stack(list(values.values()))
    known = ~np.isnan(matrix)
    with np.errstate(invalid="ignore"):
        found = np.where(known, matrix, 0.0).sum(axis=0) / known.sum(axis=0)
    means = dict(zip(values, found.tolist(), strict=True))
    if not resamples:
        return means, {}
    drawn = bootstrap.means(matrix, seed=seed, resamples=resamples)
    return means, {
        name: bootstrap.interval(column) for name, column in zip(values, drawn.T, strict=True)
    }


def rank_all(ranking: Recommender, targets: Targets, depth: int) -> IntArray:
    """(u, depth) every user's list. The ranking sees the user, and never the target."""
    lists = np.full((len(targets), depth), -1, np.int64)
    for place, user in enumerate(targets.users):
        rows = ranking.rank(user, depth)
        lists[place, : len(rows)] = rows
    return lists


def _per_user(
    lists: IntArray, learned: Learned, targets: Targets, ks: Sequence[int]
) -> dict[str, FloatArray]:
    """By metric, (u,) what each user contributes."""
    catalog = learned.catalog
    ranks = metrics.target_ranks(lists, targets.rows)
    values = {f"recall@{k}": metrics.recall(ranks, k) for k in ks}
    values |= {f"ndcg@{k}": metrics.ndcg(ranks, k) for k in ks}
    values["mrr"] = metrics.reciprocal(ranks)
    if len(catalog.series_ids):
        values |= {
            f"series_entropy@{k}": metrics.series_entropy(lists, catalog.series, k) for k in ks
        }
    return values | {
        f"novelty@{k}": metrics.novelty(lists, learned.audience, len(learned.users), k) for k in ks
    }


def _cold_aucs(ranking: Recommender, learned: Learned, targets: Targets) -> FloatArray:
    """(u,) the AUC of each target that nobody had touched; NaN for the others."""
    found = np.full(len(targets), np.nan)
    for place in np.flatnonzero(targets.cold).tolist():
        scores = ranking.score(targets.users[place])
        found[place] = metrics.cold_auc(scores, learned.untouched, int(targets.rows[place]))
    return found


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
