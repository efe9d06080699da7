"""Counts co-engagement: how strongly pairs of episodes are connected by users who chose both.

Of any two interactions of a user that lie within a window, one is the later. What such a pair
counts depends on that user's interactions alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from catalog_builder.signals.interactions import Interactions
from feed.arrays.arrays import ranges

PAIRS_AT_ONCE = 1 << 20
"""Pairs of interactions that are held at once, about 100 bytes each; bounds memory."""
DAY_MINUTES = 24 * 60

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CoEngagementParameters:
    """Parameters of the search for neighbours by co-engagement."""

    max_neighbours: int = 50
    """most neighbours of an episode"""
    window: int = 100
    """two interactions of a user make a pair if they are at most this many interactions apart"""
    backward: float = 0.2
    """weight of a pair towards the episode chosen earlier; towards the later one it is 1"""
    half_life_days: float = 365.0
    """half-life of a pair by the age of its newer interaction"""
    activity: float = 1.0
    """a pair of a user of c interactions counts c^-activity"""
    own_popularity: float = 0.5
    """the weight of b as a neighbour of a is divided by (interactions of a +
    shrinkage)^own_popularity ..."""
    neighbour_popularity: float = 0.75
    """... and by (interactions of b + shrinkage)^neighbour_popularity"""
    shrinkage: float = 10.0

    def anchor(self, now_minute: int) -> int:
        """Minute since 1970 that ages are counted from: the next multiple of the half-life.

        Another anchor scales all pairs by one factor, which cancels out of the weights of
        neighbours. It does not move with every build, so neither does what a pair counts.
        """
        half_life = self.half_life_days * DAY_MINUTES
        return round(ceil(now_minute / half_life) * half_life)


class Edges(NamedTuple):
    """Weighted edges of the co-engagement graph, as t sources, targets and strengths."""

    sources: Rows
    """(t,) episode whose neighbour each edge names: a row, or a position among rows asked for"""
    targets: npt.NDArray[np.int32]
    """(t,) row of the neighbour"""
    strengths: Floats
    """(t,) sum of what all pairs of the two episodes count"""


class CoEngagementGraph:
    """The graph of n episodes whose edges are summed pairs of interactions of the same user."""

    def __init__(
        self,
        interactions: Interactions,
        now_minute: int,
        episodes: int,
        parameters: CoEngagementParameters,
    ) -> None:
        """`now_minute` is since 1970; an interaction that is dated later counts as of now."""
        self.counts = np.bincount(interactions.rows, minlength=episodes)
        """(n,) interactions with each episode"""
        self._by_episode = np.argsort(interactions.rows, kind="stable").astype(np.int32)
        self._episode_starts = np.concatenate([[0], np.cumsum(self.counts)])
        self._rows = interactions.rows
        self._user_starts = interactions.starts
        lengths = np.diff(interactions.starts)
        self._user = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        # A pair counts activity x its older interaction's weight x its newer one's, decayed.
        self._activity = lengths.astype(np.float32) ** -parameters.activity
        self._weights = interactions.weights
        self._decayed = np.concatenate(
            [_decayed_weights(part, now_minute, parameters) for part in interactions.parts()]
        )
        self._episodes = episodes
        self._window = parameters.window
        self._backward = np.float32(parameters.backward)
        self._at_once = max(1, PAIRS_AT_ONCE // (2 * parameters.window))

    def batches(self, rows: Rows) -> Iterator[Rows]:
        """Yields the rows in batches of few enough pairs to hold at once, at least one row each."""
        ends = np.cumsum(self.counts[rows])
        first, before = 0, 0
        while first < len(rows):
            fit = int(np.searchsorted(ends, before + self._at_once, "right"))
            end = max(first + 1, fit)
            yield rows[first:end]
            first, before = end, int(ends[end - 1])

    def edges(self, rows: Rows, min_users: int) -> Edges:
        """Returns the edges of these rows that at least `min_users` users contribute to.

        Sources are positions in `rows`, rising. Interactions are handled in parts, in case even one
        episode has too many. Pairs are float32 and summed in float64, which leaves no rounding: the
        order of users does not matter.
        """
        places = ranges(self._episode_starts[rows], self._episode_starts[rows + 1])
        interactions = self._by_episode[places].astype(np.int64)
        sources = np.repeat(np.arange(len(rows)), self.counts[rows])
        total = csr_array((len(rows), self._episodes), dtype=np.complex128)
        for start in range(0, len(interactions), self._at_once):
            some = slice(start, start + self._at_once)
            part = self._sum_pairs(interactions[some], sources[some], len(rows))
            total = total + part if start else part
        strengths, users = total.data.real, total.data.imag
        kept = np.flatnonzero((users >= min_users) & (strengths > 0))
        sources = np.repeat(np.arange(len(rows)), np.diff(total.indptr))
        return Edges(sources[kept], total.indices[kept].astype(np.int32), strengths[kept])

    def _sum_pairs(self, interactions: Rows, sources: Rows, count: int) -> Any:
        """(count, n) sparse complex: the sum of the pairs of two episodes; i for each user."""
        starts, others, weights = self._pairs(interactions)
        pairs = csr_array((weights + 1j, others, starts), (len(starts) - 1, self._episodes))
        both = np.tile(sources, 2)
        ones = np.ones(len(both))
        return csr_array((ones, (both, np.arange(len(both)))), (count, len(both))) @ pairs

    def _pairs(self, one: Rows) -> tuple[Rows, npt.NDArray[np.int32], Floats]:
        """Starts (2 c + 1,), the other episodes and the weights of the pairs of c interactions.

        The pairs with later interactions come first, then those with earlier ones.
        """
        user = self._user[one]
        earliest = np.maximum(one - self._window, self._user_starts[user])
        last = np.minimum(one + self._window + 1, self._user_starts[user + 1])
        begins, ends = np.append(one + 1, earliest), np.append(last, one)
        starts = np.append(0, np.cumsum(ends - begins))
        others = ranges(begins, ends)
        older = self._weights[one] * self._activity[user]
        newer = self._decayed[one] * self._activity[user] * self._backward
        weights = np.repeat(np.append(older, newer), np.diff(starts))
        later = starts[len(one)]
        weights[:later] *= self._decayed[others[:later]]
        weights[later:] *= self._weights[others[later:]]
        return starts, self._rows[others], weights.astype(np.float64)


def _decayed_weights(
    interactions: Interactions, now_minute: int, parameters: CoEngagementParameters
) -> npt.NDArray[np.float32]:
    """(m,) the weight of each interaction, halved with each half-life of its age."""
    ages = parameters.anchor(now_minute) - np.minimum(interactions.minutes, now_minute)
    days = (ages / DAY_MINUTES).astype(np.float32)
    decay: npt.NDArray[np.float32] = np.exp2(days / np.float32(-parameters.half_life_days))
    return interactions.weights * decay
