"""Neighbours: which episodes those who chose one chose, too, item by item.

Co-engagement of two episodes, as in item-based collaborative filtering (Sarwar et al., 2001,
"Item-based collaborative filtering recommendation algorithms"), with this about it: a pair counts
more for the episode that was chosen later, one of a user of few choices more than one of a user of
many, a recent one more than an old one; and popularity is divided out, with shrinkage.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalog_builder.interactions import Interactions
from feed.columns import places

PAIRS = 1 << 20
"""pairs of choices looked at once, about 50 bytes each: what bounds memory"""

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Parameters:
    """How neighbours are found."""

    most: int = 50
    """how many an episode has"""
    window: int = 100
    """how many choices before and after one, of the same user, make a pair with it"""
    backward: float = 0.2
    """what a pair counts for the neighbour that was chosen before; for one chosen after it, 1"""
    half_life_days: float = 365.0
    """of a pair, by the age of its newer choice"""
    activity: float = 1.0
    """a pair of a user of c choices counts c^-activity"""
    own_popularity: float = 0.5
    """near(a, b) is divided by (choices of a + shrinkage)^own_popularity ..."""
    popularity: float = 0.75
    """... and by (choices of b + shrinkage)^popularity"""
    shrinkage: float = 10.0


def neighbours(
    interactions: Interactions,
    ages_days: npt.NDArray[np.float32],
    episodes: int,
    min_people: int,
    parameters: Parameters,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Starts (n + 1,), rows and weights of each episode's neighbours, the nearest first.

    Weights are multiples of the mean one. A pair that fewer than `min_people` users made is left
    out. Exact, one episode at a time, so that memory grows with choices and not with pairs.
    """
    pairs = _Pairs(interactions, ages_days, episodes, parameters)
    counts, rows, weights = [0], [np.zeros(0, np.int32)], [np.zeros(0, np.float32)]
    for row in range(episodes):
        others, near = pairs.nearest(row, max(1, min_people))
        counts.append(len(others))
        rows.append(others)
        weights.append(near)
    every = np.concatenate(weights)
    return (
        np.cumsum(counts, dtype=np.int64),
        np.concatenate(rows),
        every / every.mean() if len(every) else every,
    )


class _Pairs:
    """Pairs of choices of one user, found from the episode of either side."""

    def __init__(
        self,
        interactions: Interactions,
        ages_days: npt.NDArray[np.float32],
        episodes: int,
        parameters: Parameters,
    ) -> None:
        self._rows = interactions.rows
        self._starts = interactions.starts
        choices = np.bincount(interactions.rows, minlength=episodes)
        self._of = np.concatenate([[0], np.cumsum(choices)])
        self._choices = np.argsort(interactions.rows, kind="stable").astype(np.int32)
        lengths = np.diff(interactions.starts).astype(np.float32)
        self._activity = lengths**-parameters.activity
        self._older = interactions.weights
        self._newer = np.exp2(ages_days / np.float32(-parameters.half_life_days))
        self._newer *= interactions.weights
        """a pair counts activity x the one of its older choice x the other of its newer"""
        self._episodes = episodes
        self._parameters = parameters
        self._own = (choices + parameters.shrinkage) ** parameters.own_popularity
        self._others = (choices + parameters.shrinkage) ** parameters.popularity

    def nearest(
        self, row: int, min_people: int
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """The nearest of one episode: which, and how near, falling."""
        strength, people = np.zeros(self._episodes), np.zeros(self._episodes, np.int64)
        for others, weights in self._of_episode(row):
            strength += np.bincount(others, weights, self._episodes)
            people += np.bincount(others, minlength=self._episodes)
        found = np.flatnonzero((people >= min_people) & (strength > 0))
        near = strength[found] / self._own[row] / self._others[found]
        if len(found) > self._parameters.most:
            kept = np.argpartition(-near, self._parameters.most - 1)[: self._parameters.most]
            found, near = found[kept], near[kept]
        order = np.lexsort((found, -near))
        return found[order].astype(np.int32), near[order].astype(np.float32)

    def _of_episode(self, row: int) -> Iterator[tuple[npt.NDArray[np.int64], Floats]]:
        """The other episode of each of its pairs, and what the pair counts, a part at a time."""
        choices = self._choices[self._of[row] : self._of[row + 1]].astype(np.int64)
        step = max(1, PAIRS // self._parameters.window)
        for start in range(0, len(choices), step):
            one = choices[start : start + step]
            user = np.searchsorted(self._starts, one, "right") - 1
            earliest = np.maximum(one - self._parameters.window, self._starts[user])
            last = np.minimum(one + self._parameters.window + 1, self._starts[user + 1])
            older = self._older[one] * self._activity[user]
            newer = self._newer[one] * self._activity[user] * np.float32(self._parameters.backward)
            for begin, end, mine, theirs in (
                (one + 1, last, older, self._newer),
                (earliest, one, newer, self._older),
            ):
                others = places(begin, end)
                weights = np.repeat(mine, end - begin) * theirs[others]
                yield self._rows[others].astype(np.int64), weights
