import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feed.catalog import Catalog
from feed.sources import best_quality, most_similar, top


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
    rows = most_similar(catalog, similarity, allowed, 50, catalog.source_order)
    assert len(rows) == 50
    assert catalog.is_embedded[rows].all()
    assert allowed[rows].all()


def test_the_best_need_no_embedding(catalog: Catalog) -> None:
    allowed = ~catalog.is_embedded
    quality = np.arange(len(catalog), dtype=float)
    rows = best_quality(quality, allowed, 10, catalog.source_order)
    assert rows.tolist() == np.flatnonzero(allowed)[::-1][:10].tolist()
