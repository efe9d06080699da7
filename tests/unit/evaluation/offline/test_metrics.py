"""Metrics compared with plain implementations and values computed by hand."""

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
def test_hits_are_those_of_a_plain_search_in_each_list(
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


@given(lists, st.lists(st.integers(0, 40), min_size=N, max_size=N), cutoffs)
def test_novelty_is_the_mean_self_information_of_a_list(
    shown: list[list[int]], audience: list[int], k: int
) -> None:
    found = metrics.novelty(padded(shown, DEPTH), np.array(audience), 40, k)
    for value, one in zip(found, shown, strict=True):
        bits = [math.log2(41 / (audience[row] + 1)) for row in one[:k]]
        assert value == pytest.approx(sum(bits) / len(bits) if bits else math.nan, nan_ok=True)


@given(lists, st.lists(st.integers(-1, 3), min_size=N, max_size=N), cutoffs)
def test_series_entropy_counts_each_episode_without_series_as_its_own(
    shown: list[list[int]], series: list[int], k: int
) -> None:
    found = metrics.series_entropy(padded(shown, DEPTH), np.array(series), k)
    for value, one in zip(found, shown, strict=True):
        counts = Counter(series[row] if series[row] >= 0 else f"own {row}" for row in one[:k])
        shares = [count / len(one[:k]) for count in counts.values()]
        entropy = -sum(share * math.log2(share) for share in shares)
        assert value == pytest.approx(entropy if one else math.nan, nan_ok=True, abs=1e-12)


@given(lists, cutoffs)
def test_coverage_is_the_share_of_the_catalog_in_any_list(shown: list[list[int]], k: int) -> None:
    distinct = {row for one in shown for row in one[:k]}
    assert metrics.coverage(padded(shown, DEPTH), N, k) == len(distinct) / N


@given(
    st.lists(st.sampled_from([-math.inf, 0.0, 0.5, 1.0]), min_size=N, max_size=N),
    st.lists(st.booleans(), min_size=N, max_size=N),
    st.integers(0, N - 1),
)
def test_the_auc_counts_untouched_episodes_below_the_target_and_half_of_the_ties(
    scores: list[float], untouched: list[bool], target: int
) -> None:
    untouched[target] = True
    duels = [
        1.0 if scores[target] > scores[row] else 0.5 if scores[target] == scores[row] else 0.0
        for row in range(N)
        if untouched[row] and row != target
    ]
    mask = np.array(untouched)
    found = metrics.cold_auc(np.array(scores), mask, target)
    assert mask.tolist() == untouched
    assert found == pytest.approx(sum(duels) / len(duels) if duels else math.nan, nan_ok=True)
