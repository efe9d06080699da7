"""Columns that numpy has not: strings of any length, and an index from strings to rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.signedinteger]
HashArray = npt.NDArray[np.uint64]
FloatArray = npt.NDArray[np.floating]
BoolArray = npt.NDArray[np.bool_]

_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64
_INVERSE = pow(_BASE, -1, 2**64)


@lru_cache(maxsize=2)
def _powers(base: int, count: int) -> HashArray:
    powers = np.full(count, base, np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)


def hash_strings(strings: Sequence[str]) -> HashArray:
    """64-bit hashes, (n,) uint64, the same on every machine and in every process.

    A polynomial in the bytes modulo 2**64 (Rabin and Karp), then mixed, computed for all strings
    in one pass over their joined bytes. Not made to withstand an adversary: the builder refuses a
    catalog in which two ids collide.
    """
    if not strings:
        return np.empty(0, np.uint64)
    encoded = [s.encode("utf-8", "surrogatepass") for s in strings]
    lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
    ends = np.cumsum(lengths)
    total = int(ends[-1])
    starts = ends - lengths
    room = 1 << max(total, 1).bit_length()  # few sizes, so that the tables are cached
    text = np.frombuffer(b"".join(encoded), np.uint8).astype(np.uint64) + np.uint64(1)
    sums = np.zeros(total + 1, np.uint64)
    np.cumsum(text * _powers(_BASE, room)[:total], out=sums[1:])
    hashes: HashArray = (sums[ends] - sums[starts]) * _powers(_INVERSE, room)[starts]
    hashes ^= hashes >> np.uint64(32)
    hashes *= np.uint64(0xD6E8FEB86659FD93)
    hashes ^= hashes >> np.uint64(32)
    return hashes


@dataclass(frozen=True)
class Strings(Sequence[str]):
    """A column of strings in one buffer. Row i is `data[offsets[i]:offsets[i + 1]]`, UTF-8."""

    offsets: npt.NDArray[np.int64]
    """(n + 1,)"""
    data: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, strings: Iterable[str]) -> "Strings":
        """The column of these strings."""
        return cls.of_bytes(s.encode("utf-8", "surrogatepass") for s in strings)

    @classmethod
    def of_bytes(cls, rows: Iterable[bytes]) -> "Strings":
        """The column of these rows, already encoded."""
        encoded = list(rows)
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(row) for row in encoded], out=offsets[1:])
        return cls(offsets, np.frombuffer(b"".join(encoded), np.uint8))

    def raw(self, row: int) -> bytes:
        """The bytes of one row."""
        return self.data[self.offsets[row] : self.offsets[row + 1]].tobytes()

    def __getitem__(self, row: int) -> str:  # type: ignore[override]  # rows, never slices
        return self.raw(row).decode("utf-8", "surrogatepass")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[str]:
        return (self[row] for row in range(len(self)))


@dataclass(frozen=True)
class Index:
    """Rows by string. Several rows may share one; nothing per row is built to load it."""

    hashes: HashArray
    """(m,) sorted"""
    rows: npt.NDArray[np.int32]
    """(m,) the row that each hash belongs to"""

    @classmethod
    def of(cls, strings: Sequence[str]) -> "Index":
        """An index of these strings by their place; empty ones are left out."""
        hashes = hash_strings(strings)
        rows = np.flatnonzero(np.fromiter(map(bool, strings), np.bool_, len(strings)))
        rows = rows[np.argsort(hashes[rows], kind="stable")]
        return cls(hashes[rows], rows.astype(np.int32))

    def row(self, string: str) -> int | None:
        """The first row of this string, or None."""
        found = self.first(hash_strings([string]))[0]
        return None if found < 0 else int(found)

    def first(self, hashes: HashArray) -> IntArray:
        """(k,) the first row of each hash, -1 where there is none."""
        if not len(self.hashes):
            return np.full(len(hashes), -1)
        at = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return np.where(self.hashes[at] == hashes, self.rows[at], -1)

    def all(self, hashes: HashArray) -> IntArray:
        """Every row of any of these hashes, sorted, once."""
        low = np.searchsorted(self.hashes, hashes, "left")
        high = np.searchsorted(self.hashes, hashes, "right")
        counts = high - low
        skip = np.repeat(np.cumsum(counts) - counts, counts)
        at = np.arange(int(counts.sum())) - skip + np.repeat(low, counts)
        return np.unique(self.rows[at])
