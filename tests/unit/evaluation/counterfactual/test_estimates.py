"""IPS and SNIPS on simulated logs, whose true values are known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.counterfactual.estimates import (
    DecisionLog,
    Estimate,
    effective_size,
    estimate,
    integer_codes,
    ips,
    snips,
)
from feed.arrays.arrays import FloatArray

ACTIONS = 5
REWARD = np.array([0.1, 0.2, 0.3, 0.5, 0.8])
"""of each action, how often it is rewarded"""
LOGGED = np.array([0.4, 0.25, 0.2, 0.1, 0.05])
"""how often the policy that logs takes it"""
OTHER = np.array([0.05, 0.1, 0.15, 0.3, 0.4])
"""how often the policy in question would: the other way round"""
TRUTH = float(OTHER @ REWARD)

weights = st.lists(st.just(0.0) | st.floats(0.001, 50), min_size=1, max_size=30).map(np.array)


def simulated(seed: int, count: int = 500, per_user: int = 1) -> tuple[DecisionLog, FloatArray]:
    """Decisions of the policy that logs, and with which probability the other would make them."""
    rng = np.random.default_rng(seed)
    taken = rng.choice(ACTIONS, count, p=LOGGED)
    reward = (rng.random(count) < REWARD[taken]).astype(float)
    log = DecisionLog(unit=np.arange(count) // per_user, propensity=LOGGED[taken], reward=reward)
    return log, OTHER[taken]


def estimated(seed: int, clip: float | None = None) -> Estimate:
    log, probability = simulated(seed)
    return estimate(log, probability, clip=clip, resamples=200)


@pytest.fixture(scope="module")
def many() -> list[Estimate]:
    """Estimates of 200 worlds."""
    return [estimated(seed) for seed in range(200)]


@pytest.mark.parametrize("name", ["ips", "snips"])
def test_estimates_are_unbiased_and_their_intervals_have_the_stated_coverage(
    many: list[Estimate], name: str
) -> None:
    values = np.array([getattr(one, name) for one in many])
    error = values.std() / math.sqrt(len(values))
    assert abs(values.mean() - TRUTH) < 3 * error
    covered = np.mean([one.ci[name][0] <= TRUTH <= one.ci[name][1] for one in many])
    assert 0.89 <= covered <= 0.985
    naive = np.mean([simulated(seed)[0].reward.mean() for seed in range(50)])
    assert naive == pytest.approx(float(LOGGED @ REWARD), abs=0.01)
    assert naive < TRUTH - 0.2  # what was earned says nothing of what would have been


def test_snips_varies_less_than_ips(many: list[Estimate]) -> None:
    assert np.std([one.snips for one in many]) < np.std([one.ips for one in many])


def test_weights_have_mean_one_if_propensities_are_right(many: list[Estimate]) -> None:
    assert np.mean([one.mean_weight for one in many]) == pytest.approx(1, abs=0.03)


def test_the_estimate_of_the_logging_policy_is_its_mean_reward() -> None:
    log, _ = simulated(0)
    found = estimate(log, log.propensity)
    assert found.ips == found.snips == pytest.approx(log.reward.mean())
    assert found.effective == pytest.approx(len(log))
    assert found.largest_weight == found.mean_weight == 1
    assert found.clipped == 0


def test_clipping_lowers_the_largest_weight_and_the_ips() -> None:
    free, clipped = estimated(0), estimated(0, clip=2.0)
    assert free.largest_weight == pytest.approx(8)  # .4 / .05
    assert free.clipped == 0
    assert clipped.largest_weight == 2
    log, probability = simulated(0)
    assert clipped.clipped == pytest.approx(np.mean(probability / log.propensity > 2))
    assert clipped.ips < free.ips
    assert clipped.effective > free.effective
    ends = [one.ci["ips"][1] - one.ci["ips"][0] for one in (clipped, free)]
    assert ends[0] < ends[1]


def test_clipping_above_every_weight_changes_nothing() -> None:
    assert estimated(0, clip=100.0) == estimated(0)


def test_estimates_of_three_decisions_worked_out_by_hand() -> None:
    log = DecisionLog(
        unit=np.arange(3), propensity=np.array([0.5, 0.25, 0.5]), reward=np.array([1.0, 1, 0])
    )
    found = estimate(log, np.array([0.5, 0.5, 0.0]))
    assert found.ips == pytest.approx((1 + 2 + 0) / 3)
    assert found.snips == pytest.approx(3 / 3)
    assert found.effective == pytest.approx(3**2 / (1 + 4))
    assert found.mean_weight == pytest.approx(1)


@given(weights)
def test_the_effective_size_is_between_one_and_the_number_of_nonzero_weights(
    given_weights: FloatArray,
) -> None:
    size = effective_size(given_weights)
    if not given_weights.any():
        assert size == 0
    else:
        assert 1 - 1e-9 <= size <= np.count_nonzero(given_weights) + 1e-9


@given(weights, st.data())
def test_snips_lies_within_the_rewards_and_moves_with_them(
    given_weights: FloatArray, data: st.DataObject
) -> None:
    size = len(given_weights)
    rewards = np.array(data.draw(st.lists(st.floats(-1, 1), min_size=size, max_size=size)))
    found = snips(given_weights, rewards)
    if not given_weights.sum() > 0:
        assert math.isnan(found)
        return
    assert rewards.min() - 1e-9 <= found <= rewards.max() + 1e-9
    assert snips(given_weights, rewards + 3) == pytest.approx(found + 3)
    assert ips(given_weights, rewards) == pytest.approx(
        sum(w * r for w, r in zip(given_weights, rewards, strict=True)) / size
    )


def test_a_policy_without_overlap_has_no_snips() -> None:
    log, _ = simulated(0, count=20)
    found = estimate(log, np.zeros(20))
    assert found.ips == found.effective == 0
    assert math.isnan(found.snips)
    assert np.isnan(found.ci["snips"]).all()


def test_decisions_of_one_user_are_resampled_together() -> None:
    log, probability = simulated(3, per_user=1)
    apart = estimate(log, probability)
    copied = DecisionLog(
        unit=np.repeat(log.unit, 4),
        propensity=np.repeat(log.propensity, 4),
        reward=np.repeat(log.reward, 4),
    )
    together = estimate(copied, np.repeat(probability, 4))
    assert together.ips == pytest.approx(apart.ips)
    assert together.ci["ips"] == pytest.approx(apart.ci["ips"])  # four copies know no more than one


def test_intervals_are_the_same_for_the_same_seed() -> None:
    log, probability = simulated(0)
    assert estimate(log, probability, seed=1) == estimate(log, probability, seed=1)
    assert estimate(log, probability, seed=1).ci != estimate(log, probability, seed=2).ci


def test_each_distinct_name_has_an_integer_code() -> None:
    assert integer_codes(["b", "a", "b", "c"]).tolist() == [1, 0, 1, 2]
