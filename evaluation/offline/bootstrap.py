"""Bootstrap confidence intervals over users (Efron and Tibshirani, 1993)."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import sparse

from feed.arrays.arrays import FloatArray, IntArray

RESAMPLES = 1000
LEVEL = 0.95
_BLOCK = 100
"""resamples that are multiplied at once, which bounds memory"""

_MOST_KEPT = 50_000_000
"""largest number of draws that are kept in memory"""

Interval = tuple[float, float]
Draws = npt.NDArray[np.int32]


def means(
    values: FloatArray, *, units: IntArray | None = None, seed: int = 0, resamples: int = RESAMPLES
) -> FloatArray:
    """(resamples, q) means of `values` (p, q) over users drawn with replacement.

    `units` (p,) numbers the users from 0 on, if a user has several rows: these are drawn together.
    Without it each row is a user. A mean leaves out NaN. The same seed and number of users draw the
    same users, so differences of two rankings over the same users are paired.
    """
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    if units is not None:
        filled, known = _by_unit(filled, units), _by_unit(known, units)
    blocks = []
    for drawn in resample_counts(len(filled), seed, resamples):
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
    lists: IntArray,
    episodes: int,
    *,
    units: IntArray | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Interval:
    """The 95% interval of the catalog coverage of recommendation lists (p, k).

    `units` (p,) numbers the users, as in `means`. A resample has only 63% of the distinct users and
    so covers fewer episodes. The resamples are therefore shifted so that their mean is the
    estimate.
    """
    if units is None:
        units = np.arange(len(lists))
    users = int(units.max(initial=-1)) + 1
    owner, position = np.nonzero(lists >= 0)
    ones = np.ones(len(owner), np.float32)
    shown = sparse.csr_matrix(
        (ones, (units[owner], lists[owner, position])), shape=(users, max(episodes, 1))
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
    kept = units * resamples <= _MOST_KEPT
    blocks = _kept_draws(units, seed, resamples) if kept else _draws(units, seed, resamples)
    for drawn in blocks:
        yield drawn.astype(np.float64)


@lru_cache(maxsize=2)
def _kept_draws(units: int, seed: int, resamples: int) -> tuple[Draws, ...]:
    """The blocks of `_draws`, kept because each metric of each ranking asks for the same ones."""
    return tuple(_draws(units, seed, resamples))


def _draws(units: int, seed: int, resamples: int) -> Iterator[Draws]:
    rng = np.random.default_rng(seed)
    shares = np.full(units, 1 / max(units, 1))
    for start in range(0, resamples, _BLOCK):
        drawn = rng.multinomial(units, shares, size=min(_BLOCK, resamples - start))
        yield drawn.astype(np.int32)


def _by_unit(values: npt.NDArray[np.generic], units: IntArray) -> FloatArray:
    """(users, q) sums of the rows (p, q) of each user."""
    sums = np.zeros((int(units.max(initial=-1)) + 1, values.shape[1]))
    np.add.at(sums, units, values)
    return sums
