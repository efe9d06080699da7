"""Propensities of a slate are the probabilities that estimates need."""

from dataclasses import dataclass

import msgspec
import numpy as np
import pytest

from evaluation.counterfactual.estimates import DecisionLog, estimate
from evaluation.offline.scenario_recommender import ScenarioRecommender
from feed.arrays.arrays import FloatArray, IntArray
from feed.scenarios.scenario import parse
from tests.support.interactions import EPISODES, history, training_of

SESSIONS = 700
SLOT = 4
# So many are proposed that all are: a propensity is that of a draw among those who were.
SCENARIO = parse(f"""
name = "drawn"
[filters]
min_credibility = 0
min_combined = 0
freshness_days = []
[sources]
exploration = 1000
[selector]
queue = {SLOT}
explore_every = {SLOT}
explore_noise = 0.1
""")


@dataclass(frozen=True)
class Drawn:
    """What came into the slot that is drawn for, session by session."""

    rows: IntArray
    propensity: FloatArray


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    known = training_of([one for user in "abcdefgh" for one in history(user, [0, 1, 2, 3, 4])])
    ranking = ScenarioRecommender(known, SCENARIO)
    query = ranking.query(known.users["a"])
    rows, propensity, before = [], [], set()
    for seed in range(SESSIONS):
        slate = ranking.ranker.rank(msgspec.structs.replace(query, seed=seed))
        before.add(tuple(slate.rows[: SLOT - 1].tolist()))
        assert slate.trace.propensities[: SLOT - 1] == [1.0] * (SLOT - 1)
        rows.append(int(slate.rows[SLOT - 1]))
        propensity.append(slate.trace.propensities[SLOT - 1])
    assert len(before) == 1  # chance is in the slot alone
    return Drawn(np.array(rows), np.array(propensity))


def test_the_frequency_of_an_episode_in_a_slot_is_its_propensity(drawn: Drawn) -> None:
    found = {row: drawn.propensity[drawn.rows == row] for row in set(drawn.rows.tolist())}
    assert len(found) > 5
    assert all(np.ptp(each) < 1e-5 for each in found.values())
    known = {row: float(each[0]) for row, each in found.items()}
    assert max(known.values()) > 2 * min(known.values())  # a lot, but no even one
    assert sum(known.values()) == pytest.approx(1, abs=0.03)
    for row, p in known.items():
        deviation = np.sqrt(p * (1 - p) / SESSIONS)
        assert np.mean(drawn.rows == row) == pytest.approx(p, abs=4 * deviation)


def test_estimates_from_propensities_give_the_reward_of_a_uniform_policy(drawn: Drawn) -> None:
    support = sorted(set(drawn.rows.tolist()))
    # What is drawn seldom is liked most: the log alone misleads.
    order = sorted(support, key=lambda row: -drawn.propensity[drawn.rows == row][0])
    liking = np.zeros(EPISODES)
    liking[order] = np.linspace(0.1, 0.9, len(order))
    truth = float(liking[support].mean())
    rng = np.random.default_rng(0)
    reward = (rng.random(SESSIONS) < liking[drawn.rows]).astype(float)
    log = DecisionLog(np.arange(SESSIONS), drawn.propensity, reward)
    found = estimate(log, np.full(SESSIONS, 1 / len(support)))
    for name in ("ips", "snips"):
        low, high = found.ci[name]
        assert low < truth < high
        assert high - low < 0.2
    assert reward.mean() < found.ci["snips"][0]
    assert found.mean_weight == pytest.approx(1, abs=0.1)
