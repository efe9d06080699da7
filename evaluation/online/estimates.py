"""Estimates with intervals over users, who are what an experiment splits.

Exposures of one user are not independent: a user who opens much opens much everywhere. So the unit
of every variance is the user. For shares the jackknife leaves out one user at a time, which for a
ratio of sums is the delta method (Deng, Knoblich and Lu, 2018) with a correction for users of many
exposures; for what is no share it leaves out a group of users at a time (Kott, 2001).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special, stats

from evaluation.online.metrics import Share
from feed.arrays.arrays import BoolArray, FloatArray, IntArray
from feed.arrays.hashing import mix64

LEVEL = 0.95
GROUPS = 50
"""Number of random groups of users of which the jackknife leaves out one at a time."""
ROUNDING = 1e-9
"""Errors below this share of a value come from rounding."""
ALARM = 0.001
"""p-value of the sample-ratio check below which a split is not to be trusted."""


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% interval, by Student's t. NaN where it cannot be computed."""

    value: float
    low: float
    high: float
    error: float
    """standard error"""
    freedom: float
    """degrees of freedom of the error: number of users who count, or of groups, less one"""
    out_of: int = 0
    """what a share is a share of: number of exposures or sessions"""

    @classmethod
    def of(cls, value: float, error: float, freedom: float, out_of: int = 0) -> "Estimate":
        """The estimate with this error, NaN for none."""
        half = _quantile(freedom) * error
        return cls(value, value - half, value + half, error, freedom, out_of)

    def within(self, least: float, most: float) -> "Estimate":
        """The estimate with an interval that ends at the bounds of what it estimates."""
        return replace(self, low=max(self.low, least), high=min(self.high, most))


def _quantile(freedom: float) -> float:
    """Student's t that an estimate of so many degrees of freedom exceeds in (1 - `LEVEL`) / 2."""
    return float(stats.t.ppf((1 + LEVEL) / 2, max(freedom, 1)))


@dataclass(frozen=True)
class Difference:
    """The difference of two estimates over different users."""

    estimate: Estimate
    p: float
    """two-sided, of no difference (Welch, 1947); NaN where there is no error"""


def share(given: Share, unit: IntArray, where: BoolArray | None = None) -> Estimate:
    """A share over the exposures where `where` (n,) is true, or over all.

    `unit` (n,) is the user of each. With y of x for each of U users with any x, the ratio R is the
    sum of y over the sum of x. Leaving out one user changes it by (y - R x) / (sum of x - x); the
    variance is (U - 1) / U times the sum of their squares. Where all users agree on 0 or 1, the
    interval is that of U draws (Clopper and Pearson, 1934), as if each had but one.
    """
    if where is not None:
        given, unit = Share(given.counted[where], given.of[where]), unit[where]
    y, x = np.bincount(unit[given.counted]), np.bincount(unit[given.of])
    count = int(np.count_nonzero(x))  # others say nothing of it
    y = np.pad(y, (0, len(x) - len(y)))
    total = int(x.sum())
    if total == 0:
        return Estimate.of(math.nan, math.nan, count - 1)
    ratio = float(y.sum()) / total
    if x.max() == total:  # all of one user
        return Estimate.of(ratio, math.nan, count - 1, total)
    changes = (y - ratio * x) / (total - x)
    error = math.sqrt((count - 1) / count * float((changes**2).sum()))
    if ratio in {0.0, 1.0}:
        error = (1 - ((1 - LEVEL) / 2) ** (1 / count)) / _quantile(count - 1)
    return Estimate.of(ratio, error, count - 1, total).within(0.0, 1.0)


def jackknife(statistic: Callable[[IntArray], FloatArray], table: IntArray) -> Estimate:
    """A statistic of counts, from those of g random groups of users (g, k).

    `statistic` takes several tables of counts (m, k) and returns (m,). The error is that of leaving
    out one group at a time: (g - 1) / g times the sum of squared deviations. Empty groups do not
    count; of one group alone there is no error.
    """
    total, table = table.sum(axis=0), table[table.any(axis=1)]
    g = len(table)
    if g < 2:  # noqa: PLR2004
        return Estimate.of(float(statistic(total[None])[0]), math.nan, g - 1)
    value, *without = statistic(np.vstack([total, total - table])).tolist()
    deviations = np.array(without) - np.mean(without)
    return Estimate.of(value, math.sqrt((g - 1) / g * float((deviations**2).sum())), g - 1)


