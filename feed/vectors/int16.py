"""Scalar quantization to int16: the embeddings of a large catalog in two bytes a number.

Half the memory of float32, and half the bytes to read. A number is off by at most half a step,
2^-16 of the largest: less than float16 is off by for all but the smallest numbers, and numpy
converts it to float32 many times faster.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import IntArray

LEVELS = 2**15 - 1
"""largest absolute value of a code"""
BLOCK = 8192
"""rows converted at once: what bounds memory"""


@dataclass(frozen=True)
class Int16Vectors:
    """n vectors of D dimensions as int16 codes that share one step; or no vectors."""

    codes: npt.NDArray[np.int16]
    """(n, D) number / step; (0, D) for none"""
    step: npt.NDArray[np.float32]
    """(1,) difference between two neighbouring codes; (0,) for none"""

    @classmethod
    def none(cls, dimension: int) -> "Int16Vectors":
        """No vectors, for embeddings that are held as float32 or not at all."""
        return cls(np.zeros((0, dimension), np.int16), np.zeros(0, np.float32))

    @classmethod
    def of(cls, rows: npt.NDArray[np.float32]) -> "Int16Vectors":
        """Quantize (n, D) rows, of which at least one is not zero."""
        largest = max(float(rows.max()), -float(rows.min()))
        step = np.array([largest / LEVELS], np.float32)
        codes = np.empty(rows.shape, np.int16)
        for start in range(0, len(rows), BLOCK):
            codes[start : start + BLOCK] = np.rint(rows[start : start + BLOCK] / step)
        return cls(codes, step)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: int | slice | list[int] | IntArray) -> npt.NDArray[np.float32]:
        """(k, D) vectors of these rows as float32."""
        found: npt.NDArray[np.float32] = self.codes[rows] * self.step
        return found
