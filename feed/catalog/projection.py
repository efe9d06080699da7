"""Projection: embeddings as places on a plane, so that a catalog can be looked at as a map."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import FloatArray

UNIT = 32_767
"""a coordinate is stored as so many steps from the middle to the edge"""
NOWHERE = -32_768
"""both coordinates of an episode that has no embedding"""


@dataclass(frozen=True)
class Projection:
    """The plane that embeddings of D dimensions are seen on, and where n episodes are on it."""

    points: npt.NDArray[np.int16]
    """(n, 2) in steps of 1 / `UNIT`, or (0, 2): there is no map"""
    axes: npt.NDArray[np.float32]
    """(2, D)"""
    shift: npt.NDArray[np.float32]
    """(2,) a vector v is at axes @ v + shift, which is -1 to 1 for those of episodes"""

    @classmethod
    def none(cls, dimension: int) -> "Projection":
        """No map."""
        return cls(
            points=np.zeros((0, 2), np.int16),
            axes=np.zeros((2, dimension), np.float32),
            shift=np.zeros(2, np.float32),
        )

    def __len__(self) -> int:
        return len(self.points)

    def place(self, vector: npt.NDArray[np.float32]) -> FloatArray:
        """(2,) where a vector of D dimensions is."""
        return self.axes.astype(np.float64) @ vector + self.shift

    def at(self, row: int) -> list[float] | None:
        """Where an episode is, x and y from -1 to 1; None where it is nowhere."""
        if not len(self) or self.points[row, 0] == NOWHERE:
            return None
        return rounded(self.points[row] / UNIT)


def rounded(place: FloatArray) -> list[float]:
    """A place as answers give it."""
    found: list[float] = np.round(place, 4).tolist()
    return found
