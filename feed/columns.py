"""Columns that numpy has not: strings of any length, and an index from strings to rows."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.signedinteger]
HashArray = npt.NDArray[np.uint64]
FloatArray = npt.NDArray[np.floating]
BoolArray = npt.NDArray[np.bool_]

_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64
_INVERSE = pow(_BASE, -1, 2**64)


_BATCH = 1 << 16
"""bytes hashed at once: what bounds memory"""


@cache
def _tables() -> tuple[HashArray, HashArray]:
    """The powers of `_BASE` and of its inverse for one batch."""
    return _powers(_BASE, _BATCH), _powers(_INVERSE, _BATCH)


def _powers(base: int, count: int) -> HashArray:
    powers = np.full(count, base, np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)


def hash_strings(strings: Sequence[str]) -> HashArray:
    """64-bit hashes, (n,) uint64, the same on every machine and in every process.

    A polynomial in the bytes modulo 2**64 (Rabin and Karp), then mixed, computed for many strings
    in one pass over their joined bytes. Not made to withstand an adversary: the builder refuses a
    catalog in which two ids collide.
    """
    if not strings:
        return np.zeros(0, np.uint64)
    text = "\0".join(strings) + "\0"
    data = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
    ends = np.flatnonzero(data == 0)
    if len(ends) != len(strings):  # there are zeros inside, too
        lengths = [len(one.encode("utf-8", "surrogatepass")) for one in strings]
        ends = np.cumsum(lengths) + np.arange(len(strings))
    starts = np.append(0, ends[:-1] + 1)
    hashes, first = np.zeros(len(strings), np.uint64), 0
    while first < len(strings):
        begin = starts[first]
        stop = int(np.searchsorted(ends, begin + _BATCH, "left"))
        if stop > first:
            of_batch = data[begin : ends[stop - 1] + 1]
            hashes[first:stop] = _sums(
                of_batch, starts[first:stop] - begin, ends[first:stop] - begin
            )
        else:
            stop = first + 1
            hashes[first] = _long_sum(data[begin : ends[first]])
        first = stop
    hashes ^= hashes >> np.uint64(32)
    hashes *= np.uint64(0xD6E8FEB86659FD93)
    hashes ^= hashes >> np.uint64(32)
    return hashes


def _sums(
    text: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> HashArray:
    """The polynomial of each of these strings: one batch, with a zero after each."""
    powers, inverses = _tables()
    terms = text.astype(np.uint64)
    terms += np.uint64(1)
    terms *= powers[: len(text)]
    terms[ends] = 0
    found: HashArray = np.add.reduceat(terms, starts) * inverses[starts]
    return found


def _long_sum(text: npt.NDArray[np.uint8]) -> int:
    """The same polynomial of one string of any length, batch by batch."""
    powers, _ = _tables()
    total = 0
    for start in range(0, len(text), _BATCH):
        piece = text[start : start + _BATCH].astype(np.uint64)
        part = int(((piece + np.uint64(1)) * powers[: len(piece)]).sum(dtype=np.uint64))
        total += part * pow(_BASE, start, 2**64)
    return total % 2**64


def places(starts: IntArray, ends: IntArray) -> IntArray:
    """The places from each start up to its end, one range after another."""
    counts = ends - starts
    before = np.cumsum(counts) - counts
    found: IntArray = np.arange(int(counts.sum())) + np.repeat(starts - before, counts)
    return found


def grouped(groups: IntArray) -> tuple[IntArray, IntArray]:
    """(k,) places that put equal groups together, in rising order, and (g,) where each begins.

    Stable, as `np.argsort(kind="stable")` is, which takes ten times as long.
    """
    count = max(len(groups), 1)
    order = groups.astype(np.int64) * count + np.arange(len(groups))
    order.sort()
    order %= count
    together = groups.take(order)
    begins = np.flatnonzero(together[1:] != together[:-1]) + 1
    return order, np.append(np.zeros(min(len(groups), 1), np.int64), begins)


def mixed(hashes: HashArray, seed: int) -> HashArray:
    """Other 64-bit numbers, one for each of these and a seed, as good as drawn by chance.

    SplitMix64's finaliser (Steele, Lea and Flood, 2014).
    """
    found = (hashes + np.uint64(1)) * np.uint64(_BASE) ^ np.uint64(seed % 2**64)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))


_STRIDE = 8
"""of so many values one is in a sample"""


def highest(values: FloatArray, count: int) -> IntArray:
    """Places of the `count` highest values and of all that equal the last of them, in no order.

    What a sample says is too low is put aside first, unless it says so of too many.
    """
    found = np.arange(len(values))
    if not 0 < count < len(values):
        return found[: len(values) * (count > 0)]
    kept = 2 * count // _STRIDE + 1
    sample = values[::_STRIDE]
    if kept < len(sample):
        likely = (values >= np.partition(sample, -kept)[-kept]).nonzero()[0]
        found = likely if len(likely) >= count else found
    some = values[found]
    chosen: IntArray = found[some >= np.partition(some, -count)[-count]]
    return chosen


def contained(keys: IntArray, wanted: IntArray) -> BoolArray:
    """(k,) which of those wanted are among the keys, which are sorted: `np.isin`, for few."""
    if not len(keys):
        return np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: BoolArray = keys[at] == wanted
    return found


def looked_up(keys: IntArray, values: FloatArray | IntArray, wanted: IntArray) -> FloatArray:
    """The value of each key that is wanted, 0 where there is none. `keys` are sorted."""
    if not len(keys):
        return np.zeros(len(wanted))
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0.0)


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
        data, ends = bytearray(), array("q", [0])  # so that no row is kept beside the others
        for row in rows:
            data += row
            ends.append(len(data))
        return cls(np.array(ends, np.int64), np.frombuffer(data, np.uint8))

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
        rows = np.flatnonzero(np.fromiter(map(bool, strings), np.bool_, len(strings)))
        return cls.of_hashes(hash_strings(strings), rows)

    @classmethod
    def of_hashes(cls, hashes: HashArray, rows: IntArray) -> "Index":
        """An index of some rows of a column of hashes."""
        rows = rows[np.argsort(hashes[rows], kind="stable")]
        return cls(hashes[rows], rows.astype(np.int32))

    def row(self, string: str) -> int | None:
        """The first row of this string, or None."""
        found = self.first(hash_strings([string]))[0]
        return None if found < 0 else int(found)

    def first(self, hashes: HashArray) -> IntArray:
        """(k,) the first row of each hash, -1 where there is none."""
        return self._at(np.searchsorted(self.hashes, hashes), hashes)

    def all(self, hashes: HashArray) -> IntArray:
        """Every row of any of these hashes, in no order; of a hash that is there twice, twice."""
        if not len(self.hashes):
            return self.rows
        hashes = np.sort(hashes)  # or else each search begins in another part of the memory
        low = np.searchsorted(self.hashes, hashes, "left")
        if self._repeats:
            return self.rows[places(low, np.searchsorted(self.hashes, hashes, "right"))]
        found: IntArray = self._at(low, hashes)
        return found[found >= 0]

    def _at(self, places: IntArray, hashes: HashArray) -> IntArray:
        if not len(self.hashes):
            return np.full(len(hashes), -1)
        places = np.minimum(places, len(self.hashes) - 1)
        return np.where(self.hashes[places] == hashes, self.rows[places], -1)

    @cached_property
    def _repeats(self) -> bool:
        return bool((self.hashes[1:] == self.hashes[:-1]).any())
