"""A fill takes the time that was asked for whenever any set of episodes does, by brute force."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feed.arrays.arrays import IntArray
from feed.scenarios.selector import SelectorParameters
from feed.selection.fill import MAX_EPISODES, best_subset, fill, longest_s
from feed.selection.selector import select
from feed.selection.shortlist import SelectorInput

PLAIN = SelectorParameters(max_per_series=2, series_decay=0.9)


@st.composite
def problems(draw: st.DrawFn) -> tuple[SelectorInput, IntArray, int]:
    """Up to eight candidates of a few series, their lengths, and a time."""
    asked_s = draw(st.integers(1, 300))
    longest = int(longest_s(asked_s))
    part = st.integers(2, 4).map(lambda parts: max(asked_s // parts, 1))
    lengths = draw(st.lists(part | st.integers(1, longest), min_size=1, max_size=8))
    count = len(lengths)
    some = SelectorInput(
        scores=np.array(draw(st.lists(st.integers(-3, 9), min_size=count, max_size=count)), float),
        tie_order=np.arange(count),
        series=np.array(draw(st.lists(st.integers(-1, 3), min_size=count, max_size=count))),
    )
    return some, np.array(lengths), asked_s


def subsets(groups: IntArray) -> Iterator[list[int]]:
    """Every set of items with at most one of each group."""
    for size in range(len(groups) + 1):
        for some in combinations(range(len(groups)), size):
            if len({groups[one] for one in some}) == size:
                yield list(some)


def one_of_each(series: IntArray) -> IntArray:
    return np.where(series >= 0, series, -2 - np.arange(len(series)))


@given(problem=problems(), fixed=st.integers(0, 40), added=st.integers(-9, 9))
def test_no_subset_within_the_bounds_has_a_higher_mean_worth_whatever_is_added_to_all_values(
    problem: tuple[SelectorInput, IntArray, int], fixed: int, added: int
) -> None:
    some, lengths, asked_s = problem
    groups, bounds = one_of_each(some.series), (asked_s // 2, asked_s, asked_s * 3 // 2)
    places = best_subset(lengths, some.scores + added, groups, bounds, fixed)
    low, asked, high = (max(one - fixed, 0) for one in bounds)

    def total(subset: list[int]) -> int:
        return int(lengths[subset].sum())

    def mean(subset: list[int]) -> float:
        worth = float(lengths[subset] @ (some.scores[subset] - some.scores.min()))
        return worth / max(total(subset), asked, 1)

    every = [one for one in subsets(groups) if total(one) <= high]
    enough = [one for one in every if total(one) >= low]
    largest = max(map(total, every))
    found = places.tolist()
    assert len({groups[one] for one in found}) == len(found)
    if enough:
        assert low <= total(found) <= high
        assert mean(found) >= max(map(mean, enough)) - 1e-9
    else:
        assert total(found) == largest


@given(problems())
def test_a_fill_is_within_five_percent_or_the_nearest_below(
    problem: tuple[SelectorInput, IntArray, int],
) -> None:
    some, lengths, asked_s = problem
    found = fill(some, lengths.astype(float), asked_s, PLAIN)
    queue = select(some, PLAIN).indices
    groups = one_of_each(some.series)

    def totals(rows: IntArray, groups: IntArray) -> list[int]:
        """The totals of the sets of these rows that are not too long."""
        every = [int(lengths[rows[one]].sum()) for one in subsets(groups)]
        return [one for one in every if one * 100 <= asked_s * 105]

    def takes_the_time(total_s: float) -> bool:
        return total_s * 100 >= asked_s * 95

    allowed = totals(np.arange(len(lengths)), groups) + totals(queue, np.arange(len(queue)))
    assert found.total_s == lengths[found.selection.indices].sum()
    assert found.total_s * 100 <= asked_s * 105
    assert found.is_full == any(map(takes_the_time, allowed))
    if not found.is_full:
        assert found.total_s == max(allowed)
    if any(map(takes_the_time, totals(queue, groups[queue]))):
        assert len(set(groups[found.selection.indices])) == len(found.selection.indices)


@given(seed=st.integers(0, 2**32 - 1), asked_s=st.integers(1, 86_400))
def test_a_fill_keeps_the_rules_of_diversity_and_is_the_same_each_time(
    seed: int, asked_s: int
) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 40))
    vectors = rng.normal(size=(count, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    some = SelectorInput(
        scores=rng.normal(2, 1, count),
        tie_order=rng.permutation(count),
        series=rng.integers(-1, int(rng.integers(1, 12)), count),
        vectors=vectors,
        title_hashes=rng.integers(0, 30, count).astype(np.uint64),
        log_weights=rng.normal(size=count),
        gumbel_noise=rng.normal(size=count),
        pinnable={1: rng.random(count) < 0.2, 3: rng.random(count) < 0.2},
    )
    lengths = rng.uniform(0, longest_s(asked_s), count) * rng.choice([1, 0.2]) + 1e-6
    rules = SelectorParameters(
        queue=20, max_per_series=2, near_duplicate=0.9, mmr=0.2, explore_every=3, explore_places=1
    )
    found = fill(some, lengths, asked_s, rules)
    chosen = found.selection.indices
    assert chosen.tolist() == fill(some, lengths, asked_s, rules).selection.indices.tolist()
    assert len(set(chosen.tolist())) == len(chosen) > 0
    assert lengths[chosen].sum() <= longest_s(asked_s)
    assert not found.selection.explored.any()
    assert len(set(some.title_hashes[chosen].tolist())) == len(chosen)
    cosines = vectors[chosen] @ vectors[chosen].T
    assert (cosines[~np.eye(len(chosen), dtype=bool)] <= 0.9).all()
    series = some.series[chosen]
    named = series[series >= 0]
    if not found.selection.pinned.any() and not found.selection.relaxed:
        assert np.unique(named, return_counts=True)[1].max(initial=0) <= 2
        assert not ((series[1:] == series[:-1]) & (series[1:] >= 0)).any()


def test_two_of_a_series_are_in_a_fill_only_where_one_of_each_does_not_take_the_time() -> None:
    some = SelectorInput(
        scores=np.array([9.0, 8.0, 1.0]), tie_order=np.arange(3), series=np.array([0, 0, 1])
    )

    def chosen(*lengths: float) -> list[int]:
        return sorted(fill(some, np.array(lengths), 100, PLAIN).selection.indices.tolist())

    assert chosen(50, 50, 46) == [0, 2]
    assert chosen(50, 50, 40) == [0, 1]


def test_a_fill_has_no_more_episodes_than_a_cursor_holds() -> None:
    count = 2 * MAX_EPISODES
    some = SelectorInput(
        scores=np.linspace(2, 1, count), tie_order=np.arange(count), series=np.arange(count)
    )
    found = fill(some, np.full(count, 60.0), 60 * count, SelectorParameters(queue=50))
    assert len(found.selection.indices) == MAX_EPISODES
    assert not found.is_full
