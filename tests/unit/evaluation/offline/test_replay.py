"""A whole replay: a perfect ranking reaches 1, a random one what chance gives."""

import json
import math

import msgspec
import numpy as np
import pytest

from evaluation.data.events import Events
from evaluation.data.training import TrainingData
from evaluation.offline import replay
from evaluation.offline.baselines import BASELINES
from evaluation.offline.observations import rank_all
from evaluation.offline.protocol import Targets, targets
from feed.cli import known_scenarios
from feed.scenarios.scenario import parse, shipped
from tests.support.interactions import EPISODES, FixedScores, event, history, training_of

USERS = [f"user-{n:03d}" for n in range(300)]
SEEN = 5


@pytest.fixture(scope="module")
def known() -> TrainingData:
    rng = np.random.default_rng(0)
    return training_of(
        [one for user in USERS for one in history(user, rng.permutation(20)[:SEEN].tolist())]
    )


@pytest.fixture(scope="module")
def asked(known: TrainingData) -> Targets:
    rng = np.random.default_rng(1)
    test = [
        event(user, int(n), -1 - at) for user in USERS for at, n in enumerate(rng.permutation(30))
    ]
    return targets(known, Events.from_rows(test))


def test_a_perfect_ranking_has_all_metrics_at_one(known: TrainingData, asked: Targets) -> None:
    pairs = zip(asked.users, asked.rows.tolist(), strict=True)
    ranking = FixedScores({user.user_id: np.eye(EPISODES)[row] for user, row in pairs})
    found = replay.measure(ranking, known, asked, (1, 10, 20))
    for name in ("recall@1", "recall@10", "recall@20", "ndcg@1", "ndcg@10", "mrr", "cold_auc"):
        assert found.metrics[name] == 1
        assert found.ci[name] == (1, 1)
    assert set(found.ranks.tolist()) == {1}


def test_a_random_ranking_has_the_expected_metrics_of_chance(
    known: TrainingData, asked: Targets
) -> None:
    rng = np.random.default_rng(2)
    ranking = FixedScores({user.user_id: rng.random(EPISODES) for user in asked.users})
    found = replay.measure(ranking, known, asked, (10, 20))
    unseen = EPISODES - SEEN
    chance = {
        "recall@10": 10 / unseen,
        "recall@20": 20 / unseen,
        "mrr": sum(1 / rank for rank in range(1, unseen + 1)) / unseen,
        "ndcg@10": sum(1 / math.log2(rank + 1) for rank in range(1, 11)) / unseen,
        "cold_auc": 0.5,
    }
    for name, value in chance.items():
        low, high = found.ci[name]
        assert low < value < high
        assert high - low < 0.25
    assert found.metrics["coverage@20"] == 1


def test_coverage_of_one_list_for_all_users_depends_on_what_they_have_seen(
    known: TrainingData, asked: Targets
) -> None:
    found = replay.measure(FixedScores(np.arange(EPISODES, 0.0, -1)), known, asked, (3,))
    shown = {
        row for user in asked.users for row in [r for r in range(30) if r not in user.seen][:3]
    }
    assert found.metrics["coverage@3"] == len(shown) / EPISODES


def test_the_auc_is_defined_for_cold_targets_alone(known: TrainingData, asked: Targets) -> None:
    assert 0 < asked.cold.sum() < len(asked)
    values = replay.measure(FixedScores(np.zeros(EPISODES)), known, asked).values["cold_auc"]
    assert np.isnan(values).tolist() == (~asked.cold).tolist()
    assert set(values[asked.cold].tolist()) == {0.5}


def test_a_metric_is_the_mean_of_its_users_values(known: TrainingData, asked: Targets) -> None:
    found = replay.measure(FixedScores(np.arange(EPISODES) % 7.0), known, asked)
    for name, values in found.values.items():
        assert found.metrics[name] == pytest.approx(np.nanmean(values))
        low, high = found.ci[name]
        assert low <= found.metrics[name] <= high


def test_every_metric_is_a_number_in_json_with_an_interval_under_ci(
    known: TrainingData, asked: Targets
) -> None:
    made = json.loads(
        msgspec.json.encode(replay.measure(FixedScores(np.ones(30)), known, asked).as_json())
    )
    assert made.pop("segments").keys() == {"head", "middle", "tail", "cold"}
    assert made.pop("history").keys() == {"short", "medium", "long"}
    ends = made.pop("ci")
    assert made.pop("users") == len(asked)
    assert made.keys() == ends.keys()
    assert made.keys() >= {"recall@20", "ndcg@10", "mrr", "coverage@20", "cold_auc"}
    assert all(isinstance(value, float) for value in made.values())
    assert all(replay.METRIC.fullmatch(name) for name in made)
    assert all(low <= high for low, high in ends.values())


def test_nan_is_null_in_json(known: TrainingData, asked: Targets) -> None:
    class Nothing(FixedScores):
        def rank(self, user: object, count: int) -> np.ndarray:  # noqa: ARG002
            return np.zeros(0, np.int64)

    made = replay.measure(Nothing(np.zeros(30)), known, asked).as_json()
    assert made["novelty@10"] is None
    assert made["ci"]["novelty@10"] == [None, None]  # type: ignore[index]
    assert made["recall@10"] == made["coverage@20"] == 0


def test_without_resamples_metrics_are_equal_and_have_no_intervals(
    known: TrainingData, asked: Targets
) -> None:
    ranking = FixedScores(np.arange(30.0))
    quick = replay.measure(ranking, known, asked, resamples=0)
    assert quick.metrics == replay.measure(ranking, known, asked).metrics
    assert quick.ci == {}


def test_a_scenario_replaces_the_baseline_of_its_name(known: TrainingData) -> None:
    names = [one.name for one in replay.recommenders(known, [shipped()["for_you"]])]
    assert names == ["for_you", *(one.name for one in BASELINES)]
    named = replay.recommenders(known, [parse('name = "content"')])
    assert [one.name for one in named].count("content") == 1


@pytest.mark.parametrize("name", ["for_you", "baseline", "films"])
def test_no_list_has_a_seen_episode_or_an_episode_twice(
    known: TrainingData, asked: Targets, name: str
) -> None:
    some = asked.sample(20, seed=0)
    for ranking in replay.recommenders(known, [known_scenarios()[name]]):
        for user, rows in zip(some.users, rank_all(ranking, some, 150), strict=True):
            shown = rows[rows >= 0].tolist()
            assert shown
            assert len(set(shown)) == len(shown)
            assert not set(shown) & set(user.seen.tolist())
            scores = ranking.score(user)
            assert scores.shape == (EPISODES,)
            assert not np.isnan(scores).any()
