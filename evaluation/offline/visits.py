"""Second visits: what users of a replay are shown who saw a feed and did nothing with it.

A user's first visit is their session at the cut. The second one takes place 30 minutes later with
other random draws, once as if nothing was remembered, once with impressions of the first ten.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import numpy as np

from evaluation.data.training import TrainingUser
from evaluation.offline import metrics
from evaluation.offline.protocol import Targets
from evaluation.offline.scenario_recommender import ScenarioRecommender
from feed.arrays.arrays import FloatArray, IntArray
from feed.model.impressions import Impression, merge
from feed.user.query import Query

TOP = 10
"""Number of episodes that a user sees on a visit."""
DEPTH = 20
PAUSE_MINUTES, WITHIN_MINUTES = 30, 10
NEAR = 0.9
"""Share of the tenth episode's score from which on another episode is as good."""
FEW_OTHERS = 5
"""With fewer other episodes as good as that, a feed need not change."""


@dataclass(frozen=True)
class VisitRanks:
    """How well two visits of u users hit their targets."""

    recall: float
    """recall@20 of the second visit; of the only one"""
    ndcg: float
    """nDCG@10 of it"""
    either: float
    """share of the users whose target is among the first ten of either visit"""


@dataclass(frozen=True)
class VisitReplay:
    """What second visits of u users were like."""

    users: int
    moved: int
    """number of users whose feed differed ten minutes after they saw it"""
    new: float
    """mean share of the second first ten that the first one did not have"""
    half_new: int
    """number of users for whom that share was at least half"""
    few_others: int
    """number of the other users for whom fewer than five others had nine tenths of the tenth
    episode's score"""
    first: VisitRanks
    forgotten: VisitRanks
    """second visits as if nothing was remembered"""
    remembered: VisitRanks
    """second visits with impressions of the first ten"""

    @property
    def unexplained(self) -> int:
        """The number of users whose first ten stayed the same by half although others fit."""
        return self.users - self.half_new - self.few_others


def replay_visits(ranking: ScenarioRecommender, targets: Targets) -> VisitReplay:
    """Rank two visits of each target user."""
    moved, new, others = 0, [], []
    lists: list[list[IntArray]] = []
    for user in targets.users:
        query = ranking.query(user)
        again = msgspec.structs.replace(query, seed=query.seed ^ 1)
        rank = ranking.ranker.rank
        first = rank(query).rows
        within = rank(_with_seen(ranking, query, first[:TOP], WITHIN_MINUTES)).rows
        moved += not np.array_equal(first, within)
        second = rank(_with_seen(ranking, again, first[:TOP], PAUSE_MINUTES)).rows
        new.append(1 - np.isin(second[:TOP], first[:TOP]).mean() if len(second) else 0.0)
        others.append(_count_others(ranking, query, first[:TOP]))
        lists.append([_untouched(user, rows) for rows in (first, rank(again).rows, second)])
    shares, half = np.array(new), np.array(new) >= 0.5  # noqa: PLR2004 - half of them
    first_lists, forgotten, remembered = (_padded(one) for one in zip(*lists, strict=True))
    return VisitReplay(
        users=len(targets),
        moved=moved,
        new=float(shares.mean()),
        half_new=int(half.sum()),
        few_others=int((~half & (np.array(others) < FEW_OTHERS)).sum()),
        first=_ranks(first_lists, first_lists, targets.rows),
        forgotten=_ranks(first_lists, forgotten, targets.rows),
        remembered=_ranks(first_lists, remembered, targets.rows),
    )


def _with_seen(ranking: ScenarioRecommender, query: Query, rows: IntArray, minutes: int) -> Query:
    """The query of a user who had these rows on the screen so long ago."""
    at_us = query.now_us - minutes * 60_000_000
    seen = [Impression(ranking.ranker.catalog.ids[row], "", at_us) for row in rows.tolist()]
    return msgspec.structs.replace(query, seen=merge(query.seen, seen))


def _count_others(ranking: ScenarioRecommender, query: Query, top: IntArray) -> int:
    """The number of other eligible episodes with `NEAR` of the least score at the top."""
    if not len(top):
        return 0
    scores = ranking.ranker.score(query)
    least = scores[top].min()
    near = ranking.ranker.allowed(query) & (scores >= least - (1 - NEAR) * abs(least))
    near[top] = False
    return int(near.sum())


def _untouched(user: TrainingUser, rows: IntArray) -> IntArray:
    return rows[~np.isin(rows, user.seen)][:DEPTH].astype(np.int64)


def _padded(lists: Iterable[IntArray]) -> IntArray:
    """(u, `DEPTH`) rows of each list, padded with -1."""
    return np.array([np.pad(one, (0, DEPTH - len(one)), constant_values=-1) for one in lists])


def _ranks(first: IntArray, second: IntArray, targets: IntArray) -> VisitRanks:
    ranks = metrics.target_ranks(second, targets)
    hits: FloatArray = metrics.recall(metrics.target_ranks(first, targets), TOP)
    return VisitRanks(
        float(metrics.recall(ranks, DEPTH).mean()),
        float(metrics.ndcg(ranks, TOP).mean()),
        float(np.maximum(hits, metrics.recall(ranks, TOP)).mean()),
    )
