"""The report calls a planted difference, and none where there is none, at the stated rate."""

import numpy as np
import pytest
from scipy import stats

from evaluation.online.estimates import ALARM, holm, sample_ratio
from evaluation.online.exposures import Exposures
from evaluation.online.report import FALSE_ALARMS
from evaluation.online.simulation import called, simulate

RUNS = 200
ALMOST_SURELY = 1e-4


def unclustered_p(exposures: Exposures) -> float:
    """The p-value of a test that takes exposures for independent."""
    arm = exposures.sessions.arm[exposures.session]
    opened = [exposures.opened[arm == one].astype(float) for one in (0, 1)]
    return float(stats.ttest_ind(*opened).pvalue)


def test_without_an_effect_a_difference_is_called_as_rarely_as_is_said() -> None:
    rng = np.random.default_rng(1)
    runs = [simulate(rng, 150) for _ in range(RUNS)]
    primary, others = np.array([called(one) for one in runs]).sum(axis=0)
    low, high = stats.binom.ppf([ALMOST_SURELY, 1 - ALMOST_SURELY], RUNS, FALSE_ALARMS)
    assert low <= primary <= high
    assert others <= high  # all together; Holm's is an upper bound
    # The listeners are such that it could fail: without clusters it would be far more.
    assert sum(unclustered_p(one) < FALSE_ALARMS for one in runs) > 3 * high


def test_a_planted_effect_is_found() -> None:
    rng = np.random.default_rng(2)
    primary, _ = np.array([called(simulate(rng, 400, lift=0.9)) for _ in range(30)]).mean(axis=0)
    assert primary > 0.8


def test_a_wrong_split_is_seen_and_a_right_one_is_not() -> None:
    weights = {"one": 1.0, "two": 3.0}
    assert sample_ratio({"one": 250, "two": 750}, weights) == pytest.approx(1)
    assert sample_ratio({"one": 330, "two": 670}, weights) < ALARM
    assert sample_ratio({"one": 500}, weights) < ALARM  # an arm without users
    assert sample_ratio({"one": 250, "two": 750, "old": 1}, weights) == 0


def test_many_comparisons_are_adjusted_as_holm_did() -> None:
    adjusted = holm([0.01, 0.04, float("nan"), 0.03])
    assert adjusted[:2] == pytest.approx([0.03, 0.06])
    assert np.isnan(adjusted[2])
    assert adjusted[3] == pytest.approx(0.06)
