"""Curves are learned from impressions, and are those that listeners have, whatever the position."""

import numpy as np
import pytest

from catalog_builder.errors import CommandError
from evaluation.learning.estimator import PositionBasedModel, check_parts, estimate, kept_of
from evaluation.learning.held_out import compare
from evaluation.learning.impressions import Impressions
from evaluation.learning.listeners import Listeners
from evaluation.learning.outcome import learned_scenario
from evaluation.tuning.curves import FACTORS
from feed.scenarios.scenario import Scenario, parse

PRESENT = parse(
    """
name = "present"
[blend]
similarity = 0.5
quality = 0.5
recency = 0
[blend.curves]
popularity_ever = { at = [-4, 4], value = [0, 16] }
"""
)
"""Ranks by popularity above all."""
PLANTED = {"similarity": 1.5, "quality": 0.7, "popularity_ever": 0.0}
NAMES = tuple(PLANTED)
CANDIDATES, QUEUE, DRAWN = 60, 30, (10, 20, 30)


def logged(seed: int, sessions: int = 2000) -> Impressions:
    """What a log has of listeners who like what is similar and good, and not what is popular."""
    rng = np.random.default_rng(seed)
    listeners = Listeners(activity=-2.5, preferences=PLANTED)
    rows, starts, count = [], [], 0
    for _ in range(sessions):
        parts = rng.normal(size=(CANDIDATES, len(NAMES)))
        scores = parts @ np.array([0.5, 0.5, 2.0])
        order = np.argsort(-scores)[:QUEUE]
        propensities = np.ones(QUEUE)
        pool = np.argsort(-scores)[QUEUE:]
        for position, drawn in zip(DRAWN, rng.permutation(pool), strict=False):
            order[position - 1], propensities[position - 1] = drawn, 1 / len(pool)
        seen = min(listeners.depth(rng), QUEUE)
        queue = {name: parts[order, at] for at, name in enumerate(NAMES)}
        heard = listeners.engagements(queue, seen, rng)
        rewards = [float(heard.get(at, "not_interested") != "not_interested") for at in range(seen)]
        table = (parts[order], scores[order], np.arange(1, QUEUE + 1), propensities)
        rows.append(np.column_stack([*(one[:seen] for one in table), rewards]))
        starts.append(count)
        count += seen
    found = np.concatenate(rows)
    return Impressions(
        parts={name: found[:, at] for at, name in enumerate(NAMES)},
        scores=found[:, 3],
        positions=found[:, 4].astype(np.int64),
        propensities=found[:, 5],
        rewards=found[:, 6],
        starts=np.array(starts),
        users=np.arange(sessions) // 5,
    ).with_rewards()


def learned(impressions: Impressions, position_power: float | None = None) -> PositionBasedModel:
    return estimate(
        impressions,
        impressions.parts,
        kept_of(PRESENT, NAMES, impressions),
        position_power=position_power,
    )


def slopes(found: PositionBasedModel) -> dict[str, float]:
    """By part: what one standard deviation more of it adds."""
    return {
        name: float(np.diff(np.interp([-1, 1], one.at, one.value))[0] / 2)
        for name, one in found.curves.items()
    }


@pytest.fixture(scope="module")
def impressions() -> Impressions:
    return logged(0)


def test_planted_preferences_are_found_and_position_is_not_taken_for_popularity(
    impressions: Impressions,
) -> None:
    found = slopes(learned(impressions))
    assert found["similarity"] == pytest.approx(PLANTED["similarity"], rel=0.35)
    assert found["quality"] == pytest.approx(PLANTED["quality"], abs=0.3)
    assert found["popularity_ever"] < 0.2
    misled = slopes(learned(impressions, position_power=0.0))
    assert misled["popularity_ever"] > 0.35


def test_the_examination_of_each_place_is_found(impressions: Impressions) -> None:
    positions = np.array([1, 2, 5, 10])
    examined = np.exp(learned(impressions).log_examined(positions))
    assert examined == pytest.approx(1 / positions, rel=0.5)


def test_a_given_power_of_the_position_is_used(impressions: Impressions) -> None:
    given = learned(impressions, position_power=1.0)
    assert np.exp(given.log_examined(np.array([1, 4, 25]))) == pytest.approx([1, 1 / 4, 1 / 25])
    assert slopes(given)["popularity_ever"] < 0.2


def test_what_keeps_its_weight_is_outweighed_if_listeners_do_not_care(
    impressions: Impressions,
) -> None:
    names = ("similarity", "quality")
    parts = {name: impressions.parts[name] for name in names}
    found = estimate(impressions, parts, kept_of(PRESENT, names, impressions))
    assert found.factor == pytest.approx(FACTORS[0])  # popularity is all that is kept
    scenario = learned_scenario(PRESENT, found, "a test")
    assert scenario.blend.curves["popularity_ever"] == PRESENT.blend.curves["popularity_ever"]
    for name in names:
        higher = np.array(found.curves[name].value) / found.factor
        assert scenario.blend.curves[name].value == pytest.approx(higher, abs=1e-3)


def test_held_out_users_say_that_the_learned_scores_are_better(impressions: Impressions) -> None:
    found = compare(impressions, PRESENT, NAMES, clip=10.0)
    for one in found.values():
        low, high = one.ci
        assert 0 < low < one.difference < high
        assert one.difference == pytest.approx(one.learned - one.present)


def test_a_log_without_any_preference_shows_no_gain(impressions: Impressions) -> None:
    rng = np.random.default_rng(0)
    shuffled = {name: rng.permutation(part) for name, part in impressions.parts.items()}
    noise = Impressions(**{**vars(impressions), "parts": shuffled})
    low, _ = compare(noise, PRESENT, NAMES, clip=10.0)["log_likelihood"].ci
    assert low <= 0


@pytest.mark.parametrize(
    ("names", "toml", "problem"),
    [
        ([], "", "expected parts with a curve"),
        (["similar"], "", "expected a part of the score"),
        (["aversion"], "[blend]\naversion = 1", "raises the score"),
        (["era"], "", "neither weight nor curve"),
        (["similarity"], "[blend]\nbeside_neighbours = 0.1", "beside_neighbours"),
        (["series"], "[interests]\nprior = 1\n[blend]\nseries = 1", "prior"),
    ],
)
def test_a_part_that_cannot_be_learned_is_refused(
    names: list[str], toml: str, problem: str
) -> None:
    scenario: Scenario = parse(f'name = "some"\n{toml}')
    with pytest.raises(CommandError, match=problem):
        check_parts(scenario, names)
