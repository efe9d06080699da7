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

CELLS = 1 << 23
"""pairs of episodes held at once, 24 bytes each: what bounds memory"""
PAIRS = 1 << 22
"""pairs of choices looked at once"""

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
    out. Exact, in blocks of episodes.
    """
    pairs = _Pairs(interactions, ages_days, episodes, parameters)
    counts, rows, weights = [np.zeros(1, np.int64)], [], []
    for first, last in pairs.blocks():
        near = pairs.near(first, last, min_people)
        found = _largest(near, parameters.most)
        counts.append(found[0])
        rows.append(found[1])
        weights.append(found[2])
    every = np.concatenate(weights) if weights else np.zeros(0, np.float32)
    return (
        np.cumsum(np.concatenate(counts)),
        np.concatenate(rows) if rows else np.zeros(0, np.int32),
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
        lengths = np.diff(interactions.starts)
        self._rows = interactions.rows
        self._ends = np.repeat(interactions.starts[1:], lengths).astype(np.int32)
        self._begins = np.repeat(interactions.starts[:-1], lengths).astype(np.int32)
        activity = np.repeat(lengths.astype(np.float32) ** -parameters.activity, lengths)
        decay = np.exp2(-ages_days / np.float32(parameters.half_life_days))
        self._older = interactions.weights * activity
        self._newer = interactions.weights * decay
        """a pair counts the one of its older choice x the other of its newer"""
        self._episodes = episodes
        self._parameters = parameters
        by_episode = np.argsort(interactions.rows, kind="stable")
        self._choices = by_episode.astype(np.int32)
        choices = np.bincount(interactions.rows, minlength=episodes)
        self._of = np.concatenate([[0], np.cumsum(choices)])
        self._own = (choices + parameters.shrinkage) ** parameters.own_popularity
        self._others = (choices + parameters.shrinkage) ** parameters.popularity

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Blocks of episodes, first and last, that fit in memory."""
        step = max(1, CELLS // max(1, self._episodes))
        for first in range(0, self._episodes, step):
            yield first, min(first + step, self._episodes)

    def near(self, first: int, last: int, min_people: int) -> Floats:
        """(last - first, n) how near every episode is to each of a block."""
        shape = last - first, self._episodes
        strength, people = np.zeros(shape), np.zeros(shape, np.int32)
        for cells, weights in self._of_block(first, last):
            strength += np.bincount(cells, weights, strength.size).reshape(shape)
            people += np.bincount(cells, minlength=people.size).reshape(shape)
        strength[people < max(1, min_people)] = 0.0
        near: Floats = strength / self._own[first:last, None] / self._others
        return near

    def _of_block(self, first: int, last: int) -> Iterator[tuple[npt.NDArray[np.int64], Floats]]:
        """Cells of a block's matrix and what each pair adds there, a part at a time."""
        choices = self._choices[self._of[first] : self._of[last]]
        step = max(1, PAIRS // (2 * self._parameters.window))
        gaps = np.arange(1, self._parameters.window + 1, dtype=np.int32)
        for start in range(0, len(choices), step):
            one = choices[start : start + step]
            place = (self._rows[one] - first).astype(np.int64) * self._episodes
            after, before = one[:, None] + gaps, one[:, None] - gaps
            i, gap = np.nonzero(after < self._ends[one, None])
            later = after[i, gap]
            j, gap = np.nonzero(before >= self._begins[one, None])
            earlier = before[j, gap]
            yield (
                np.concatenate([place[i] + self._rows[later], place[j] + self._rows[earlier]]),
                np.concatenate(
                    [
                        self._older[one[i]] * self._newer[later],
                        self._older[earlier] * self._newer[one[j]] * self._parameters.backward,
                    ]
                ),
            )


def _largest(
    near: Floats, most: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """The largest of each row that are above 0: how many, where, and how large, falling."""
    most = min(most, near.shape[1])
    at = (
        np.argpartition(-near, most - 1, axis=1)[:, :most]
        if most
        else np.zeros((len(near), 0), int)
    )
    value = np.take_along_axis(near, at, axis=1)
    order = np.lexsort((at, -value), axis=1)
    at, value = np.take_along_axis(at, order, axis=1), np.take_along_axis(value, order, axis=1)
    found = value > 0
    return found.sum(axis=1), at[found].astype(np.int32), value[found].astype(np.float32)
