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
    if 0 < found.value < 1:
        assert found.error == pytest.approx(math.sqrt(variance))
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.freedom == len(users) - 1


def test_few_users_who_agree_prove_nothing_and_many_do() -> None:
    some = share(Share(np.arange(200) < 20, np.ones(200, np.bool_)), np.arange(200))

    def nobody(users: int) -> Estimate:
        return share(Share(np.zeros(users, np.bool_), np.ones(users, np.bool_)), np.arange(users))

    # Three users who click on a tenth click on nothing in most of all cases.
    assert difference(some, nobody(3)).p > 0.05
    assert nobody(3).high == pytest.approx(1 - 0.025 ** (1 / 3))
    assert difference(some, nobody(200)).p < 0.001
    assert math.isnan(difference(nobody(3), nobody(200)).p)


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
    some = np.vstack([even[:3], np.zeros((GROUPS - 3, 2), np.int64)])
    few = jackknife(lambda counts: counts[:, 1] / counts.sum(axis=1), some)
    assert few == jackknife(lambda counts: counts[:, 1] / counts.sum(axis=1), even[:3])
    assert few.freedom == 2
    alone = jackknife(lambda counts: counts[:, 1] / counts.sum(axis=1), even[:1])
    assert math.isnan(alone.error)
    constant = difference(Estimate.of(1 / 3, 1e-17, 49), Estimate.of(1 / 3 + 1e-16, 1e-17, 49))
    assert math.isnan(constant.p)  # rounding is no evidence
