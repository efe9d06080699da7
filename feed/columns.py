"""Columns that numpy has not: strings of any length, their hashes, and what is done with rows."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

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
def _tables() -> tuple[HashArray, HashArray, HashArray]:
    """The powers of `_BASE` and of its inverse for one batch, and the sums of the first powers."""
    powers = _powers(_BASE, _BATCH)
    return powers, _powers(_INVERSE, _BATCH), np.append(np.uint64(0), powers.cumsum())


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
    ends = (data == 0).nonzero()[0]
    if len(ends) != len(strings):  # there are zeros inside, too
        lengths = [len(one.encode("utf-8", "surrogatepass")) for one in strings]
        ends = np.cumsum(lengths) + np.arange(len(strings))
    starts = np.empty_like(ends)
    starts[0], starts[1:] = 0, ends[:-1] + 1
    hashes = (_sums if len(data) <= _BATCH else _sums_of_batches)(data, starts, ends)
    hashes ^= hashes >> np.uint64(32)
    hashes *= np.uint64(0xD6E8FEB86659FD93)
    hashes ^= hashes >> np.uint64(32)
    return hashes


def _sums(
    text: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> HashArray:
    """The polynomial of each of these strings, byte + 1 its numbers; a zero after each."""
    powers, inverses, sums = _tables()
    terms = text.astype(np.uint64)
    terms *= powers[: len(text)]
    found: HashArray = np.add.reduceat(terms, starts)
    found += sums.take(ends) - sums.take(starts)
    found *= inverses.take(starts)
    return found


def _sums_of_batches(
    text: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> HashArray:
    """The same, some of the strings at once; of one that is longer than a batch alone."""
    found, first = np.zeros(len(starts), np.uint64), 0
    while first < len(starts):
        begin = starts[first]
        stop = int(np.searchsorted(ends, begin + _BATCH, "left"))
        if stop > first:
            of_batch = text[begin : ends[stop - 1] + 1]
            found[first:stop] = _sums(
                of_batch, starts[first:stop] - begin, ends[first:stop] - begin
            )
        else:
            stop = first + 1
            found[first] = _long_sum(text[begin : ends[first]])
        first = stop
    return found


def _long_sum(text: npt.NDArray[np.uint8]) -> int:
    """The same polynomial of one string of any length, batch by batch."""
    powers, _, _ = _tables()
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
    bits = len(groups).bit_length()
    order = groups.astype(np.int64) << bits
    order |= np.arange(len(groups))
    order.sort()
    together = order >> bits
    order &= (1 << bits) - 1
    begins = np.flatnonzero(together[1:] != together[:-1]) + 1
    return order, np.append(np.zeros(min(len(groups), 1), np.int64), begins)


DENSE = 20
"""groups for each value, up to which it is faster to add up for every group than to sort"""


def summed(groups: IntArray, values: FloatArray, count: int) -> tuple[IntArray, FloatArray]:
    """Which of the groups 0 to `count` - 1 have values, rising, and what these are in sum.

    `groups` says whose each of the values is, which are above 0.
    """
    if count <= DENSE * len(groups):
        total = np.bincount(groups, values, count)
        found = (total != 0.0).nonzero()[0]  # three times as fast as of numbers
        return found, total.take(found).astype(np.float64)
    order, begins = grouped(groups)
    sums = np.add.reduceat(values.take(order), begins) if len(values) else values
    return groups.take(order.take(begins)), sums.astype(np.float64)


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
