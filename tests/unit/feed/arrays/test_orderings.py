import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feed.arrays.hashing import hash_strings
from feed.arrays.orderings import HashRing, RankedGroups, take_allowed


@given(st.lists(st.booleans(), max_size=3000), st.integers(0, 40), st.randoms())
def test_the_first_allowed_rows_are_taken_in_order(
    allowed: list[bool], count: int, rng: object
) -> None:
    order = np.arange(len(allowed))
    rng.shuffle(order)  # type: ignore[attr-defined]
    wanted = [row for row in order.tolist() if allowed[row]][:count]
    assert take_allowed(order, np.array(allowed, np.bool_), count).tolist() == wanted


def test_the_first_allowed_rows_of_each_group_come_group_after_group() -> None:
    rows, groups = np.array([0, 1, 2, 3, 3, 4]), np.array([1, 0, 1, 1, 0, -1])
    rank = np.array([5, 4, 3, 2, 1])
    made = RankedGroups.of(rows, groups, 3, rank)
    allowed = np.array([True, True, False, True, True])
    assert made.take_allowed(np.array([0, 1, 2]), allowed, 2).tolist() == [3, 1, 3, 0]
    assert made.take_allowed(np.array([1]), allowed, 1).tolist() == [3]


@given(st.integers(0, 2**64 - 1), st.integers(0, 60), st.integers(0, 99))
def test_one_row_more_on_a_ring_changes_no_other_choice(seed: int, count: int, added: int) -> None:
    hashes = hash_strings([f"episode-{row}" for row in range(100)])
    allowed = np.arange(100) % 3 > 0
    rows = np.delete(np.arange(100), added)
    before = HashRing.of(rows, hashes).take_allowed(allowed, count, seed)
    after = HashRing.of(np.arange(100), hashes).take_allowed(allowed, count, seed)
    assert len(before) == min(count, allowed[rows].sum())
    assert allowed[before].all()
    assert len(set(before.tolist())) == len(before)
    without = [row for row in after.tolist() if row != added]
    assert before.tolist()[: len(without)] == without


def test_over_many_seeds_every_row_of_a_ring_is_taken() -> None:
    hashes = hash_strings([f"episode-{row}" for row in range(50)])
    ring = HashRing.of(np.arange(50), hashes)
    every = np.ones(50, np.bool_)
    chosen = np.concatenate([ring.take_allowed(every, 5, seed) for seed in range(2000)])
    times = np.bincount(chosen, minlength=50)
    assert times.min() > 40
    assert times.max() < 600
    assert not len(HashRing.of(np.zeros(0, np.int64), hashes).take_allowed(every, 5, 1))
