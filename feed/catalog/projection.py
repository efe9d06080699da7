"""Projection of the embeddings onto a plane, so that a catalog can be shown as a map."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import FloatArray

UNIT = 32_767
"""stored steps of a coordinate from the middle of the map to its edge"""
NOWHERE = -32_768
"""stored value of both coordinates of an episode without an embedding"""


@dataclass(frozen=True)
class Projection:
    """The plane that embeddings of D dimensions are projected onto, and n episodes on it."""

    points: npt.NDArray[np.int16]
    """(n, 2) in steps of 1 / `UNIT`; (0, 2) for no map"""
    axes: npt.NDArray[np.float32]
    """(2, D) directions of the plane"""
    shift: npt.NDArray[np.float32]
    """(2,) a vector v has the point axes @ v + shift, from -1 to 1 for episodes"""

    @classmethod
    def none(cls, dimension: int) -> "Projection":
        """No map, for a catalog with too few embeddings."""
        return cls(
            points=np.zeros((0, 2), np.int16),
            axes=np.zeros((2, dimension), np.float32),
            shift=np.zeros(2, np.float32),
        )

    def __len__(self) -> int:
        return len(self.points)

    def project(self, vector: npt.NDArray[np.float32]) -> FloatArray:
        """(2,) point of a vector of D dimensions."""
        return self.axes.astype(np.float64) @ vector + self.shift

    def point(self, row: int) -> list[float] | None:
        """Point of an episode, x and y from -1 to 1; None without an embedding or a map."""
        if not len(self) or self.points[row, 0] == NOWHERE:
            return None
        return round_point(self.points[row] / UNIT)


def round_point(point: FloatArray) -> list[float]:
    """A point with the four decimals that answers give."""
    rounded: list[float] = np.round(point, 4).tolist()
    return rounded
