from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.ranking.selector_input import gumbel_noise
from feed.scenarios.selector import SelectorParameters
from feed.selection.greedy import Selection
from feed.selection.selector import select
from feed.selection.shortlist import SelectorInput
from tests.support.reference_selector import select_by_definition


def candidates(scores: list[float], series: list[int] | None = None, **columns: Any) -> Any:
    """Candidates, of no series where none are given, that rank by index among equal scores."""
    of_series = np.full(len(scores), -1) if series is None else np.array(series, int)
    given_columns = {"tie_order": np.arange(len(scores)), "series": of_series} | columns
    return SelectorInput(np.array(scores, float), **given_columns)


def chosen(some: SelectorInput, **parameters: Any) -> list[int]:
    return select(some, SelectorParameters(**parameters)).indices.tolist()


@given(seed=st.integers(0, 10_000), length=st.integers(1, 40))
@pytest.mark.parametrize("shortlist", [1, 64])
def test_it_chooses_what_its_definition_says_whatever_the_length_of_the_shortlist(
    shortlist: int, seed: int, length: int
) -> None:
    rng = np.random.default_rng(seed)
    count, topics = int(rng.integers(1, 60)), int(rng.integers(1, 6))
    vectors = rng.normal(size=(count, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    shares = rng.random((count, 3)) * (rng.random((count, 3)) < 0.5)
    some = SelectorInput(
        scores=rng.normal(rng.choice([-1, 0.5, 2]), 1, count),
        tie_order=rng.permutation(count),
        series=rng.integers(-1, int(rng.integers(1, 30)), count),
        topics=rng.integers(-1, topics, count),
        vectors=vectors,
        category_shares=shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-9),
        target_shares=np.array([0.6, 0.3, 0.1]),
        popularity_gain=rng.normal(1, 2, count) if rng.integers(2) else None,
    )
    parameters = SelectorParameters(
        queue=length,
        series_decay=float(rng.choice([0.5, 0.9, 1.0])),
        max_per_series=int(rng.integers(1, 4)),
        limit_unnamed=bool(rng.integers(2)),
        decay_below_zero=bool(rng.integers(2)),
        topic_decay=float(rng.choice([0.6, 0.97])),
        mmr=float(rng.choice([0.0, 0.05, 0.7])),
        mmr_memory=float(rng.choice([0.5, 0.9])),
        near_duplicate=float(rng.choice([0.8, 2.0])),
        calibration=float(rng.choice([0.0, 0.13, 2.0])),
        tail_every=int(rng.integers(1, 6)),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("feed.selection.shortlist._MIN_LENGTH", shortlist)
        patch.setattr("feed.selection.shortlist._QUEUES", 64 if shortlist > 1 else 1)
        assert select(some, parameters).indices.tolist() == select_by_definition(some, parameters)


@pytest.mark.parametrize(
    ("scores", "series", "parameters", "indices"),
    [
        pytest.param(  # 1.0 x 0.7 and 0.7 are level in the third slot; 1.0 is the higher score
            [1.0, 1.0, 0.9, 0.7], [1, 1, 2, 3], {}, [0, 2, 1, 3], id="equal values go by score"
        ),
        pytest.param([], [], {"relax_below": 20}, [], id="no candidates"),
        pytest.param([np.nan, 0.1, -5.0], [1, 2, 3], {}, [1, 2, 0], id="nan comes last"),
        pytest.param([np.inf, 0.1, -5.0], [1, 2, 3], {}, [1, 2, 0], id="infinity comes last"),
        pytest.param([-np.inf, 0.1, -5.0], [1, 2, 3], {}, [1, 2, 0], id="-infinity comes last"),
    ],
)
def test_a_queue_has_an_order_whatever_the_scores(
    scores: list[float], series: list[int] | None, parameters: dict[str, Any], indices: list[int]
) -> None:
    found = select(candidates(scores, series), SelectorParameters(**parameters))
    assert found.indices.tolist() == indices
    assert not found.relaxed


def test_equal_scores_keep_the_tie_order() -> None:
    assert chosen(candidates([0.5] * 3, tie_order=np.array([2, 0, 1]))) == [1, 2, 0]


def test_a_short_queue_continues_with_counts_reset_and_says_so() -> None:
    scores, series = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [1, 2, 1, 2, 1, 2]
    assert chosen(candidates(scores, series)) == [0, 1, 2, 3]
    for some in (candidates(scores, series), candidates([0.3, 0.2, 0.1], [1, 1, 1])):
        found = select(some, SelectorParameters(relax_below=20))
        assert found.indices.tolist() == list(range(len(some.scores)))
        assert found.relaxed


def test_near_duplicates_and_equal_titles_come_once() -> None:
    some = candidates(
        [4.0, 3.0, 2.0, 1.0],
        vectors=np.array([[1, 0], [0.999, 0.04], [0, 1], [0.6, 0.8]], np.float32),
        title_hashes=np.array([1, 2, 3, 3], np.uint64),
    )
    assert chosen(some, near_duplicate=0.95) == [0, 2]
    assert chosen(candidates([4.0, 3.0]), near_duplicate=0.95) == [0, 1]


def explored(log_weights: list[float], seed: int, **parameters: Any) -> Selection:
    """Candidates whose scores fall with the index; those of a finite log-weight are the pool."""
    count = len(log_weights)
    noise = gumbel_noise(np.arange(count, dtype=np.uint64), seed)
    scores = [float(count - index) for index in range(count)]
    some = candidates(scores, log_weights=np.array(log_weights), gumbel_noise=noise)
    return select(some, SelectorParameters(**parameters))


@given(st.integers(0, 2**64 - 1))
def test_an_exploration_slot_goes_to_a_draw_of_known_propensity(seed: int) -> None:
    pool = [-np.inf] * 6 + [0.0, np.log(3.0), 0.0]
    found = explored(pool, seed, explore_every=3)
    assert found.explored.tolist()[:6] == [False, False, True, False, False, True]
    propensity = {6: 0.2, 7: 0.6, 8: 0.2}[int(found.indices[2])]
    assert found.propensities[:3] == pytest.approx([1.0, 1.0, propensity])
    assert explored(pool, seed, explore_every=3).indices.tolist() == found.indices.tolist()


def test_draws_are_as_frequent_as_their_propensities() -> None:
    drawn = [
        int(explored([-np.inf, 0.0, np.log(3.0)], seed, explore_every=1, queue=1).indices[0])
        for seed in range(4000)
    ]
    assert drawn.count(2) / len(drawn) == pytest.approx(0.75, abs=0.03)
    assert 0 not in drawn


def test_several_of_the_last_slots_may_be_for_exploration() -> None:
    found = explored([-np.inf] * 6 + [0.0] * 4, 1, explore_every=5, explore_places=2)
    assert found.explored.tolist() == ([False] * 3 + [True] * 2) * 2
