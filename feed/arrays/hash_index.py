"""HashIndex: from the hash of a string to the rows that have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, HashArray, IntArray, ranges
from feed.arrays.hashing import hash_strings

_SLOTS = 4
"""of each hash there are so many slots, or up to twice as many"""


@dataclass(frozen=True)
class HashIndex:
    """Rows by string. Several rows may share one; nothing per row is built to load it."""

    hashes: HashArray
    """(m,) sorted"""
    rows: npt.NDArray[np.int32]
    """(m,) the row that each hash belongs to"""

    @classmethod
    def of(cls, strings: Sequence[str]) -> "HashIndex":
        """An index of these strings by their place; empty ones are left out."""
        rows = np.flatnonzero(np.fromiter(map(bool, strings), np.bool_, len(strings)))
        return cls.of_hashes(hash_strings(strings), rows)

    @classmethod
    def of_hashes(cls, hashes: HashArray, rows: IntArray) -> "HashIndex":
        """An index of some rows of a column of hashes."""
        rows = rows[np.argsort(hashes[rows], kind="stable")]
        return cls(hashes[rows], rows.astype(np.int32))

    def row(self, string: str) -> int | None:
        """The first row of this string, or None."""
        return self.row_hashed(int(hash_strings([string])[0]))

    def row_hashed(self, one: int) -> int | None:
        """The same by its hash; of one alone quicker than `first`."""
        if not len(self.hashes):
            return None
        at = int(self._slots[one >> int(self._shift)])
        if self.hashes[at] != one:
            at = min(int(np.searchsorted(self.hashes, np.uint64(one))), len(self.hashes) - 1)
        return int(self.rows[at]) if self.hashes[at] == one else None

    def first(self, hashes: HashArray) -> IntArray:
        """(k,) the first row of each hash, -1 where there is none."""
        if not len(self.hashes):
            return np.full(len(hashes), -1)
        at, is_there = self._found(hashes)
        return np.where(is_there, self.rows.take(at), -1)

    def all(self, hashes: HashArray) -> IntArray:
        """Every row of any of these hashes, in no order; of a hash that is there twice, twice."""
        if not len(self.hashes):
            return self.rows
        at, is_there = self._found(hashes)
        at = at[is_there]
        if self._repeats:
            at = ranges(at, np.searchsorted(self.hashes, self.hashes[at], "right"))
        return self.rows.take(at)

    def _found(self, hashes: HashArray) -> tuple[IntArray, BoolArray]:
        """(k,) the first place of each hash, and whether it is there at all."""
        at = self._slots.take(hashes >> self._shift)
        is_there = self.hashes.take(at) == hashes
        others = (~is_there).nonzero()[0]
        if len(others):
            rest = hashes[others]
            at[others] = np.minimum(np.searchsorted(self.hashes, rest), len(self.hashes) - 1)
            is_there[others] = self.hashes.take(at[others]) == rest
        return at, is_there

    @cached_property
    def _slots(self) -> npt.NDArray[np.int32]:
        """By the first bits of a hash, the first place of one that has them.

        So few share them that most are found in one step, not in the many of a binary search.
        """
        slots = np.zeros(1 << (64 - int(self._shift)), np.int32)
        of_place = (self.hashes >> self._shift)[::-1]
        slots[of_place] = np.arange(len(self.hashes) - 1, -1, -1)  # the lowest is written last
        return slots

    @cached_property
    def _shift(self) -> np.uint64:
        return np.uint64(64 - (_SLOTS * len(self.hashes)).bit_length())

    @cached_property
    def _repeats(self) -> bool:
        return bool((self.hashes[1:] == self.hashes[:-1]).any())
