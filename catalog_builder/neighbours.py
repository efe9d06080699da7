"""Neighbours: which episodes those who chose one chose, too, item by item.

Co-engagement of two episodes, as in item-based collaborative filtering (Sarwar et al., 2001,
"Item-based collaborative filtering recommendation algorithms"), with this about it: a pair counts
more for the episode that was chosen later, one of a user of few choices more than one of a user of
many, a recent one more than an old one; and popularity is divided out, with shrinkage.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from catalog_builder.interactions import Interactions
from feed.columns import places

PAIRS = 1 << 20
"""pairs of choices looked at once, about 100 bytes each: what bounds memory"""

Places = npt.NDArray[np.int64]

_NONE = np.zeros(0, np.float32)


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
    out. Exact, some episodes at a time, so that memory grows with choices and not with pairs, and
    time with pairs and not with the square of episodes.
    """
    pairs = _Pairs(interactions, ages_days, episodes, parameters)
    counts, rows, weights = [np.zeros(1, np.int64)], [np.zeros(0, np.int32)], [_NONE]
    for first, end in pairs.blocks():
        of, others, near = pairs.nearest(first, end, max(1, min_people))
        counts.append(np.bincount(of, minlength=end - first))
        rows.append(others)
        weights.append(near)
    every = np.concatenate(weights)
    return (
        np.cumsum(np.concatenate(counts)),
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
        self._at_once = max(1, PAIRS // (2 * parameters.window))
        self._own = (choices + parameters.shrinkage) ** parameters.own_popularity
        self._others = (choices + parameters.shrinkage) ** parameters.popularity

    def blocks(self) -> Iterator[tuple[int, int]]:
        """All episodes, as many at once as have few enough pairs, and one at least."""
        first = 0
        while first < self._episodes:
            most = self._of[first] + self._at_once
            end = max(first + 1, int(np.searchsorted(self._of, most, "right")) - 1)
            yield first, end
            first = end

    def nearest(
        self, first: int, end: int, min_people: int
    ) -> tuple[Places, npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Of the episodes from `first`: which one, who is near to it, and how near, falling."""
        total = self._counted(first, end)
        of = np.repeat(np.arange(end - first), np.diff(total.indptr))
        strength, people = total.data.real, total.data.imag
        kept = np.flatnonzero((people >= min_people) & (strength > 0))
        of, found = of[kept], total.indices[kept]
        near = strength[kept] / self._own[first + of] / self._others[found]
        likely = self._likely(near, of, end - first)
        of, found, near = of[likely], found[likely], near[likely]
        order = np.lexsort((found, -near, of))
        rank = np.arange(len(of)) - np.searchsorted(of, of)  # `of` rises, sorted or not
        order = order[rank < self._parameters.most]
        return of[order], found[order].astype(np.int32), near[order].astype(np.float32)

    def _likely(self, near: npt.NDArray[np.float64], of: Places, episodes: int) -> Places:
        """Places of as many of the nearest of each as are wanted, and of all that equal the last.

        So that little has to be sorted.
        """
        most = self._parameters.most
        bounds = np.searchsorted(of, np.arange(episodes + 1))
        least = np.zeros(episodes)
        for one in np.flatnonzero(np.diff(bounds) > most).tolist():
            least[one] = np.partition(near[bounds[one] : bounds[one + 1]], -most)[-most]
        return np.flatnonzero(near >= least[of])

    def _counted(self, first: int, end: int) -> Any:
        """(end - first, n) complex, sparse: what all pairs of two episodes count, and i for each.

        A part of the choices at a time, should even one episode have too many.
        """
        shape = end - first, self._episodes
        choices = self._choices[self._of[first] : self._of[end]].astype(np.int64)
        of = np.repeat(np.arange(shape[0]), np.diff(self._of[first : end + 1]))
        total = csr_array(shape, dtype=np.complex128)
        for start in range(0, len(choices), self._at_once):
            some = slice(start, start + self._at_once)
            starts, others, weights = self._of_choices(choices[some])
            pairs = csr_array((weights + 1j, others, starts), (len(starts) - 1, shape[1]))
            both = np.tile(of[some], 2)
            summed = csr_array(
                (np.ones(len(both)), (both, np.arange(len(both)))), (shape[0], len(both))
            )
            part = summed @ pairs
            total = total + part if start else part
        return total

    def _of_choices(
        self, one: npt.NDArray[np.int64]
    ) -> tuple[Places, npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        """The other episode of each pair of these choices, and what it counts.

        First of those with later choices, then of those with earlier ones; starts (2 c + 1,).
        """
        user = np.searchsorted(self._starts, one, "right") - 1
        earliest = np.maximum(one - self._parameters.window, self._starts[user])
        last = np.minimum(one + self._parameters.window + 1, self._starts[user + 1])
        older = self._older[one] * self._activity[user]
        newer = self._newer[one] * self._activity[user] * np.float32(self._parameters.backward)
        later, earlier = places(one + 1, last), places(earliest, one)
        counts = np.concatenate([last - one - 1, one - earliest])
        weights = np.repeat(np.concatenate([older, newer]), counts)
        weights[: len(later)] *= self._newer[later]
        weights[len(later) :] *= self._older[earlier]
        others = self._rows[np.concatenate([later, earlier])]
        return np.concatenate([[0], np.cumsum(counts)]), others, weights.astype(np.float64)