def group_counts(value: IntArray, unit: IntArray, size: int, where: BoolArray) -> IntArray:
    """(GROUPS, size) how often each value from 0 to size - 1 is there, by group of users."""
    group = (mix64(unit[where].astype(np.uint64), 0) % np.uint64(GROUPS)).astype(np.int64)
    counts = np.bincount(group * size + value[where], minlength=GROUPS * size)
    return counts.reshape(GROUPS, size)


def medians(counts: IntArray) -> FloatArray:
    """(m,) the median of whole numbers from 0 on, given how often each is there (m, k).

    It has a fraction, how far into its number the half lies, so that the median of many equal
    numbers changes smoothly. NaN where nothing is counted.
    """
    up_to = np.cumsum(counts, axis=1)
    half = up_to[:, -1:] / 2
    at = (up_to < half).sum(axis=1, keepdims=True)
    here = np.take_along_axis(counts, np.minimum(at, counts.shape[1] - 1), 1)
    before = np.take_along_axis(up_to, np.minimum(at, counts.shape[1] - 1), 1) - here
    with np.errstate(invalid="ignore"):
        found: FloatArray = (at - 0.5 + (half - before) / here)[:, 0]
    return found


def rarefied(counts: IntArray, draws: int) -> FloatArray:
    """(m,) expected number of distinct values in `draws` of all that are counted (m, k).

    Drawn without replacement (Hurlbert, 1971), so that groups of different sizes can be compared.
    Of no more than `draws` it is the number of distinct values.
    """
    total = counts.sum(axis=1, keepdims=True)
    rest = total - counts
    log_missed = (
        special.gammaln(rest + 1)
        - special.gammaln(np.maximum(rest - draws, 0) + 1)
        - special.gammaln(total + 1)
        + special.gammaln(np.maximum(total - draws, 0) + 1)
    )
    missed = np.where(rest >= draws, np.exp(np.minimum(log_missed, 0)), counts == 0)
    found: FloatArray = (1 - missed).sum(axis=1)
    return found


def difference(one: Estimate, control: Estimate) -> Difference:
    """One estimate minus another one of other users, with Welch's degrees of freedom.

    Shares that are both 0, or both 1, are not compared.
    """
    value = one.value - control.value
    squares = [one.error**2, control.error**2]
    variance = sum(squares)
    is_constant = value == 0 and one.value in {0.0, 1.0}
    if is_constant or not variance > (ROUNDING * max(abs(one.value), abs(control.value))) ** 2:
        return Difference(Estimate.of(value, math.nan, 0), math.nan)
    parts = zip(squares, (one.freedom, control.freedom), strict=True)
    freedom = variance**2 / sum(square**2 / max(of, 1) for square, of in parts)
    p = 2 * float(stats.t.sf(abs(value) / math.sqrt(variance), freedom))
    return Difference(Estimate.of(value, math.sqrt(variance), freedom), p)


def holm(p: Sequence[float]) -> list[float]:
    """Adjusted p-values: the chance of any false alarm is that of one (Holm, 1979). NaN stays."""
    order = [at for at in np.argsort(p).tolist() if not math.isnan(p[at])]
    found = [math.nan] * len(p)
    highest = 0.0
    for rank, at in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * p[at]))
        found[at] = highest
    return found


def sample_ratio(users: Mapping[str, int], weights: Mapping[str, float]) -> float:
    """The p-value of so many users in each arm, if arms have these weights (Pearson, 1900).

    Below `ALARM` something else than the split decides who is counted. 0 where an arm without a
    weight has users, NaN without users.
    """
    total, all_weights = sum(users.values()), sum(weights.values())
    if total == 0:
        return math.nan
    if any(users[name] for name in users.keys() - weights.keys()):
        return 0.0
    expected: FloatArray = np.array([total * weights[name] / all_weights for name in weights])
    return float(stats.chisquare([users.get(name, 0) for name in weights], expected).pvalue)
