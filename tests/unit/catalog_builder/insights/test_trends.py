"""The test of rises: its null distribution, and the procedure for many tests."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from catalog_builder.insights.counts import WEEKS, WINDOWS_DAYS
from catalog_builder.insights.trends import PRIOR_SHAPE, RATE, discoveries, find_rises

KINDS = np.zeros(40, np.uint8)


def windows_of(*weeks: list[int]) -> np.ndarray:
    """Counts of names in each week, the last first, alike in all windows."""
    counts = np.array(weeks, np.int64)
    assert counts.shape[1] == WEEKS
    return np.repeat(counts[:, None, :], len(WINDOWS_DAYS), axis=1)


def test_a_p_value_is_the_tail_of_the_gamma_poisson_predictive_distribution() -> None:
    # The second name keeps the totals such that a fifth of all happens in each week.
    windows = windows_of([12, 5, 5, 5, 5], [988, 995, 995, 995, 995])
    found = find_rises(windows, np.zeros(2, np.uint8))
    expected = nbinom.sf(11, 20 + PRIOR_SHAPE, 0.8)
    assert found.p_values[0] == pytest.approx(expected, rel=1e-9)
    assert found.momentum[0] == pytest.approx((12 + 5) / (5 + 5))


def test_a_name_whose_weeks_vary_is_held_to_more() -> None:
    others = [1000] * 5
    steady = find_rises(windows_of([40, 20, 20, 20, 20], others), np.zeros(2, np.uint8))
    bursty = find_rises(windows_of([40, 0, 60, 0, 20], others), np.zeros(2, np.uint8))
    assert steady.p_values[0, 0] < 1e-2 < bursty.p_values[0, 0]


def test_neither_a_busy_weekend_nor_a_new_kind_of_name_is_a_rise() -> None:
    busy = windows_of(*([[30, 10, 10, 10, 10]] * 40))  # everything is three times as much
    assert not discoveries(find_rises(busy, KINDS).p_values).any()
    new = windows_of(*([[30, 0, 0, 0, 0]] * 40))
    assert not discoveries(find_rises(new, KINDS).p_values).any()


def test_a_name_with_few_events_is_not_tested() -> None:
    found = find_rises(windows_of([3, 0, 0, 0, 0], [97, 100, 100, 100, 100]), KINDS[:2])
    assert np.isnan(found.p_values[0]).all()
    assert not np.isnan(found.p_values[1]).any()


def test_names_of_steady_rates_raise_no_more_alarms_than_stated() -> None:
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(200):
        counts = rng.poisson(rng.gamma(1.0, 8.0, (40, 1)), (40, WEEKS))
        alarms += bool(discoveries(find_rises(windows_of(*counts.tolist()), KINDS).p_values).any())
    assert alarms / 200 <= RATE


@given(st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.001, 0.01]), max_size=20))
@settings(max_examples=50)
def test_discoveries_are_those_up_to_the_last_p_value_below_its_share(values: list[float]) -> None:
    ordered = sorted(values)
    passing = [
        one for rank, one in enumerate(ordered, 1) if one <= RATE * rank / max(1, len(ordered))
    ]
    limit = max(passing, default=-1.0)
    found = discoveries(np.array([*values, np.nan]))
    assert found.tolist() == [*(one <= limit for one in values), False]
