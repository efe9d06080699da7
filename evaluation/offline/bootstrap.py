"""Bootstrap: how far a number would move with other users (Efron and Tibshirani, 1993)."""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from feed.arrays.arrays import FloatArray, IntArray

RESAMPLES = 1000
LEVEL = 0.95
_BLOCK = 100
"""resamples drawn at once: what bounds memory"""

Interval = tuple[float, float]


def means(values: FloatArray, *, seed: int = 0, resamples: int = RESAMPLES) -> FloatArray:
    """(resamples, q) the means of `values` (u, q) over users drawn with replacement.

    NaN values are left out of their mean. The same seed and u draw the same users, so two
    rankings of the same users are compared pair by pair.
    """
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    found = []
    for drawn in draws(len(values), seed, resamples):
        with np.errstate(invalid="ignore", divide="ignore"):
            found.append((drawn @ filled) / (drawn @ known))
    return np.concatenate(found)


def interval(drawn: FloatArray) -> Interval:
    """The percentile interval of one statistic over its resamples."""
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return float("nan"), float("nan")
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def coverage_interval(
    lists: IntArray, episodes: int, *, seed: int = 0, resamples: int = RESAMPLES
) -> Interval:
    """The interval of the catalog coverage of these lists (u, k).

    A resample has only 63% of the users and shows fewer distinct episodes, so the resamples are
    moved to where their mean is the estimate: their spread is the interval, not their place.
    """
    users, _ = lists.shape
    owner, place = np.nonzero(lists >= 0)
    ones = np.ones(len(owner), np.float32)
    shown = sparse.csr_matrix((ones, (owner, lists[owner, place])), shape=(users, max(episodes, 1)))
    estimate = np.count_nonzero(shown.sum(axis=0)) / max(episodes, 1)
    found = np.concatenate(
        [
            np.count_nonzero(drawn.astype(np.float32) @ shown, axis=1) / max(episodes, 1)
            for drawn in draws(users, seed, resamples)
        ]
    )
    low, high = interval(found - found.mean() + estimate)
    return max(low, 0.0), min(high, 1.0)


def draws(units: int, seed: int, resamples: int = RESAMPLES) -> Iterator[FloatArray]:
    """How often each of these units is drawn, in blocks of (b, units)."""
    rng = np.random.default_rng(seed)
    shares = np.full(units, 1 / max(units, 1))
    for start in range(0, resamples, _BLOCK):
        drawn = rng.multinomial(units, shares, size=min(_BLOCK, resamples - start))
        yield drawn.astype(np.float64)
