"""Tests which names rise: which have more owners in a window than earlier weeks let expect.

Under the null hypothesis a name keeps its share of all that happens to names of its kind. Then its
count in the window, given its counts in the same days of the four weeks before, follows the
predictive distribution of a Poisson rate with a Gamma prior, a negative binomial. With a prior
shape of 1 this is the exact conditional test of two Poisson rates (Przyborowski and Wilenski, 1940,
"Homogeneity of results in testing samples from Poisson series"). Shares, not counts, are compared,
and the same days of the week, so that neither weekdays nor a growing audience make an alarm.

A name whose weeks vary more than Poisson's, because its episodes come and go, is held to more: its
counts are divided by the dispersion of its four earlier weeks (quasi-Poisson; McCullagh and Nelder,
1989, 9.2).
All p-values of a build together are held against Benjamini and Hochberg's procedure (1995): on a
quiet day there is a false alarm with a probability of at most `RATE`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betainc

from catalog_builder.insights.counts import WINDOWS_DAYS, Counts

RATE = 0.05
"""Probability of any false alarm in a build on a quiet day; the false discovery rate on others."""
PRIOR_SHAPE = 2.0
"""Shape of the Gamma prior in the test: what is known of a rate counts that many events more."""
PRIOR_COUNT = 5.0
"""Events that are added to the count and to the expected count before their ratio is taken."""
MIN_EVENTS = 5
"""Fewest events, in the window and the weeks before it, of a name that is tested."""
MIN_MOMENTUM = 1.5
"""A name rises only if its momentum is at least this, however certain a smaller one is."""
POISSON_WEIGHT = 3.0
"""Degrees of freedom that a dispersion of 1 has, beside the three of what a name's weeks show."""
MAX_STRENGTH = 30.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rises:
    """How each of I names fares in each of the windows, by one kind of owners."""

    p_values: Floats
    """(I, windows) probability of so high a count by chance; NaN for a name that is not tested"""
    momentum: Floats
    """(I, windows) (count + prior) / (expected count + prior)"""


def find_rises(windows: Counts, kinds: npt.NDArray[np.uint8], least: int = 1) -> Rises:
    """Returns the p-values of names of these `kinds` (I,), given `NameCounts.windows`.

    An earlier count below `least` is taken for 0 in the momentum, which does not reveal it then.
    """
    p_values = np.full((len(kinds), len(WINDOWS_DAYS)), np.nan)
    momentum = np.ones((len(kinds), len(WINDOWS_DAYS)))
    for kind in np.unique(kinds):
        of_kind = np.flatnonzero(kinds == kind)
        for window in range(len(WINDOWS_DAYS)):
            counts = windows[of_kind, window].astype(np.float64)
            totals = counts.sum(axis=0)
            earlier, before = totals[1:].sum(), counts[:, 1:].sum(axis=1)
            expected = np.where(before < least, 0.0, before) * totals[0] / max(earlier, 1.0)
            dispersion = _dispersion(counts[:, 1:], totals[1:])
            share = totals[0] / max(totals.sum(), 1.0)
            tested = counts.sum(axis=1) >= MIN_EVENTS
            tail = betainc(
                np.maximum(counts[:, 0], 1e-9) / dispersion,
                before / dispersion + PRIOR_SHAPE,
                share,
            )
            p_values[of_kind, window] = np.where(tested, tail, np.nan)
            momentum[of_kind, window] = (counts[:, 0] + PRIOR_COUNT) / (expected + PRIOR_COUNT)
    return Rises(p_values, momentum)


def _dispersion(counts: Floats, totals: Floats) -> Floats:
    """(I,) variance over mean, at least 1, of the counts (I, 4) of weeks with these `totals` (4,).

    Four weeks tell little, so it is drawn towards 1, that of a Poisson rate.
    """
    expected = counts.sum(axis=1, keepdims=True) * totals / max(totals.sum(), 1.0)
    deviations = ((counts - expected) ** 2 / np.maximum(expected, 1e-9)).sum(axis=1)
    freedom = counts.shape[1] - 1
    found: Floats = (POISSON_WEIGHT + deviations) / (POISSON_WEIGHT + freedom)
    return np.maximum(found, 1.0)


def discoveries(p_values: Floats, rate: float = RATE) -> npt.NDArray[np.bool_]:
    """Returns which of some p-values, of any shape, Benjamini and Hochberg's procedure rejects."""
    tested = np.sort(p_values[~np.isnan(p_values)])
    if not len(tested):
        return np.zeros(p_values.shape, np.bool_)
    passing = np.flatnonzero(tested <= rate * np.arange(1, len(tested) + 1) / len(tested))
    limit = tested[passing[-1]] if len(passing) else -1.0
    return np.nan_to_num(p_values, nan=1.0) <= limit
