"""Metrics against slow readings of their definitions, and numbers worked out by hand."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.offline import metrics
from tests.support.interactions import padded

N = 12
DEPTH = 8

lists = st.lists(
    st.lists(st.integers(0, N - 1), unique=True, max_size=DEPTH), min_size=1, max_size=6
)
cutoffs = st.integers(1, DEPTH + 3)


@given(lists, st.data(), cutoffs)
def test_hits_are_what_a_walk_down_each_list_finds(
    shown: list[list[int]], data: st.DataObject, k: int
) -> None:
    targets = [data.draw(st.integers(0, N - 1)) for _ in shown]
    ranks = metrics.target_ranks(padded(shown, DEPTH), np.array(targets))
    for at, (one, target) in enumerate(zip(shown, targets, strict=True)):
        found = one.index(target) + 1 if target in one else math.inf
        assert ranks[at] == (found if target in one else 0)
        assert metrics.recall(ranks, k)[at] == (found <= k)
        gain = 1 / math.log2(found + 1) if found <= k else 0
        assert metrics.ndcg(ranks, k)[at] == pytest.approx(gain)
        assert metrics.reciprocal(ranks)[at] == pytest.approx(1 / found)


def test_hits_at_places_one_three_and_none_worked_out_by_hand() -> None:
    shown = padded([[5, 1, 2], [5, 1, 2], [5, 1, 2]], 4)
    ranks = metrics.target_ranks(shown, np.array([5, 2, 9]))
    assert ranks.tolist() == [1, 3, 0]
    assert metrics.recall(ranks, 2).tolist() == [1, 0, 0]
    assert metrics.recall(ranks, 3).tolist() == [1, 1, 0]
    assert metrics.ndcg(ranks, 3).tolist() == [1, 0.5, 0]
    assert metrics.reciprocal(ranks).tolist() == pytest.approx([1, 1 / 3, 0])


def test_what_pads_a_list_is_never_a_hit() -> None:
    assert metrics.target_ranks(padded([[], [3]], 4), np.array([0, 0])).tolist() == [0, 0]


@given(lists, st.lists(st.integers(0, 40), min_size=N, max_size=N), cutoffs)
def test_novelty_is_the_mean_information_of_what_is_shown(
    shown: list[list[int]], audience: list[int], k: int
) -> None:
    found = metrics.novelty(padded(shown, DEPTH), np.array(audience), 40, k)
    for value, one in zip(found, shown, strict=True):
        bits = [math.log2(41 / (audience[row] + 1)) for row in one[:k]]
        assert value == pytest.approx(sum(bits) / len(bits) if bits else math.nan, nan_ok=True)


def test_what_everybody_knows_is_no_news_and_what_one_of_eight_knows_is_three_bits() -> None:
    audience = np.array([7, 0])
    assert metrics.novelty(padded([[0], [1], [0, 1]], 2), audience, 7, 2).tolist() == [0, 3, 1.5]


@given(lists, st.lists(st.integers(-1, 3), min_size=N, max_size=N), cutoffs)
def test_entropy_is_that_of_the_series_counted_each_unnamed_one_its_own(
    shown: list[list[int]], series: list[int], k: int
) -> None:
    found = metrics.series_entropy(padded(shown, DEPTH), np.array(series), k)
    for value, one in zip(found, shown, strict=True):
        counts = Counter(series[row] if series[row] >= 0 else f"own {row}" for row in one[:k])
        shares = [count / len(one[:k]) for count in counts.values()]
        entropy = -sum(share * math.log2(share) for share in shares)
        assert value == pytest.approx(entropy if one else math.nan, nan_ok=True, abs=1e-12)


def test_entropy_is_nothing_for_one_series_and_two_bits_for_four() -> None:
    shown, series = padded([[0, 1], [0, 2, 3, 4], []], 4), np.array([0, 0, 1, 2, -1])
    assert metrics.series_entropy(shown, series, 4)[:2].tolist() == [0, 2]
    assert np.isnan(metrics.series_entropy(shown, series, 4)[2])


@given(lists, cutoffs)
def test_coverage_is_the_share_of_the_catalog_that_anybody_is_shown(
    shown: list[list[int]], k: int
) -> None:
    distinct = {row for one in shown for row in one[:k]}
    assert metrics.coverage(padded(shown, DEPTH), N, k) == len(distinct) / N


@given(
    st.lists(st.sampled_from([-math.inf, 0.0, 0.5, 1.0]), min_size=N, max_size=N),
    st.lists(st.booleans(), min_size=N, max_size=N),
    st.integers(0, N - 1),
)
def test_the_auc_counts_the_untouched_that_a_target_beats_and_half_of_its_equals(
    scores: list[float], untouched: list[bool], target: int
) -> None:
    untouched[target] = True
    duels = [
        1.0 if scores[target] > scores[row] else 0.5 if scores[target] == scores[row] else 0.0
        for row in range(N)
        if untouched[row] and row != target
    ]
    found = metrics.cold_auc(np.array(scores), np.array(untouched), target)
    assert found == pytest.approx(sum(duels) / len(duels) if duels else math.nan, nan_ok=True)


def test_the_auc_of_a_tie_of_all_is_a_half_and_no_touched_episode_counts() -> None:
    untouched = np.array([True, True, True, False])
    assert metrics.cold_auc(np.ones(4), untouched, 0) == 0.5
    assert metrics.cold_auc(np.array([2.0, 1.0, 3.0, 9.0]), untouched, 0) == 0.5
    assert metrics.cold_auc(np.array([2.0, 1.0, 1.5, 9.0]), untouched, 0) == 1
    assert untouched.tolist() == [True, True, True, False]
