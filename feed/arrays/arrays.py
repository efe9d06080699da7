"""Columns that numpy has not: strings of any length, their hashes, and what is done with rows."""

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.signedinteger]
HashArray = npt.NDArray[np.uint64]
FloatArray = npt.NDArray[np.floating]
BoolArray = npt.NDArray[np.bool_]


def ranges(starts: IntArray, ends: IntArray) -> IntArray:
    """The places from each start up to its end, one range after another."""
    counts = ends - starts
    before = np.cumsum(counts) - counts
    found: IntArray = np.arange(int(counts.sum())) + np.repeat(starts - before, counts)
    return found


def group_by(groups: IntArray) -> tuple[IntArray, IntArray]:
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


def group_sum(groups: IntArray, values: FloatArray, count: int) -> tuple[IntArray, FloatArray]:
    """Which of the groups 0 to `count` - 1 have values, rising, and what these are in sum.

    `groups` says whose each of the values is, which are above 0.
    """
    if count <= DENSE * len(groups):
        total = np.bincount(groups, values, count)
        found = (total != 0.0).nonzero()[0]  # three times as fast as of numbers
        return found, total.take(found).astype(np.float64)
    order, begins = group_by(groups)
    sums = np.add.reduceat(values.take(order), begins) if len(values) else values
    return groups.take(order.take(begins)), sums.astype(np.float64)


_STRIDE = 8
"""of so many values one is in a sample"""


def top_k_unordered(values: FloatArray, count: int) -> IntArray:
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


def in_sorted(keys: IntArray, wanted: IntArray) -> BoolArray:
    """(k,) which of those wanted are among the keys, which are sorted: `np.isin`, for few."""
    if not len(keys):
        return np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: BoolArray = keys[at] == wanted
    return found


def lookup_sorted(keys: IntArray, values: FloatArray | IntArray, wanted: IntArray) -> FloatArray:
    """The value of each key that is wanted, 0 where there is none. `keys` are sorted."""
    if not len(keys):
        return np.zeros(len(wanted))
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0.0)


def top_k(
    rows: IntArray, values: FloatArray, count: int, order: IntArray
) -> tuple[IntArray, FloatArray]:
    """The `count` rows of highest value, best first, and their values; equal values by `order`.

    `values` are one for each row, and finite; `order` goes by catalog row.
    """
    at = top_k_unordered(values, count)
    rows, values = rows[at], values[at]
    best = np.lexsort((order[rows], -values))[:count]
    return rows[best], values[best]
