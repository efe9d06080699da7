import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feed.catalog import Catalog
from feed.sources import NAMES, Groups, first, most_similar, pooled, top


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(1, 70), st.randoms())
def test_top_is_a_sort_cut_off_with_ties_by_order(
    levels: list[int], count: int, rng: object
) -> None:
    values = np.array(levels, float)
    order = np.arange(len(levels))
    rng.shuffle(order)  # type: ignore[attr-defined]
    rows = np.flatnonzero(np.arange(len(levels)) % 3 != 1)
    wanted = sorted(rows.tolist(), key=lambda row: (-values[row], order[row]))[:count]
    assert top(values, rows, count, order).tolist() == wanted


def test_similar_episodes_have_an_embedding_and_are_allowed(catalog: Catalog) -> None:
    allowed = np.arange(len(catalog)) % 2 == 0
    similarity = catalog.embeddings @ catalog.embeddings[0]
    rows = most_similar(catalog.is_embedded, similarity, allowed, 50, catalog.source_order)
    assert len(rows) == 50
    assert catalog.is_embedded[rows].all()
    assert allowed[rows].all()


@given(st.lists(st.booleans(), max_size=3000), st.integers(0, 40), st.randoms())
def test_the_first_of_an_order_are_those_that_are_allowed(
    allowed: list[bool], count: int, rng: object
) -> None:
    order = np.arange(len(allowed))
    rng.shuffle(order)  # type: ignore[attr-defined]
    wanted = [row for row in order.tolist() if allowed[row]][:count]
    assert first(order, np.array(allowed, np.bool_), count).tolist() == wanted


def test_of_each_group_the_first_that_are_allowed_come_group_by_group() -> None:
    rows, groups = np.array([0, 1, 2, 3, 3, 4]), np.array([1, 0, 1, 1, 0, -1])
    rank = np.array([5, 4, 3, 2, 1])
    made = Groups.of(rows, groups, 3, rank)
    allowed = np.array([True, True, False, True, True])
    assert made.first(np.array([0, 1, 2]), allowed, 2).tolist() == [3, 1, 3, 0]
    assert made.first(np.array([1]), allowed, 1).tolist() == [3]


def test_a_candidate_remembers_every_source_that_brought_it() -> None:
    pool = pooled(
        [("trending", np.array([7, 3])), ("fresh", np.array([3, 9])), ("stated", np.array([], int))]
    )
    assert pool.rows.tolist() == [7, 3, 9]
    assert pool.by("trending").tolist() == [True, True, False]
    assert pool.by("fresh").tolist() == [False, True, True]
    assert pool.brought == {"trending": 2, "fresh": 2, "stated": 0}
    assert len(set(NAMES)) == len(NAMES) <= 16
