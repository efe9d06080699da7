"""What a ranking showed to the target users, and the value of each metric for each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evaluation.data.training import TrainingData
from evaluation.offline import metrics
from evaluation.offline.protocol import Targets
from evaluation.offline.recommender import Recommender
from evaluation.offline.segments import segments
from feed.arrays.arrays import BoolArray, FloatArray, IntArray

DEPTH = 150
"""Length of the lists that the MRR is computed on: the longest queue of a session."""


@dataclass(frozen=True)
class Observations:
    """What one ranking showed to p target users, each at one cut."""

    name: str
    user_ids: Sequence[str]
    """(p,) id of each user, once per cut"""
    lists: IntArray
    """(p, d) catalog rows shown to each user, best first, padded with -1"""
    ranks: IntArray
    """(p,) position of each target in its list, from 1 on; 0 if absent"""
    values: Mapping[str, FloatArray]
    """by metric that is a mean over users: (p,) the value of each user"""
    segments: Mapping[str, BoolArray]
    """by segment: (p,) true for the users in it"""
    episodes: int
    """number of episodes in the catalogs of all cuts together"""
    unexplored_lists: IntArray | None = None
    """(p, d) `lists` as they are without exploration; None if not known"""

    @property
    def units(self) -> IntArray:
        """(p,) number of each user from 0 on, the same at every cut."""
        return np.unique(np.array(self.user_ids, dtype=np.str_), return_inverse=True)[1]


def observe(
    ranking: Recommender, training: TrainingData, targets: Targets, ks: Sequence[int]
) -> Observations:
    """Rank for all target users and compute their metrics at the cutoffs `ks`."""
    lists = rank_all(ranking, targets, max(DEPTH, *ks))
    values = _per_user(lists, training, targets, ks)
    cold = _cold_aucs(ranking, training, targets)
    if np.isfinite(cold).any():
        values["cold_auc"] = cold
    return Observations(
        name=ranking.name,
        user_ids=[user.user_id for user in targets.users],
        lists=lists,
        ranks=metrics.target_ranks(lists, targets.rows),
        values=values,
        segments=segments(targets),
        episodes=len(training.catalog),
    )


def pool(parts: Sequence[Observations]) -> Observations:
    """The observations of one ranking at several cuts as one.

    Rows of different cuts are kept apart: those of a later cut come after those of the earlier
    ones, so that coverage is the mean over the cuts.
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    offsets = np.cumsum([0, *(one.episodes for one in parts)])[:-1].tolist()
    names = {name: None for one in parts for name in one.values}
    unexplored = [one.unexplored_lists for one in parts if one.unexplored_lists is not None]
    return replace(
        first,
        user_ids=[user_id for one in parts for user_id in one.user_ids],
        lists=_stack([one.lists for one in parts], offsets),
        ranks=np.concatenate([one.ranks for one in parts]),
        values={
            name: np.concatenate(
                [one.values.get(name, np.full(len(one.ranks), np.nan)) for one in parts]
            )
            for name in names
        },
        segments={
            name: np.concatenate([one.segments[name] for one in parts]) for name in first.segments
        },
        episodes=sum(one.episodes for one in parts),
        unexplored_lists=_stack(unexplored, offsets) if unexplored else None,
    )


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


def _stack(lists: Sequence[IntArray], offsets: Sequence[int]) -> IntArray:
    """The lists of several catalogs, with the offset of its catalog added to each row."""
    moved = [np.where(one >= 0, one + by, -1) for one, by in zip(lists, offsets, strict=True)]
    return np.concatenate(moved)
