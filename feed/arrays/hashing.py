"""64-bit hashes of strings and integers, the same on every machine and in every process."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import HashArray

_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64
_INVERSE = pow(_BASE, -1, 2**64)
_BATCH = 1 << 16
"""bytes hashed at once; bounds memory"""


@cache
def _tables() -> tuple[HashArray, HashArray, HashArray]:
    """Powers of `_BASE` and of its inverse for one batch, and the prefix sums of the former."""
    powers = _powers(_BASE, _BATCH)
    return powers, _powers(_INVERSE, _BATCH), np.append(np.uint64(0), powers.cumsum())


def _powers(base: int, count: int) -> HashArray:
    powers = np.full(count, base, np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)


def hash_strings(strings: Sequence[str]) -> HashArray:
    """(n,) 64-bit hashes of strings, the same on every machine and in every process.

    A polynomial in the bytes modulo 2**64 (Rabin and Karp, 1987), then mixed; computed in one pass
    over all bytes. Does not resist an adversary: the builder refuses two ids that collide.
    """
    if not strings:
        return np.zeros(0, np.uint64)
    text = "\0".join(strings) + "\0"
    data = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
    ends = (data == 0).nonzero()[0]
    if len(ends) != len(strings):  # a string contains a zero byte
        lengths = [len(one.encode("utf-8", "surrogatepass")) for one in strings]
        ends = np.cumsum(lengths) + np.arange(len(strings))
    starts = np.empty_like(ends)
    starts[0], starts[1:] = 0, ends[:-1] + 1
    hashes = (_polynomials if len(data) <= _BATCH else _polynomials_in_batches)(data, starts, ends)
    hashes ^= hashes >> np.uint64(32)
    hashes *= np.uint64(0xD6E8FEB86659FD93)
    hashes ^= hashes >> np.uint64(32)
    return hashes


def _polynomials(
    text: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> HashArray:
    """(n,) polynomials with coefficients byte + 1 of strings that a zero byte ends."""
    powers, inverses, sums = _tables()
    terms = text.astype(np.uint64)
    terms *= powers[: len(text)]
    found: HashArray = np.add.reduceat(terms, starts)
    found += sums.take(ends) - sums.take(starts)
    found *= inverses.take(starts)
    return found


def _polynomials_in_batches(
    text: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> HashArray:
    """(n,) polynomials of strings of any total length, computed batch by batch."""
    found, first = np.zeros(len(starts), np.uint64), 0
    while first < len(starts):
        begin = starts[first]
        stop = int(np.searchsorted(ends, begin + _BATCH, "left"))
        if stop > first:
            of_batch = text[begin : ends[stop - 1] + 1]
            found[first:stop] = _polynomials(
                of_batch, starts[first:stop] - begin, ends[first:stop] - begin
            )
        else:
            stop = first + 1
            found[first] = _long_polynomial(text[begin : ends[first]])
        first = stop
    return found


def _long_polynomial(text: npt.NDArray[np.uint8]) -> int:
    """Polynomial of one string that is longer than a batch."""
    powers, _, _ = _tables()
    total = 0
    for start in range(0, len(text), _BATCH):
        piece = text[start : start + _BATCH].astype(np.uint64)
        part = int(((piece + np.uint64(1)) * powers[: len(piece)]).sum(dtype=np.uint64))
        total += part * pow(_BASE, start, 2**64)
    return total % 2**64


def mix64(hashes: HashArray, seed: int) -> HashArray:
    """(n,) pseudo-random 64-bit numbers, a function of (n,) hashes and a seed.

    SplitMix64's finaliser (Steele, Lea and Flood, 2014).
    """
    found = (hashes + np.uint64(1)) * np.uint64(_BASE) ^ np.uint64(seed % 2**64)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))
