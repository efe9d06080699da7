"""Pairs: how strongly two episodes are tied by those who chose both.

Of every two choices of a user, not too far apart, one is the later. What such a pair counts depends
on that user's choices alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from catalog_builder.signals.interactions import Interactions
from feed.arrays.arrays import places

PAIRS = 1 << 20
"""pairs of choices looked at once, about 100 bytes each: what bounds memory"""
DAY_MINUTES = 24 * 60

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


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

    def anchor(self, now_minute: int) -> int:
        """The minute that ages are counted from: the next whole half-life since 1970.

        Another one is a factor to all pairs alike, which no neighbour depends on. So it need not
        move with every build, and then what a pair counts does not, either.
        """
        half_life = self.half_life_days * DAY_MINUTES
        return round(ceil(now_minute / half_life) * half_life)


@dataclass(frozen=True)
class Ties:
    """Pairs of two episodes."""

    of: Rows
    """(t,) the place of the one among those asked for"""
    rows: npt.NDArray[np.int32]
    """(t,) the other"""
    strengths: Floats
    """(t,) the sum of what all their pairs count"""

    @classmethod
    def none(cls) -> "Ties":
        """Nobody is tied to anybody."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0))

    @classmethod
    def joined(cls, several: Sequence["Ties"]) -> "Ties":
        """One after another."""
        return cls(
            np.concatenate([ties.of for ties in several]),
            np.concatenate([ties.rows for ties in several]),
            np.concatenate([ties.strengths for ties in several]),
        )

    def at(self, places: Rows) -> "Ties":
        """Some of them."""
        return Ties(self.of[places], self.rows[places], self.strengths[places])


class Pairs:
    """Pairs of choices of one user, found from the episode of either side."""

    def __init__(
        self, interactions: Interactions, now_minute: int, episodes: int, parameters: Parameters
    ) -> None:
        """Whatever is dated ahead of `now_minute`, since 1970, is of now."""
        self.choices = np.bincount(interactions.rows, minlength=episodes)
        """(n,) of each episode"""
        self._of = np.concatenate([[0], np.cumsum(self.choices)])
        self._by_episode = np.argsort(interactions.rows, kind="stable").astype(np.int32)
        self._rows = interactions.rows
        self._starts = interactions.starts
        lengths = np.diff(interactions.starts)
        self._user = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        self._activity = lengths.astype(np.float32) ** -parameters.activity
        self._older = interactions.weights
        self._newer = np.concatenate(
            [_newer(part, now_minute, parameters) for part in interactions.parts()]
        )
        """a pair counts activity x the one of its older choice x the other of its newer"""
        self._episodes = episodes
        self._window = parameters.window
        self._backward = np.float32(parameters.backward)
        self._at_once = max(1, PAIRS // (2 * parameters.window))

    def blocks(self, rows: Rows) -> Iterator[Rows]:
        """These episodes, as many at once as have few enough pairs, and one at least."""
        ends = np.cumsum(self.choices[rows])
        first, before = 0, 0
        while first < len(rows):
            fit = int(np.searchsorted(ends, before + self._at_once, "right"))
            end = max(first + 1, fit)
            yield rows[first:end]
            first, before = end, int(ends[end - 1])

    def tied(self, rows: Rows, least: int) -> Ties:
        """The ties of these episodes that at least `least` people made, in the order of `rows`.

        A part of the choices at a time, should even one episode have too many. Pairs are float32
        and added up in float64, where so few digits leave no rounding: the order of users does not
        matter.
        """
        choices = self._by_episode[places(self._of[rows], self._of[rows + 1])].astype(np.int64)
        of = np.repeat(np.arange(len(rows)), self.choices[rows])
        total = csr_array((len(rows), self._episodes), dtype=np.complex128)
        for start in range(0, len(choices), self._at_once):
            some = slice(start, start + self._at_once)
            part = self._summed(choices[some], of[some], len(rows))
            total = total + part if start else part
        strengths, people = total.data.real, total.data.imag
        kept = np.flatnonzero((people >= least) & (strengths > 0))
        of = np.repeat(np.arange(len(rows)), np.diff(total.indptr))
        return Ties(of[kept], total.indices[kept].astype(np.int32), strengths[kept])

    def _summed(self, choices: Rows, of: Rows, groups: int) -> Any:
        """(groups, n) complex, sparse: what all pairs of two episodes count, and i for each."""
        starts, others, weights = self._of_choices(choices)
        pairs = csr_array((weights + 1j, others, starts), (len(starts) - 1, self._episodes))
        both = np.tile(of, 2)
        ones = np.ones(len(both))
        return csr_array((ones, (both, np.arange(len(both)))), (groups, len(both))) @ pairs

    def _of_choices(self, one: Rows) -> tuple[Rows, npt.NDArray[np.int32], Floats]:
        """The other episode of each pair of these choices, and what it counts.

        First of those with later choices, then of those with earlier ones; starts (2 c + 1,).
        """
        user = self._user[one]
        earliest = np.maximum(one - self._window, self._starts[user])
        last = np.minimum(one + self._window + 1, self._starts[user + 1])
        begins, ends = np.append(one + 1, earliest), np.append(last, one)
        starts = np.append(0, np.cumsum(ends - begins))
        others = places(begins, ends)
        older = self._older[one] * self._activity[user]
        newer = self._newer[one] * self._activity[user] * self._backward
        weights = np.repeat(np.append(older, newer), np.diff(starts))
        later = starts[len(one)]
        weights[:later] *= self._newer[others[:later]]
        weights[later:] *= self._older[others[later:]]
        return starts, self._rows[others], weights.astype(np.float64)


def _newer(
    interactions: Interactions, now_minute: int, parameters: Parameters
) -> npt.NDArray[np.float32]:
    """(m,) the weight of each choice, halved with each half-life of its age."""
    ages = parameters.anchor(now_minute) - np.minimum(interactions.minutes, now_minute)
    days = (ages / DAY_MINUTES).astype(np.float32)
    decay: npt.NDArray[np.float32] = np.exp2(days / np.float32(-parameters.half_life_days))
    return interactions.weights * decay
