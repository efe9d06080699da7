"""Signals: what all users did, as far as a session needs it. Part of a catalog.

Made by the builder; whatever fewer than its `MIN_USERS` people stand behind is not in here.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import FloatArray, IntArray, group_sum, ranges

HALF_LIVES_DAYS = (1.0, 7.0, 30.0, 180.0)
"""The columns of `Signals.popularity`."""


@dataclass(frozen=True)
class Neighbours:
    """The neighbours of some episodes, each once, in row order."""

    rows: IntArray
    nearness: FloatArray
    """to all of them: the sum of neighbour weight x weight"""
    _episodes: int
    """of the catalog"""
    _theirs: IntArray
    """(e,) every neighbour of every episode, in the order of the episodes"""
    _owners: IntArray
    """(e,) whose each is"""
    _near: FloatArray
    """(e,) how near"""

    def nearest(self, rows: IntArray) -> IntArray:
        """(r,) of the episodes the one that each row is nearest to, as a row; 0 for no neighbour.

        Of several as near as each other the last.
        """
        place_of = np.zeros(self._episodes, np.min_scalar_type(len(rows)))
        place_of[rows] = np.arange(1, len(rows) + 1)  # 0 for who is not asked for
        every = place_of.take(self._theirs)
        some = (every != 0).nonzero()[0]
        places, near = every.take(some), self._near.take(some)
        highest = np.zeros(len(rows) + 1, near.dtype)
        np.maximum.at(highest, places, near)
        best = (near == highest.take(places)).nonzero()[0]
        found = np.zeros(len(rows) + 1, np.int64)
        found[places.take(best)] = self._owners.take(some.take(best))  # the last is written last
        return found[1:]


@dataclass(frozen=True)
class Signals:
    """Columns beside those of a catalog of n episodes and S series."""

    people: npt.NDArray[np.int32]
    """(n,) how many users engaged with it; 0 for few"""
    popularity: npt.NDArray[np.float32]
    """(n, 4) sum over these users of weight x 0.5^(age / half-life), at `HALF_LIVES_DAYS`"""
    completion: npt.NDArray[np.float32]
    """(n,) share of those who began it that heard it to the end; NaN where few did"""
    neighbour_starts: npt.NDArray[np.int64]
    """(n + 1,) episode i has the neighbours `starts[i]:starts[i + 1]`, the nearest first"""
    neighbour_rows: npt.NDArray[np.int32]
    neighbour_weights: npt.NDArray[np.float32]
    """how strongly those who chose the one chose the other, in multiples of the mean neighbour"""
    promise: npt.NDArray[np.float32]
    """(n,) log(1 + popularity at 7 days) that its content and series promise, for what nobody or
    too few have chosen; 0 for the others"""
    series_return: npt.NDArray[np.float32]
    """(S,) share of a series' listeners who came back to it for another episode; 0 for few"""

    @classmethod
    def none(cls, episodes: int, series: int) -> "Signals":
        """Nothing is known."""
        return cls(
            people=np.zeros(episodes, np.int32),
            popularity=np.zeros((episodes, len(HALF_LIVES_DAYS)), np.float32),
            completion=np.full(episodes, np.nan, np.float32),
            neighbour_starts=np.zeros(episodes + 1, np.int64),
            neighbour_rows=np.zeros(0, np.int32),
            neighbour_weights=np.zeros(0, np.float32),
            promise=np.zeros(episodes, np.float32),
            series_return=np.zeros(series, np.float32),
        )

    def neighbours(self, rows: IntArray, weights: FloatArray) -> Neighbours:
        """Every neighbour of these episodes, which weigh so much each."""
        starts, ends = self.neighbour_starts[rows], self.neighbour_starts[rows + 1]
        at = ranges(starts, ends)
        owners = np.repeat(np.arange(len(rows)), ends - starts)
        near = self.neighbour_weights.take(at) * weights.take(owners)
        theirs = self.neighbour_rows.take(at)
        found, nearness = group_sum(theirs, near, len(self.people))
        return Neighbours(
            rows=found,
            nearness=nearness,
            _episodes=len(self.people),
            _theirs=theirs,
            _owners=rows.take(owners),
            _near=near,
        )
