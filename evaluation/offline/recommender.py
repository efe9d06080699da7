"""The interface of everything that offline replay evaluates: scenarios and baselines."""

from typing import Protocol

import numpy as np

from evaluation.data.training import TrainingUser
from feed.arrays.arrays import FloatArray, IntArray


class Recommender(Protocol):
    """A ranking prepared from training data, which sees one user at a time and no target."""

    @property
    def name(self) -> str:
        """Name of the ranking in tables."""
        ...

    def rank(self, user: TrainingUser, count: int) -> IntArray:
        """At most `count` distinct catalog rows, best first, without rows the user has seen."""
        ...

    def score(self, user: TrainingUser) -> FloatArray:
        """(n,) score of every episode for the user, including seen ones; never NaN."""
        ...


def top_unseen(scores: FloatArray, seen: IntArray, count: int) -> IntArray:
    """The `count` rows of highest score outside `seen`, best first; ties keep row order.

    Rows with a score of -inf are candidates out.
    """
    candidates = scores.astype(np.float64)
    candidates[seen] = -np.inf
    count = min(count, len(candidates))
    if not count:
        return np.zeros(0, np.int64)
    least = np.partition(candidates, len(candidates) - count)[len(candidates) - count]
    rows = np.flatnonzero((candidates >= least) & (candidates > -np.inf))
    return rows[np.argsort(-candidates[rows], kind="stable")][:count]
