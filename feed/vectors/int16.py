"""Int16Vectors: the embeddings of a large catalog in fixed point, two bytes a number.

Half the memory of float32, and half of what has to be read of it. A number is off by at most half a
step, 2^-16 of the largest: less than float16 is off by for all but the smallest numbers, and numpy
turns it into float32 many times faster.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import IntArray

LEVELS = 2**15 - 1
BLOCK = 8192
"""rows turned at once: what bounds memory"""


@dataclass(frozen=True)
class Int16Vectors:
    """n unit rows of D dimensions, or none."""

    codes: npt.NDArray[np.int16]
    """(n, D) number / step; or (0, D)"""
    step: npt.NDArray[np.float32]
    """(1,); or (0,)"""

    @classmethod
    def none(cls, dimension: int) -> "Int16Vectors":
        """No rows: they are kept as they are, or not here."""
        return cls(np.zeros((0, dimension), np.int16), np.zeros(0, np.float32))

    @classmethod
    def of(cls, rows: npt.NDArray[np.float32]) -> "Int16Vectors":
        """These (n, D) rows, of which one at least is not zero."""
        most = max(float(rows.max()), -float(rows.min()))
        step = np.array([most / LEVELS], np.float32)
        codes = np.empty(rows.shape, np.int16)
        for start in range(0, len(rows), BLOCK):
            codes[start : start + BLOCK] = np.rint(rows[start : start + BLOCK] / step)
        return cls(codes, step)

    def __len__(self) -> int:
        return len(self.codes)

    def at(self, rows: int | slice | list[int] | IntArray) -> npt.NDArray[np.float32]:
        """(k, D) of these rows."""
        found: npt.NDArray[np.float32] = self.codes[rows] * self.step
        return found
