"""Estimates are those of the textbook, computed the long way."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.online.estimates import (
    GROUPS,
    Estimate,
    difference,
    group_counts,
    jackknife,
    medians,
    rarefied,
    share,
)
from evaluation.online.metrics import Share

COUNTS = st.lists(st.integers(0, 6), min_size=2, max_size=6).filter(lambda one: sum(one) > 1)
EXPOSURES = st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.booleans()), min_size=1)


@given(EXPOSURES)
def test_the_error_of_a_share_is_what_leaving_out_each_user_changes(
    exposures: list[tuple[int, bool, bool]],
) -> None:
    unit, counted, of = (np.array(one) for one in zip(*exposures, strict=True))
    found = share(Share(counted & of, of), unit)
    if not of.any():
        assert math.isnan(found.value)
        return
    users = np.unique(unit[of])
    assert found.value == pytest.approx((counted & of).sum() / of.sum())
    others = [unit != user for user in users]
    if not all(of[one].any() for one in others):
        assert math.isnan(found.error)
        return
    without = np.array([(counted & of)[one].sum() / of[one].sum() for one in others])
    variance = (len(users) - 1) / len(users) * ((without - found.value) ** 2).sum()
    assert found.error == pytest.approx(math.sqrt(variance))
    assert found.low <= found.value <= found.high
    assert found.freedom == len(users) - 1


@given(COUNTS, st.integers(1, 12))
def test_rarefied_is_the_mean_of_all_samples(counts: list[int], draws: int) -> None:
    total = sum(counts)
    some = min(draws, total)
    seen = [1 - math.comb(total - one, some) / math.comb(total, some) for one in counts]
    assert rarefied(np.array([counts]), draws)[0] == pytest.approx(sum(seen))


@given(COUNTS)
def test_at_most_half_of_the_numbers_are_beyond_their_median(counts: list[int]) -> None:
    numbers = np.repeat(np.arange(len(counts)), counts)
    (found,) = medians(np.array([counts]))
    assert (numbers < found - 0.5).mean() <= 0.5
    assert (numbers > found + 0.5).mean() <= 0.5


def test_what_varies_by_group_of_users_has_an_error_and_what_does_not_has_none() -> None:
    unit, everybody = np.arange(5000), np.ones(5000, np.bool_)
    even = group_counts(unit % 2, unit, 2, everybody)
    assert len(even) == GROUPS
    assert even.sum(axis=1).min() > 60  # of 100
    mean = jackknife(lambda counts: counts[:, 1] / counts.sum(axis=1), even)
    assert mean.value == 0.5
    assert mean.error == pytest.approx(math.sqrt(0.25 / 5000), rel=0.4)
    constant = difference(Estimate.of(1 / 3, 1e-17, 49), Estimate.of(1 / 3 + 1e-16, 1e-17, 49))
    assert math.isnan(constant.p)  # rounding is no evidence
