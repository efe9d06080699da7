"""Operations on numpy arrays: ranges, groups, lookups in sorted arrays, and the top k of values."""

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.signedinteger]
HashArray = npt.NDArray[np.uint64]
FloatArray = npt.NDArray[np.floating]
BoolArray = npt.NDArray[np.bool_]

DENSE = 20
"""groups for each value, up to which `group_sum` counts in every group rather than sorts"""
SAMPLE_STRIDE = 8
"""`top_k_unordered` estimates its threshold from one value in so many"""


def ranges(starts: IntArray, ends: IntArray) -> IntArray:
    """The integers from each start up to its end, one range after another: (sum of lengths,)."""
    counts = ends - starts
    before = np.cumsum(counts) - counts
    found: IntArray = np.arange(int(counts.sum())) + np.repeat(starts - before, counts)
    return found


def group_by(groups: IntArray) -> tuple[IntArray, IntArray]:
    """Sort (k,) group numbers: the (k,) order that does, and the (g,) starts of groups in it.

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


def group_sum(groups: IntArray, values: FloatArray, count: int) -> tuple[IntArray, FloatArray]:
    """The groups that have values, ascending, and the sum of each group's values.

    `groups` are (k,) numbers from 0 to `count` - 1, one for each of the (k,) positive `values`.
    """
    found, sums = group_sums(groups, values[None], count)
    return found, sums[0]


def group_sums(groups: IntArray, values: FloatArray, count: int) -> tuple[IntArray, FloatArray]:
    """The g groups that have values, ascending, and (v, g) sums of each group's (v, k) values.

    `groups` are (k,) numbers from 0 to `count` - 1; the first row of `values` is positive.
    """
    if count <= DENSE * len(groups):
        totals = [np.bincount(groups, row, count) for row in values]
        found = (totals[0] != 0.0).nonzero()[0]  # on booleans three times as fast as on floats
        return found, np.array([total.take(found) for total in totals], np.float64)
    order, begins = group_by(groups)
    if not len(groups):
        return groups, values.astype(np.float64)
    sums = np.add.reduceat(values.take(order, axis=1), begins, axis=1)
    return groups.take(order.take(begins)), sums.astype(np.float64)


def top_k_unordered(values: FloatArray, count: int) -> IntArray:
    """Indices of the `count` highest values, and of all that equal the lowest of them, unordered.

    First drops values below a threshold that a sample suggests, unless too few would be left.
    """
    found = np.arange(len(values))
    if not 0 < count < len(values):
        return found[: len(values) * (count > 0)]
    kept = 2 * count // SAMPLE_STRIDE + 1
    sample = values[::SAMPLE_STRIDE]
    if kept < len(sample):
        likely = (values >= np.partition(sample, -kept)[-kept]).nonzero()[0]
        found = likely if len(likely) >= count else found
    some = values[found]
    chosen: IntArray = found[some >= np.partition(some, -count)[-count]]
    return chosen


def top_k(
    rows: IntArray, values: FloatArray, count: int, order: IntArray
) -> tuple[IntArray, FloatArray]:
    """The `count` rows of highest value, and their values, highest first.

    `rows` and the finite `values` are (k,). Rows of equal value come in the order of `order`, an
    (n,) array by row.
    """
    at = top_k_unordered(values, count)
    rows, values = rows[at], values[at]
    best = np.lexsort((order[rows], -values))[:count]
    return rows[best], values[best]


def in_sorted(keys: IntArray | HashArray, wanted: IntArray | HashArray) -> BoolArray:
    """(k,) whether each of the (k,) wanted is among the sorted keys.

    Like `np.isin`, and faster for few wanted.
    """
    if not len(keys):
        return np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: BoolArray = keys[at] == wanted
    return found


def lookup_sorted(keys: IntArray, values: FloatArray | IntArray, wanted: IntArray) -> FloatArray:
    """(k,) the value of each wanted key, 0 where there is none; `keys` are sorted."""
    if not len(keys):
        return np.zeros(len(wanted))
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0.0)
