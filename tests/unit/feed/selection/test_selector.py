from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.ranking.selector_input import gumbel
from feed.scenarios.scenario import SelectorParameters
from feed.selection.selector import Candidates, select
from tests.support.selecting import plainly

NONE = SelectorParameters(limit_unnamed=False)


def chosen(
    scores: list[float], series: list[int], parameters: SelectorParameters = NONE
) -> tuple[list[int], bool]:
    order = np.arange(len(scores))
    some = Candidates(np.array(scores, float), order, np.array(series, int))
    found = select(some, parameters)
    places, relaxed = found.places, found.relaxed
    return places.tolist(), relaxed


candidates = st.lists(st.tuples(st.floats(0, 1), st.integers(-1, 5)), max_size=60)


@given(candidates)
def test_at_most_two_of_a_series_and_never_adjacent(pairs: list[tuple[float, int]]) -> None:
    series = [one for _, one in pairs]
    places, _ = chosen([score for score, _ in pairs], series)
    picked = [series[place] for place in places]
    assert len(set(places)) == len(places)
    for one in set(picked) - {-1}:
        assert picked.count(one) <= 2
    assert all(a != b or a == -1 for a, b in pairwise(picked))


@given(seed=st.integers(0, 10_000), queue=st.integers(1, 40))
@pytest.mark.parametrize("least", [1, 64])
def test_it_chooses_what_a_plain_reading_of_the_rules_would(
    least: int, seed: int, queue: int
) -> None:
    rng = np.random.default_rng(seed)
    count, topics = int(rng.integers(1, 60)), int(rng.integers(1, 6))
    vectors = rng.normal(size=(count, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    mix = rng.random((count, 3)) * (rng.random((count, 3)) < 0.5)
    some = Candidates(
        scores=rng.normal(rng.choice([-1, 0.5, 2]), 1, count),
        order=rng.permutation(count),
        series=rng.integers(-1, int(rng.integers(1, 30)), count),
        topics=rng.integers(-1, topics, count),
        vectors=vectors,
        mix=mix / np.maximum(mix.sum(axis=1, keepdims=True), 1e-9),
        wanted=np.array([0.6, 0.3, 0.1]),
    )
    parameters = SelectorParameters(
        queue=queue,
        series_decay=float(rng.choice([0.5, 0.9, 1.0])),
        max_per_series=int(rng.integers(1, 4)),
        limit_unnamed=bool(rng.integers(2)),
        decay_below_zero=bool(rng.integers(2)),
        topic_decay=float(rng.choice([0.6, 0.97])),
        mmr=float(rng.choice([0.0, 0.05, 0.7])),
        mmr_memory=float(rng.choice([0.5, 0.9])),
        near_duplicate=float(rng.choice([0.8, 2.0])),
        calibration=float(rng.choice([0.0, 0.13, 2.0])),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("feed.selection.selector._LEAST_FIELD", least)
        patch.setattr("feed.selection.selector._SPARE", 64 if least > 1 else 1)
        assert select(some, parameters).places.tolist() == plainly(some, parameters)


def test_a_second_of_a_series_is_decayed() -> None:
    assert chosen([1.0, 0.9, 0.8], [1, 2, 1]) == ([0, 1, 2], False)
    # 0.8 x 0.7 = 0.56 is less than 0.6.
    assert chosen([1.0, 0.9, 0.8, 0.6], [1, 2, 1, 3]) == ([0, 1, 3, 2], False)


def test_a_decay_never_raises_a_score_but_in_baseline() -> None:
    scores, series = [-0.10, -0.11, -0.12, -0.125], [0, 1, 0, 2]
    assert chosen(scores, series)[0] == [0, 1, 3, 2]
    assert chosen(scores, series, SelectorParameters(decay_below_zero=True))[0] == [0, 1, 2, 3]


def test_it_stops_when_only_the_series_just_chosen_is_left() -> None:
    assert chosen([1.0, 0.9, 0.8], [1, 1, 1]) == ([0], False)


def test_equal_decayed_scores_keep_the_order_by_score() -> None:
    # 1.0 x 0.7 and 0.7 are level when the third place is filled; 1.0 was the higher score.
    places, _ = chosen([1.0, 1.0, 0.9, 0.7], [1, 1, 2, 3])
    assert places == [0, 2, 1, 3]


def test_equal_scores_keep_the_source_order() -> None:
    order = np.array([2, 0, 1])
    places = select(Candidates(np.full(3, 0.5), order, np.array([1, 2, 3])), NONE).places
    assert places.tolist() == [1, 2, 0]


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_not_finite_comes_after_every_finite_one(odd: float) -> None:
    assert chosen([odd, 0.1, -5.0], [1, 2, 3]) == ([1, 2, 0], False)


def test_episodes_without_a_series_are_limited_only_where_the_scenario_says_so() -> None:
    scores, series = [0.9, 0.8, 0.7], [-1, -1, -1]
    assert chosen(scores, series) == ([0, 1, 2], False)
    assert chosen(scores, series, SelectorParameters(limit_unnamed=True)) == ([0], False)


def test_a_queue_is_no_longer_than_it_may_be() -> None:
    assert chosen([0.3, 0.2, 0.1], [1, 2, 3], SelectorParameters(queue=2)) == ([0, 1], False)


def test_a_short_queue_goes_on_for_another_round_and_says_so() -> None:
    series = [1, 2, 1, 2, 1, 2]
    scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    assert chosen(scores, series)[0] == [0, 1, 2, 3]
    assert chosen(scores, series, SelectorParameters(relax_below=20)) == ([0, 1, 2, 3, 4, 5], True)


def test_a_catalog_of_one_series_still_makes_a_feed() -> None:
    assert chosen([0.1, 0.3, 0.2], [1, 1, 1], SelectorParameters(relax_below=20)) == (
        [1, 2, 0],
        True,
    )


def test_no_candidates_make_no_queue() -> None:
    assert chosen([], [], SelectorParameters(relax_below=20)) == ([], False)


def made(scores: list[float], **parts: Any) -> Candidates:
    """Candidates without a series."""
    count = len(scores)
    return Candidates(np.array(scores), np.arange(count), np.full(count, -1), **parts)


def test_what_is_like_one_chosen_lately_comes_later() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    some = made([1.0, 0.9, 0.8], vectors=vectors)
    assert select(some, SelectorParameters(mmr=0.5)).places.tolist() == [0, 2, 1]
    assert select(some, SelectorParameters(mmr=0.05)).places.tolist() == [0, 1, 2]


def test_a_topic_chosen_often_comes_later_and_no_topic_is_none() -> None:
    some = made([1.0, 0.9, 0.8], topics=np.array([4, 4, -1]))
    assert select(some, SelectorParameters(topic_decay=0.5)).places.tolist() == [0, 2, 1]
    some = made([1.0, 0.9, 0.8], topics=np.array([-1, -1, -1]))
    assert select(some, SelectorParameters(topic_decay=0.5)).places.tolist() == [0, 1, 2]


def test_near_duplicates_and_equal_titles_come_once() -> None:
    vectors = np.array([[1, 0], [0.999, 0.04], [0, 1], [0.6, 0.8]], np.float32)
    titles = np.array([1, 2, 3, 3], np.uint64)
    some = made([4.0, 3.0, 2.0, 1.0], vectors=vectors, titles=titles)
    assert select(some, SelectorParameters(near_duplicate=0.95)).places.tolist() == [0, 2]
    assert len(select(made([4.0, 3.0]), SelectorParameters(near_duplicate=0.95)).places) == 2


def test_the_mix_of_the_feed_follows_the_mix_that_is_wanted() -> None:
    mix = np.array([[1.0, 0.0]] * 30 + [[0.0, 1.0]] * 30)
    scores = [1.0 - i / 1000 for i in range(60)]
    some = made(scores, mix=mix, wanted=np.array([0.25, 0.75]))
    first = select(some, SelectorParameters(calibration=2.0, queue=20)).places
    assert 4 <= (first < 30).sum() <= 6
    assert (select(some, SelectorParameters(queue=20)).places < 30).all()


@given(st.integers(0, 2**64 - 1))
def test_an_open_slot_is_drawn_for_and_says_with_what_probability(seed: int) -> None:
    chance = np.array([-np.inf] * 6 + [0.0, np.log(3.0), 0.0])
    luck = gumbel(np.arange(9, dtype=np.uint64), seed)
    some = made([9.0, 8, 7, 6, 5, 4, 3, 2, 1], chance=chance, luck=luck)
    found = select(some, SelectorParameters(explore_every=3))
    assert found.drawn.tolist()[:6] == [False, False, True, False, False, True]
    assert found.places[2] in {6, 7, 8}
    wanted = {6: 0.2, 7: 0.6, 8: 0.2}
    assert found.propensities[2] == pytest.approx(wanted[int(found.places[2])])
    assert found.propensities[:2].tolist() == [1.0, 1.0]
    assert (
        select(some, SelectorParameters(explore_every=3)).places.tolist() == found.places.tolist()
    )


def test_lots_fall_as_often_as_they_say() -> None:
    chance = np.array([-np.inf, 0.0, np.log(3.0)])
    names = np.arange(3, dtype=np.uint64)
    drawn = [
        int(
            select(
                made([3.0, 2, 1], chance=chance, luck=gumbel(names, seed)),
                SelectorParameters(explore_every=1, queue=1),
            ).places[0]
        )
        for seed in range(4000)
    ]
    assert drawn.count(2) / len(drawn) == pytest.approx(0.75, abs=0.03)
    assert 0 not in drawn


def test_several_of_the_last_places_may_be_open() -> None:
    chance = np.array([-np.inf] * 6 + [0.0] * 4)
    luck = gumbel(np.arange(10, dtype=np.uint64), 1)
    some = made([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0], chance=chance, luck=luck)
    found = select(some, SelectorParameters(explore_every=5, explore_places=2))
    assert found.drawn.tolist() == ([False] * 3 + [True] * 2) * 2
