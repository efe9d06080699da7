"""Signals: what all users did, as far as a session needs it. Part of a catalog.

Made by the builder; whatever fewer than its `MIN_USERS` people stand behind is not in here.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.columns import FloatArray, IntArray, places

HALF_LIVES_DAYS = (1.0, 7.0, 30.0, 180.0)
"""The columns of `Signals.popularity`."""


@dataclass(frozen=True)
class Neighbours:
    """The neighbours of some episodes, each once, in row order."""

    rows: IntArray
    nearness: FloatArray
    """to all of them: the sum of neighbour weight x weight"""
    nearest: IntArray
    """of them the one that it is nearest to, as a row"""


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
        at = places(starts, ends)
        owners = np.repeat(np.arange(len(rows)), ends - starts)
        near = self.neighbour_weights[at] * weights[owners]
        found, member = np.unique(self.neighbour_rows[at], return_inverse=True)
        rising = np.argsort(near, kind="stable")  # of several the nearest is written last
        nearest = np.zeros(len(found), np.int64)
        nearest[member[rising]] = rows[owners[rising]]
        total = np.bincount(member, near, len(found)).astype(np.float64)
        return Neighbours(found, total, nearest)
