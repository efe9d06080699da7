"""Bootstrap confidence intervals over users (Efron and Tibshirani, 1993)."""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from feed.arrays.arrays import FloatArray, IntArray

RESAMPLES = 1000
LEVEL = 0.95
_BLOCK = 100
"""resamples drawn at once, which bounds memory"""

Interval = tuple[float, float]


def means(values: FloatArray, *, seed: int = 0, resamples: int = RESAMPLES) -> FloatArray:
    """(resamples, q) means of `values` (u, q) over users drawn with replacement.

    A mean leaves out NaN. The same seed and u draw the same users, so differences of two
    rankings over the same users are paired.
    """
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    blocks = []
    for drawn in resample_counts(len(values), seed, resamples):
        with np.errstate(invalid="ignore", divide="ignore"):
            blocks.append((drawn @ filled) / (drawn @ known))
    return np.concatenate(blocks)


def interval(drawn: FloatArray) -> Interval:
    """The 95% percentile interval of a statistic from its resamples; NaN if none is finite."""
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return float("nan"), float("nan")
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def coverage_interval(
    lists: IntArray, episodes: int, *, seed: int = 0, resamples: int = RESAMPLES
) -> Interval:
    """The 95% interval of the catalog coverage of recommendation lists (u, k).

    A resample has only 63% of the distinct users and so covers fewer episodes. The resamples are
    therefore shifted so that their mean is the estimate.
    """
    users, _ = lists.shape
    owner, position = np.nonzero(lists >= 0)
    ones = np.ones(len(owner), np.float32)
    shown = sparse.csr_matrix(
        (ones, (owner, lists[owner, position])), shape=(users, max(episodes, 1))
    )
    estimate = np.count_nonzero(shown.sum(axis=0)) / max(episodes, 1)
    coverages = np.concatenate(
        [
            np.count_nonzero(drawn.astype(np.float32) @ shown, axis=1) / max(episodes, 1)
            for drawn in resample_counts(users, seed, resamples)
        ]
    )
    low, high = interval(coverages - coverages.mean() + estimate)
    return max(low, 0.0), min(high, 1.0)


def resample_counts(units: int, seed: int, resamples: int = RESAMPLES) -> Iterator[FloatArray]:
    """Yield how often each unit is drawn in a resample, in blocks of (b, units)."""
    rng = np.random.default_rng(seed)
    shares = np.full(units, 1 / max(units, 1))
    for start in range(0, resamples, _BLOCK):
        drawn = rng.multinomial(units, shares, size=min(_BLOCK, resamples - start))
        yield drawn.astype(np.float64)
