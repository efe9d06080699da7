"""The search for similar embeddings: exact, or approximate with an inverted file."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.data.vectors import clustered_vectors
from catalog_builder.vectors import inverted_file as building
from catalog_builder.vectors.inverted_file import (
    assign_to_lists,
    build_inverted_file,
    learn_centroids,
)
from feed.vectors import search as searching
from feed.vectors.embeddings import Embeddings
from feed.vectors.inverted_file import EXHAUSTIVE_BELOW, InvertedFile
from feed.vectors.search import EXACT_BELOW, nearest
from tests.support.catalogs import catalog_of, episodes

MANY, DIMENSION = 60_000, 64
COUNT = 150
ALL = np.ones(MANY, np.bool_)


def random_units(count: int, dimension: int, scale: np.ndarray | float = 1.0) -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=(count, dimension)) * scale
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def inverted(rows: np.ndarray, lists: int) -> InvertedFile:
    every = np.arange(len(rows), dtype=np.int32)
    return assign_to_lists(rows, every, learn_centroids(rows, every, lists))


def indexed(rows: np.ndarray) -> Embeddings:
    """Embeddings with an inverted file; a row of zeros has no embedding."""
    present = rows.any(axis=1)
    return replace(
        Embeddings.exact(rows, present), inverted_file=build_inverted_file(rows, present)
    )


def clusters(count: int, dimension: int, seed: int = 0) -> Embeddings:
    """Clustered embeddings, of which one in fifty is missing."""
    rows = clustered_vectors(count, dimension, apart=1.5)
    rows[np.random.default_rng(seed).random(count) <= 0.02] = 0
    return indexed(rows)


@cache
def large() -> Embeddings:
    """So many that a search probes some of the lists."""
    return clusters(MANY, DIMENSION, seed=5)


def queries(seed: int, count: int = 4) -> np.ndarray:
    return large()[np.random.default_rng(seed).choice(np.flatnonzero(large().present), count)]


def rows_near(
    embeddings: Embeddings,
    vectors: np.ndarray,
    allowed: np.ndarray,
    count: int = COUNT,
    *,
    exact: bool = False,
) -> list[list[int]]:
    if exact:
        embeddings = Embeddings.exact(embeddings[:], embeddings.present)
    counts = np.full(len(vectors), count)
    found = nearest(embeddings, vectors, allowed, counts, np.arange(len(embeddings)))
    return [rows.tolist() for rows, _ in found]


def recall(embeddings: Embeddings, vectors: np.ndarray, allowed: np.ndarray) -> float:
    """The share of the exact `COUNT` nearest that a search finds."""
    found = rows_near(embeddings, vectors, allowed)
    wanted = rows_near(embeddings, vectors, allowed, exact=True)
    assert all(allowed[rows].all() and len(set(rows)) == len(rows) for rows in found)
    return float(np.mean([len({*a} & {*b}) / len(b) for a, b in zip(found, wanted, strict=True)]))


@given(
    st.integers(1, 300), st.integers(1, 5), st.integers(0, 40), st.integers(1, 600), st.randoms()
)
@settings(max_examples=60)
def test_an_exact_search_sorts_all_cosines_whatever_the_size_of_blocks(
    size: int, vectors: int, count: int, block: int, rng: object
) -> None:
    numbers = np.random.default_rng(size)
    present = numbers.random(size) > 0.2
    levels = numbers.integers(-1, 2, size=(size, 8)) * present[:, None]  # many equal
    embeddings = Embeddings.exact(levels.astype(np.float32), present)
    allowed = numbers.random(size) > numbers.random()
    order = np.arange(size)
    rng.shuffle(order)  # type: ignore[attr-defined]
    sought = numbers.integers(-1, 2, size=(vectors, 8)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "COPIED_NUMBERS", block)
        patch.setattr(searching, "SMALL_PRODUCT", block)
        found = nearest(embeddings, sought, allowed, np.full(vectors, count), order)
    for (rows, values), products in zip(found, (levels @ sought.T).T, strict=True):
        candidates = np.flatnonzero(allowed & present).tolist()
        assert rows.tolist() == sorted(candidates, key=lambda r: (-products[r], order[r]))[:count]
        assert values.tolist() == products[rows].tolist()


def test_nearly_all_of_the_nearest_are_found_though_many_near_ones_are_excluded() -> None:
    assert len(large().inverted_file) > 1
    shares = []
    for seed in range(8):
        near = np.unique(rows_near(large(), queries(seed), ALL, 1000, exact=True))
        allowed = ALL.copy()
        allowed[np.random.default_rng(seed).permutation(near)[:2000]] = False
        shares.append(recall(large(), queries(seed), allowed))
    assert np.mean(shares) >= 0.96
    assert min(shares) >= 0.9


@pytest.mark.parametrize("share", [0.5, 0.2, 0.08])
@pytest.mark.parametrize("exhaustive_below", [1_000, EXHAUSTIVE_BELOW])
def test_a_search_probes_more_lists_the_fewer_episodes_are_allowed(
    share: float, exhaustive_below: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feed.vectors.inverted_file.EXHAUSTIVE_BELOW", exhaustive_below)
    allowed = np.random.default_rng(2).random(MANY) < share
    assert recall(large(), queries(1), allowed) >= 0.96


@pytest.mark.parametrize("left", [0, 1, 100, EXACT_BELOW, EXACT_BELOW + 1, 5000])
def test_all_episodes_that_are_allowed_are_found_where_they_are_few(left: int) -> None:
    some = np.random.default_rng(left).permutation(np.flatnonzero(large().present))[:left]
    allowed = ~ALL
    allowed[some] = True
    for rows in rows_near(large(), queries(3), allowed, 5000):
        assert sorted(rows) == sorted(some)


def test_a_filter_that_excludes_the_nearest_lists_leaves_the_next_ones() -> None:
    allowed = ALL.copy()
    allowed[rows_near(large(), queries(4, 1), ALL, MANY // 2, exact=True)[0]] = False
    (found,) = rows_near(large(), queries(4, 1), allowed)
    assert len(found) == COUNT
    assert allowed[found].all()


def test_each_vector_gets_its_own_count_of_rows_and_their_cosines_best_first() -> None:
    embeddings, vectors = large(), queries(5, 3)
    counts = np.array([150, 60, 1])
    found = nearest(embeddings, vectors, embeddings.present, counts, np.arange(MANY))
    assert [len(rows) for rows, _ in found] == counts.tolist()
    for (rows, values), vector in zip(found, vectors, strict=True):
        assert values == pytest.approx(embeddings[rows] @ vector, abs=1e-6)
        assert (np.diff(values) <= 0).all()
    assert found[0][0][0] == np.argmax(embeddings[:] @ vectors[0])


def test_a_search_and_an_inverted_file_are_the_same_each_time() -> None:
    embeddings = large()
    first, second = (rows_near(embeddings, queries(6), ALL) for _ in range(2))
    assert first == second
    again = build_inverted_file(embeddings[:], embeddings.present)
    for name, column in vars(again).items():
        assert np.array_equal(column, getattr(embeddings.inverted_file, name)), name


def test_every_embedding_is_in_the_list_of_its_nearest_centroid_and_close_to_its_code() -> None:
    embeddings, built = large(), large().inverted_file
    assert np.array_equal(np.sort(built.rows), np.flatnonzero(embeddings.present))
    member = np.repeat(np.arange(len(built)), np.diff(built.starts))
    products = embeddings[built.rows] @ built.centroids.T
    own = np.take_along_axis(products, member[:, None], axis=1)[:, 0]
    assert (own >= products.max(axis=1) - 1e-6).all()
    decoded = built.centre + built.scale * built.codes.astype(np.float32)
    assert np.abs(decoded - embeddings[built.rows]).max() <= built.scale.max() * 0.51


def test_a_small_catalog_has_no_inverted_file() -> None:
    assert len(catalog_of(episodes(50)).embeddings.inverted_file) == 0
    rows = clustered_vectors(building.MIN_QUANTIZED, 8)
    rows[0] = 0
    assert len(indexed(rows).inverted_file) == 0


@pytest.mark.parametrize("share", [1.0, 0.3])
def test_a_catalog_of_some_thousands_has_one_list(share: float) -> None:
    embeddings = indexed(clustered_vectors(building.MIN_CLUSTERED - 1, 32))
    assert len(embeddings.inverted_file) == 1
    allowed = np.random.default_rng(0).random(len(embeddings)) < share
    assert recall(embeddings, embeddings[:3], allowed) >= 0.98


def test_embeddings_without_clusters_are_in_one_list() -> None:
    assert len(indexed(random_units(building.MIN_CLUSTERED, 64)).inverted_file) == 1


@pytest.mark.parametrize("count", [2 * building.MIN_QUANTIZED, 2 * building.MIN_CLUSTERED])
def test_of_many_dimensions_only_the_leading_axes_are_coded(count: int) -> None:
    embeddings = clusters(count, building.LEADING_AXES + 60)
    built = embeddings.inverted_file
    assert built.axes.shape == (building.LEADING_AXES + 60, building.LEADING_AXES)
    assert built.codes.shape[1] == building.LEADING_AXES
    vectors = embeddings[np.flatnonzero(embeddings.present)[:5]]
    assert recall(embeddings, vectors, np.ones(count, np.bool_)) >= 0.98


def test_the_less_the_leading_axes_hold_the_more_a_search_oversamples() -> None:
    for width, oversampling in ((0.2, 1.5), (0.52, 2.0), (0.6, 3.0)):
        scale = np.where(np.arange(400) < building.LEADING_AXES, 1.0, width)
        rows = random_units(2 * building.MIN_QUANTIZED, 400, scale)
        assert indexed(rows).inverted_file.oversampling == oversampling


def test_where_no_axes_lead_every_dimension_is_coded() -> None:
    built = indexed(random_units(building.MIN_QUANTIZED, 600)).inverted_file
    assert built.axes.shape == (0, 600)
    assert built.codes.shape[1] == 600


def test_codes_are_scaled_by_the_range_of_each_dimension() -> None:
    numbers = np.random.default_rng(0)
    rows = (numbers.normal(size=(2000, 8)) * np.geomspace(1, 1e-2, 8)).astype(np.float32)
    built = replace(inverted(rows, 4), probe_threshold=np.array([-99], np.float32))
    vectors = numbers.normal(size=(3, 8)).astype(np.float32)
    found = built.search(vectors, np.ones(2000, np.bool_), np.full(3, 50))
    for some, cosines in zip(found, vectors @ rows.T, strict=True):
        assert {*np.argsort(-cosines)[:40].tolist()} <= {*some.tolist()}


@given(st.integers(1, 200), st.integers(1, 12), st.integers(1, 4), st.integers(0, 60))
@settings(max_examples=80)
def test_a_search_returns_enough_rows_all_allowed_and_each_once(
    size: int, lists: int, vectors: int, wanted: int
) -> None:
    rows = random_units(size, 8)
    built = inverted(rows, min(lists, size))
    numbers = np.random.default_rng(size * 13 + wanted)
    allowed = numbers.random(size) < numbers.random()
    for some in built.search(-rows[:vectors], allowed, np.full(min(vectors, size), wanted)):
        assert len(set(some.tolist())) == len(some)
        assert allowed[some].all()
        assert len(some) >= min(int(built.oversampling[0] * wanted), np.count_nonzero(allowed))


def test_embeddings_that_are_all_equal_are_found() -> None:
    rows = np.tile(np.eye(1, 8, dtype=np.float32), (500, 1))
    (found,) = inverted(rows, 20).search(rows[:1], np.ones(500, np.bool_), np.array([10]))
    assert len(found) >= 10
