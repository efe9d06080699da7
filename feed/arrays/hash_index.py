"""An index from strings, by their 64-bit hashes, to the rows that have them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, HashArray, IntArray, ranges
from feed.arrays.hashing import hash_strings

SLOTS_PER_HASH = 4
"""at least; at most twice as many"""


@dataclass(frozen=True)
class HashIndex:
    """Finds the rows of strings. Several rows may share a string.

    Ready as soon as its two arrays are loaded: no dictionary is built.
    """

    hashes: HashArray
    """(m,) sorted"""
    rows: npt.NDArray[np.int32]
    """(m,) the row that each hash belongs to"""

    @classmethod
    def of(cls, strings: Sequence[str]) -> "HashIndex":
        """An index of strings to their positions; leaves out empty strings."""
        rows = np.flatnonzero(np.fromiter(map(bool, strings), np.bool_, len(strings)))
        return cls.of_hashes(hash_strings(strings), rows)

    @classmethod
    def of_hashes(cls, hashes: HashArray, rows: IntArray) -> "HashIndex":
        """An index of some rows of a column of n hashes, (n,) by row."""
        rows = rows[np.argsort(hashes[rows], kind="stable")]
        return cls(hashes[rows], rows.astype(np.int32))

    def row(self, string: str) -> int | None:
        """The first row of a string in the index, or None."""
        return self.row_by_hash(int(hash_strings([string])[0]))

    def row_by_hash(self, string_hash: int) -> int | None:
        """The first row of the string with this hash, or None. Faster than `first` for one."""
        if not len(self.hashes):
            return None
        at = int(self._slots[string_hash >> int(self._shift)])
        if self.hashes[at] != string_hash:
            at = min(
                int(np.searchsorted(self.hashes, np.uint64(string_hash))), len(self.hashes) - 1
            )
        return int(self.rows[at]) if self.hashes[at] == string_hash else None

    def first(self, hashes: HashArray) -> IntArray:
        """(k,) the first row of each of (k,) hashes, -1 where there is none."""
        if not len(self.hashes):
            return np.full(len(hashes), -1)
        at, is_known = self._find(hashes)
        return np.where(is_known, self.rows.take(at), -1)

    def all(self, hashes: HashArray) -> IntArray:
        """Every row of any of these hashes, unordered; rows of a repeated hash are repeated."""
        if not len(self.hashes):
            return self.rows
        at, is_known = self._find(hashes)
        at = at[is_known]
        if self._repeats:
            at = ranges(at, np.searchsorted(self.hashes, self.hashes[at], "right"))
        return self.rows.take(at)

    def _find(self, hashes: HashArray) -> tuple[IntArray, BoolArray]:
        """(k,) the first position of each hash in `hashes`, and (k,) whether it is there at all."""
        at = self._slots.take(hashes >> self._shift)
        is_known = self.hashes.take(at) == hashes
        others = (~is_known).nonzero()[0]
        if len(others):
            rest = hashes[others]
            at[others] = np.minimum(np.searchsorted(self.hashes, rest), len(self.hashes) - 1)
            is_known[others] = self.hashes.take(at[others]) == rest
        return at, is_known

    @cached_property
    def _slots(self) -> npt.NDArray[np.int32]:
        """For each value of a hash's leading bits, the first position of a hash that has it.

        Few hashes share them, so most lookups take one step in place of a binary search.
        """
        slots = np.zeros(1 << (64 - int(self._shift)), np.int32)
        leading = (self.hashes >> self._shift)[::-1]
        slots[leading] = np.arange(
            len(self.hashes) - 1, -1, -1
        )  # of equals the first is written last
        return slots

    @cached_property
    def _shift(self) -> np.uint64:
        return np.uint64(64 - (SLOTS_PER_HASH * len(self.hashes)).bit_length())

    @cached_property
    def _repeats(self) -> bool:
        return bool((self.hashes[1:] == self.hashes[:-1]).any())
