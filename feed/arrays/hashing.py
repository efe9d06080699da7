"""64-bit hashes of strings and integers, the same on every machine and in every process."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from feed.arrays.arrays import HashArray

_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64
_INVERSE = pow(_BASE, -1, 2**64)
CHUNK = 1024
"""strings hashed at once; bounds memory"""
TABLE = 1 << 16
"""powers that are kept, for chunks of up to so many bytes"""


def hash_strings(strings: Sequence[str]) -> HashArray:
    """(n,) 64-bit hashes of strings, the same on every machine and in every process.

    A polynomial in the bytes modulo 2**64 (Rabin and Karp, 1987), then mixed; computed in one pass
    over the bytes of many strings. Does not resist an adversary: the builder refuses two ids that
    collide.
    """
    if len(strings) <= CHUNK:
        return _hash_chunk(strings)
    starts = range(0, len(strings), CHUNK)
    return np.concatenate([_hash_chunk(strings[start : start + CHUNK]) for start in starts])


def _hash_chunk(strings: Sequence[str]) -> HashArray:
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
    powers, inverses, sums = _table() if len(data) <= TABLE else _powers(len(data))
    terms = data.astype(np.uint64)
    terms *= powers[: len(data)]
    hashes: HashArray = np.add.reduceat(terms, starts)  # coefficients are byte + 1
    hashes += sums.take(ends) - sums.take(starts)
    hashes *= inverses.take(starts)
    hashes ^= hashes >> np.uint64(32)
    hashes *= np.uint64(0xD6E8FEB86659FD93)
    hashes ^= hashes >> np.uint64(32)
    return hashes


@cache
def _table() -> tuple[HashArray, HashArray, HashArray]:
    return _powers(TABLE)


def _powers(count: int) -> tuple[HashArray, HashArray, HashArray]:
    """`count` powers of `_BASE` and of its inverse, and the prefix sums of the former."""
    bases = np.full((count, 2), (_BASE, _INVERSE), np.uint64)
    bases[0] = 1
    powers, inverses = np.multiply.accumulate(bases).T.copy()
    return powers, inverses, np.append(np.uint64(0), powers.cumsum())


def mix64(hashes: HashArray, seed: int) -> HashArray:
    """(n,) pseudo-random 64-bit numbers, a function of (n,) hashes and a seed.

    SplitMix64's finaliser (Steele, Lea and Flood, 2014).
    """
    found = (hashes + np.uint64(1)) * np.uint64(_BASE) ^ np.uint64(seed % 2**64)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))
