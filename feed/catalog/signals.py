"""Signals: what all users did with the episodes, as far as ranking needs it.

The builder computes them from the users' summaries. An episode with fewer listeners than the
builder's minimum has none, so that no number says what one user did.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import FloatArray, IntArray, group_sums, ranges

HALF_LIVES_DAYS = (1.0, 7.0, 30.0, 180.0)
"""The columns of `Signals.popularity`."""


@dataclass(frozen=True)
class MergedNeighbours:
    """The neighbours of some source episodes, merged: each neighbour once, in row order."""

    rows: IntArray
    """(k,) catalog rows of the neighbours, ascending"""
    nearness: FloatArray
    """(h, k) sum over the sources of neighbour weight x source weight, for h weightings"""
    _episodes: int
    """number of episodes in the catalog"""
    _edge_rows: IntArray
    """(e,) every neighbour of every source, in the order of the sources"""
    _edge_sources: IntArray
    """(e,) catalog row of each edge's source"""
    _edge_weights: FloatArray
    """(e,) neighbour weight x source weight, for the first weighting"""

    def nearest(self, rows: IntArray) -> IntArray:
        """(r,) catalog row of the source that each of these rows is nearest to; 0 for none.

        Of several equally near sources the last one.
        """
        place_of = np.zeros(self._episodes, np.min_scalar_type(len(rows)))
        place_of[rows] = np.arange(1, len(rows) + 1)  # 0 for rows that are not asked for
        every = place_of.take(self._edge_rows)
        some = (every != 0).nonzero()[0]
        places, weights = every.take(some), self._edge_weights.take(some)
        highest = np.zeros(len(rows) + 1, weights.dtype)
        np.maximum.at(highest, places, weights)
        best = (weights == highest.take(places)).nonzero()[0]
        found = np.zeros(len(rows) + 1, np.int64)
        sources = self._edge_sources.take(some.take(best))
        found[places.take(best)] = sources  # of equals the last one is written last
        return found[1:]


@dataclass(frozen=True)
class Signals:
    """Columns of signals for a catalog of n episodes and S series."""

    listeners: npt.NDArray[np.int32]
    """(n,) number of users who engaged with an episode; 0 below the builder's minimum"""
    popularity: npt.NDArray[np.float32]
    """(n, 4) sum over these users of weight x 0.5^(age / half-life), at `HALF_LIVES_DAYS`"""
    completion: npt.NDArray[np.float32]
    """(n,) share of the users who started an episode that finished it; NaN for too few"""
    neighbour_starts: npt.NDArray[np.int64]
    """(n + 1,) episode i has the neighbours `starts[i]:starts[i + 1]`, the nearest first"""
    neighbour_rows: npt.NDArray[np.int32]
    """(e,) catalog row of each neighbour"""
    neighbour_weights: npt.NDArray[np.float32]
    """(e,) about how many of the next choices of users who chose an episode were the neighbour; its
    popularity is partly divided out"""
    predicted_popularity: npt.NDArray[np.float32]
    """(n,) log(1 + popularity at 7 days) as predicted from content and series, for episodes without
    enough listeners; 0 for the others"""
    series_return: npt.NDArray[np.float32]
    """(S,) share of a series' listeners who came back to it for another episode; 0 for too few"""

    @classmethod
    def none(cls, episodes: int, series: int) -> "Signals":
        """Signals of a catalog without users."""
        return cls(
            listeners=np.zeros(episodes, np.int32),
            popularity=np.zeros((episodes, len(HALF_LIVES_DAYS)), np.float32),
            completion=np.full(episodes, np.nan, np.float32),
            neighbour_starts=np.zeros(episodes + 1, np.int64),
            neighbour_rows=np.zeros(0, np.int32),
            neighbour_weights=np.zeros(0, np.float32),
            predicted_popularity=np.zeros(episodes, np.float32),
            series_return=np.zeros(series, np.float32),
        )

    def neighbours(self, sources: IntArray, weights: FloatArray) -> MergedNeighbours:
        """Every neighbour of these (s,) source rows, which have (h, s) positive weights."""
        starts, ends = self.neighbour_starts[sources], self.neighbour_starts[sources + 1]
        edges = ranges(starts, ends)
        owners = np.repeat(np.arange(len(sources)), ends - starts)
        edge_weights = self.neighbour_weights.take(edges) * weights.take(owners, axis=1)
        edge_rows = self.neighbour_rows.take(edges)
        rows, nearness = group_sums(edge_rows, edge_weights, len(self.listeners))
        return MergedNeighbours(
            rows=rows,
            nearness=nearness,
            _episodes=len(self.listeners),
            _edge_rows=edge_rows,
            _edge_sources=sources.take(owners),
            _edge_weights=edge_weights[0],
        )
