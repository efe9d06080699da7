"""Counts co-engagement: how often, and how soon after one episode, users chose another.

Any two interactions of a user within a window make a pair, from the earlier episode to the later
one. What it counts depends on that user's interactions alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from catalog_builder.signals.interactions import Interactions
from feed.arrays.arrays import ranges

PAIRS_AT_ONCE = 1 << 20
"""Pairs of interactions that are held at once, about 100 bytes each; bounds memory."""

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CoEngagementParameters:
    """Parameters of the search for neighbours by co-engagement."""

    max_neighbours: int = 200
    """most neighbours of an episode"""
    max_entries: int = 5_000_000
    """most neighbours of all episodes together, at 8 bytes each in a snapshot; beyond it each
    episode keeps only its strongest"""
    window: int = 40
    """two interactions of a user make a pair if they are at most this many interactions apart"""
    distance: float = 10.0
    """a pair d interactions apart counts exp(-d / distance)"""
    shrinkage: float = 50.0
    """the weight of j as a neighbour of i is divided by interactions of i + shrinkage"""
    debias: float = 0.3
    """the weight of j as a neighbour of i is divided by (relative popularity of j)^debias"""
    debias_shrinkage: float = 10.0
    """interactions that are added to those of j, and to the typical number, before they are
    compared"""


class Edges(NamedTuple):
    """Weighted edges of the co-engagement graph, as t sources, targets and strengths."""

    sources: Rows
    """(t,) the earlier episode: its position among the rows asked for, rising"""
    targets: npt.NDArray[np.int32]
    """(t,) row of the later episode"""
    strengths: Floats
    """(t,) sum of what all pairs from the earlier to the later episode count"""


class CoEngagementGraph:
    """The directed graph of n episodes whose edges are summed pairs of a user's interactions."""

    def __init__(
        self, interactions: Interactions, episodes: int, parameters: CoEngagementParameters
    ) -> None:
        self.counts = np.bincount(interactions.rows, minlength=episodes)
        """(n,) interactions with each episode"""
        self._by_episode = np.argsort(interactions.rows, kind="stable").astype(np.int32)
        self._episode_starts = np.concatenate([[0], np.cumsum(self.counts)])
        self._rows = interactions.rows
        self._weights = interactions.weights
        self._user_ends = interactions.starts[1:]
        self._user = np.repeat(
            np.arange(interactions.users, dtype=np.int32), np.diff(interactions.starts)
        )
        self._episodes = episodes
        self._window = parameters.window
        self._decay = np.exp(-np.arange(parameters.window + 1) / parameters.distance).astype(
            np.float32
        )
        self._at_once = max(1, PAIRS_AT_ONCE // parameters.window)

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
        """Returns the edges from these rows that at least `min_users` users contribute to.

        Interactions are handled in parts, in case even one episode has too many. Pairs are float32
        and summed in float64, which leaves no rounding: the order of users does not matter.
        """
        places = ranges(self._episode_starts[rows], self._episode_starts[rows + 1])
        interactions = self._by_episode[places].astype(np.int64)
        sources = np.repeat(np.arange(len(rows)), self.counts[rows])
        total = csr_array((len(rows), self._episodes), dtype=np.complex128)
        for start in range(0, len(interactions), self._at_once):
            some = slice(start, start + self._at_once)
            part = self._sum_pairs(interactions[some], sources[some], len(rows))
            total = total + part if start else part
        kept = np.flatnonzero(total.data.imag >= min_users)
        sources = np.repeat(np.arange(len(rows)), np.diff(total.indptr))
        targets = total.indices[kept].astype(np.int32)
        return Edges(sources[kept], targets, total.data.real[kept])

    def _sum_pairs(self, interactions: Rows, sources: Rows, count: int) -> Any:
        """(count, n) sparse complex: the sum of the pairs of two episodes; i for each user."""
        starts, later, weights = self._pairs(interactions)
        pairs = csr_array((weights + 1j, later, starts), (len(interactions), self._episodes))
        ones = np.ones(len(sources))
        return csr_array((ones, (sources, np.arange(len(sources)))), (count, len(sources))) @ pairs

    def _pairs(self, earlier: Rows) -> tuple[Rows, npt.NDArray[np.int32], Floats]:
        """Starts (c + 1,), the later episodes and the weights of the pairs of c interactions."""
        ends = np.minimum(earlier + self._window + 1, self._user_ends[self._user[earlier]])
        lengths = ends - earlier - 1
        later = ranges(earlier + 1, ends)
        weights = np.repeat(self._weights[earlier], lengths) * self._weights[later]
        weights *= self._decay[later - np.repeat(earlier, lengths)]
        starts = np.append(0, np.cumsum(lengths))
        return starts, self._rows[later], weights.astype(np.float64)
