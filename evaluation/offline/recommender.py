"""Recommender: what every ranking is to the harness, a scenario as much as a baseline."""

from typing import Protocol

import numpy as np

from evaluation.data.training import User
from feed.arrays.arrays import FloatArray, IntArray


class Recommender(Protocol):
    """A ranking made ready from what was `Learned`; it sees one user at a time, and no target."""

    @property
    def name(self) -> str:
        """What the tables call it."""
        ...

    def rank(self, user: User, count: int) -> IntArray:
        """At most `count` catalog rows, best first, each once, none that the user has seen."""
        ...

    def score(self, user: User) -> FloatArray:
        """(n,) the score of every episode for the user, seen or not; none of them NaN."""
        ...


def best(scores: FloatArray, seen: IntArray, count: int) -> IntArray:
    """The `count` rows of highest score that are not seen; equals in the order of the rows."""
    left = scores.astype(np.float64)
    left[seen] = -np.inf
    count = min(count, len(left))
    if not count:
        return np.zeros(0, np.int64)
    least = np.partition(left, len(left) - count)[len(left) - count]
    rows = np.flatnonzero((left >= least) & (left > -np.inf))
    return rows[np.argsort(-left[rows], kind="stable")][:count]
