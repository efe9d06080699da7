"""The embeddings of a catalog's episodes, in one of three states: float32, int16, or elsewhere."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, IntArray
from feed.vectors.int16 import Int16Vectors
from feed.vectors.inverted_file import InvertedFile


@dataclass(frozen=True)
class Embeddings:
    """Unit vectors of D dimensions for n episodes, by catalog row; `embeddings[rows]` gives some.

    Held as float32 (small catalogs), as int16 (large ones), or not at all: then an external store
    is searched in their place, and only `present` is known.
    """

    float32: npt.NDArray[np.float32]
    """(n, D) unit rows, zero where an episode has no embedding; (0, D) where not held as float32"""
    int16: Int16Vectors
    """the same rows quantized; empty where not held as int16"""
    present: BoolArray
    """(n,) whether each episode has an embedding, here or in the external store"""
    inverted_file: InvertedFile
    """index for approximate search; empty where a search compares every vector"""

    @classmethod
    def exact(cls, rows: npt.NDArray[np.float32], present: BoolArray) -> "Embeddings":
        """Embeddings held as these (n, D) float32 rows, without an index."""
        dimension = rows.shape[1]
        return cls(rows, Int16Vectors.none(dimension), present, InvertedFile.none(dimension))

    def __len__(self) -> int:
        return len(self.present)

    def __getitem__(self, rows: int | slice | list[int] | IntArray) -> npt.NDArray[np.float32]:
        """(k, D) vectors of these catalog rows. Only where `in_memory`."""
        if len(self.int16):
            return self.int16[rows]
        return self.float32[rows]

    @property
    def dimension(self) -> int:
        """D, the length of each vector."""
        return int(self.float32.shape[1])

    @cached_property
    def in_memory(self) -> bool:
        """Whether the vectors are held here rather than in an external store."""
        return max(len(self.float32), len(self.int16)) == len(self)
