"""Bootstrap intervals have the stated coverage and are deterministic."""

import math

import numpy as np
import pytest

from evaluation.offline import bootstrap
from tests.support.interactions import padded


@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_an_interval_covers_the_true_mean_95_times_of_100(rate: float) -> None:
    rng = np.random.default_rng(7)
    worlds = 400
    # A world a column: all are drawn alike, which changes nothing for any one of them.
    values = (rng.random((300, worlds)) < rate).astype(float)
    drawn = bootstrap.means(values, resamples=600)
    ends = [bootstrap.interval(column) for column in drawn.T]
    covered = np.mean([low <= rate <= high for low, high in ends])
    # Binomial: 95% of 400 worlds, three standard deviations to either side.
    assert 0.917 <= covered <= 0.983
    width = np.mean([high - low for low, high in ends])
    assert width == pytest.approx(2 * 1.96 * math.sqrt(rate * (1 - rate) / 300), rel=0.05)


def test_the_seed_determines_the_resamples() -> None:
    values = np.random.default_rng(0).random((40, 2))
    assert np.array_equal(bootstrap.means(values, seed=3), bootstrap.means(values, seed=3))
    assert not np.array_equal(bootstrap.means(values, seed=3), bootstrap.means(values, seed=4))


def test_a_resample_draws_as_many_users_with_replacement() -> None:
    blocks = list(bootstrap.resample_counts(7, seed=1, resamples=250))
    drawn = np.concatenate(blocks)
    assert drawn.shape == (250, 7)
    assert set(drawn.sum(axis=1).tolist()) == {7}
    values = np.random.default_rng(2).random((7, 1))
    slow = [sum(n * v for n, v in zip(row, values[:, 0], strict=True)) / 7 for row in drawn]
    found = bootstrap.means(values, seed=1, resamples=250)
    assert found[:, 0] == pytest.approx(slow)


def test_users_without_a_value_are_left_out_of_their_mean() -> None:
    values = np.array([[1.0], [math.nan], [3.0], [math.nan]])
    drawn = bootstrap.means(values, resamples=500)[:, 0]
    known = drawn[~np.isnan(drawn)]
    assert len(known) < 500  # some resamples are of users without a value alone
    assert set(np.unique(known)) >= {1.0, 2.0, 3.0}
    assert bootstrap.interval(drawn) == (1, 3)


def test_the_interval_of_no_values_is_nan() -> None:
    assert np.isnan(bootstrap.interval(np.array([math.nan, math.nan]))).all()


def test_an_interval_leaves_out_a_fortieth_on_either_side() -> None:
    assert bootstrap.interval(np.arange(1001.0)) == pytest.approx((25, 975))


def test_the_interval_of_coverage_contains_the_estimate() -> None:
    rng = np.random.default_rng(5)
    lists = np.argsort(rng.random((60, 400)), axis=1)[:, :5]
    coverage = len(np.unique(lists)) / 400
    low, high = bootstrap.coverage_interval(lists, 400)
    assert 0 < low < coverage < high < 1
    assert (low, high) == bootstrap.coverage_interval(lists, 400)
    assert (low, high) != bootstrap.coverage_interval(lists, 400, seed=1)


def test_the_interval_of_coverage_of_equal_lists_is_a_point() -> None:
    same = padded([[1, 2, 3]] * 20, 4)
    assert bootstrap.coverage_interval(same, 10) == pytest.approx((0.3, 0.3))
    assert bootstrap.coverage_interval(padded([[], []], 3), 10) == (0, 0)


def test_the_interval_of_coverage_contains_that_of_other_users() -> None:
    rng = np.random.default_rng(3)
    chances = -np.log(np.arange(1, 301))  # few are shown to many
    worlds = [
        np.argsort(-(chances + rng.gumbel(size=(60, 300))), axis=1)[:, :5] for _ in range(100)
    ]
    truth = np.mean([len(np.unique(lists)) for lists in worlds]) / 300
    ends = [bootstrap.coverage_interval(lists, 300, resamples=200) for lists in worlds]
    assert np.mean([low <= truth <= high for low, high in ends]) >= 0.85
    assert np.mean([high - low for low, high in ends]) < 0.15
