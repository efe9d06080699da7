"""What is nearest to some vectors: exactly, or by the lists of a large catalog."""

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


def grouped(rows: np.ndarray, count: int) -> InvertedFile:
    every = np.arange(len(rows), dtype=np.int32)
    return assign_to_lists(rows, every, learn_centroids(rows, every, count))


@cache
def large() -> Embeddings:
    """So many that a search probes some lists; one episode in fifty has no embedding."""
    return clusters_with_gaps(MANY, DIMENSION, seed=5)


def clusters_with_gaps(count: int, dimension: int, seed: int) -> Embeddings:
    rows = clustered_vectors(count, dimension, apart=1.5)
    present = np.random.default_rng(seed).random(count) > 0.02
    rows[~present] = 0
    return indexed(rows, present)


def indexed(rows: np.ndarray, present: np.ndarray) -> Embeddings:
    return replace(
        Embeddings.exact(rows, present), inverted_file=build_inverted_file(rows, present)
    )


def unindexed(embeddings: Embeddings) -> Embeddings:
    return Embeddings.exact(embeddings[:], embeddings.present)


def asked(seed: int, count: int = 4) -> np.ndarray:
    rows = np.random.default_rng(seed).choice(np.flatnonzero(large().present), count)
    return large()[rows]


def near_to(
    embeddings: Embeddings, vectors: np.ndarray, allowed: np.ndarray, count: int
) -> list[list]:
    counts = np.full(len(vectors), count)
    found = nearest(embeddings, vectors, allowed, counts, np.arange(len(embeddings)))
    return [rows.tolist() for rows, _ in found]


def recall(found: list[list], wanted: list[list]) -> float:
    return float(np.mean([len({*a} & {*b}) / len(b) for a, b in zip(found, wanted, strict=True)]))


@given(
    st.integers(1, 300), st.integers(1, 5), st.integers(0, 40), st.integers(1, 600), st.randoms()
)
@settings(max_examples=60)
def test_an_exact_search_is_a_sort_of_every_cosine_whatever_the_blocks(
    size: int, vectors: int, count: int, block: int, rng: object
) -> None:
    numbers = np.random.default_rng(size)
    embedded = numbers.random(size) > 0.2
    levels = numbers.integers(-1, 2, size=(size, 8)) * embedded[:, None]  # many equal
    embeddings = Embeddings.exact(levels.astype(np.float32), embedded)
    allowed = numbers.random(size) > numbers.random()
    order = np.arange(size)
    rng.shuffle(order)  # type: ignore[attr-defined]
    sought = numbers.integers(-1, 2, size=(vectors, 8)).astype(np.float32)
    products = levels @ sought.T
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "COPIED_NUMBERS", block)
        patch.setattr(searching, "SMALL_PRODUCT", block)
        found = nearest(embeddings, sought, allowed, np.full(vectors, count), order)
    for (rows, values), products_of_one in zip(found, products.T, strict=True):
        free = np.flatnonzero(allowed & embedded)
        wanted = sorted(free.tolist(), key=lambda r: (-products_of_one[r], order[r]))[:count]
        assert rows.tolist() == wanted
        assert values.tolist() == products_of_one[wanted].tolist()


def test_lists_find_nearly_all_of_the_nearest_though_those_heard_are_left_out() -> None:
    embeddings = large()
    assert len(embeddings.inverted_file)
    shares = []
    for seed in range(8):
        vectors = asked(seed)
        near = near_to(unindexed(embeddings), vectors, np.ones(MANY, np.bool_), 1000)
        allowed = np.ones(MANY, np.bool_)
        heard = np.random.default_rng(seed).permutation(np.unique(near))[:2000]
        allowed[heard] = False
        found = near_to(embeddings, vectors, allowed, COUNT)
        assert all(allowed[rows].all() and len(set(rows)) == COUNT for rows in found)
        shares.append(recall(found, near_to(unindexed(embeddings), vectors, allowed, COUNT)))
    assert np.mean(shares) >= 0.96
    assert min(shares) >= 0.9


@pytest.mark.parametrize("share", [0.5, 0.2, 0.08])
@pytest.mark.parametrize("few", [1_000, EXHAUSTIVE_BELOW])
def test_the_more_a_filter_takes_the_more_is_looked_at(
    share: float, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feed.vectors.inverted_file.EXHAUSTIVE_BELOW", few)
    embeddings, vectors = large(), asked(1)
    allowed = np.random.default_rng(2).random(MANY) < share
    found = near_to(embeddings, vectors, allowed, COUNT)
    assert recall(found, near_to(unindexed(embeddings), vectors, allowed, COUNT)) >= 0.96


@pytest.mark.parametrize("left", [0, 1, 100, EXACT_BELOW, EXACT_BELOW + 1, 5000])
def test_what_a_filter_leaves_of_few_is_found_as_if_all_were_looked_at(left: int) -> None:
    embeddings, vectors = large(), asked(3)
    allowed = np.zeros(MANY, np.bool_)
    some = np.random.default_rng(left).permutation(np.flatnonzero(embeddings.present))[:left]
    allowed[some] = True
    for rows in near_to(embeddings, vectors, allowed, 5000):
        assert sorted(rows) == sorted(some)


def test_a_filter_that_takes_the_nearest_lists_whole_leaves_the_next() -> None:
    embeddings, vectors = large(), asked(4, 1)
    near = near_to(unindexed(embeddings), vectors, np.ones(MANY, np.bool_), MANY // 2)
    allowed = np.ones(MANY, np.bool_)
    allowed[near[0]] = False
    found = near_to(embeddings, vectors, allowed, COUNT)
    assert len(found[0]) == COUNT
    assert allowed[found[0]].all()


def test_each_vector_gets_as_many_as_it_asks_for_best_first_with_their_own_cosines() -> None:
    embeddings, vectors = large(), asked(5, 3)
    counts, order = np.array([150, 60, 1]), np.arange(MANY)
    found = nearest(embeddings, vectors, embeddings.present, counts, order)
    assert [len(rows) for rows, _ in found] == counts.tolist()
    for (rows, values), vector in zip(found, vectors, strict=True):
        assert values == pytest.approx(embeddings[rows] @ vector, abs=1e-6)
        assert (np.diff(values) <= 0).all()
    assert found[0][0][0] == np.argmax(embeddings[:] @ vectors[0])


def test_a_search_by_lists_and_the_lists_themselves_are_the_same_each_time() -> None:
    embeddings, vectors = large(), asked(6)
    allowed = np.ones(MANY, np.bool_)
    assert near_to(embeddings, vectors, allowed, COUNT) == near_to(
        embeddings, vectors, allowed, COUNT
    )
    again = build_inverted_file(embeddings[:], embeddings.present)
    for name in vars(again):
        assert np.array_equal(getattr(again, name), getattr(embeddings.inverted_file, name)), name


def test_every_embedding_is_in_the_list_of_its_nearest_centroid_and_near_its_code() -> None:
    embeddings, made = large(), large().inverted_file
    assert np.array_equal(np.sort(made.rows), np.flatnonzero(embeddings.present))
    member = np.repeat(np.arange(len(made)), np.diff(made.starts))
    products = embeddings[made.rows] @ made.centroids.T
    own = np.take_along_axis(products, member[:, None], axis=1)[:, 0]
    assert (own >= products.max(axis=1) - 1e-6).all()
    decoded = made.centre + made.scale * made.codes.astype(np.float32)
    assert np.abs(decoded - embeddings[made.rows]).max() <= made.scale.max() * 0.51


def test_a_small_catalog_and_one_without_its_vectors_have_no_lists() -> None:
    assert len(catalog_of(episodes(50)).embeddings.inverted_file) == 0
    embeddings = clustered_vectors(building.MIN_QUANTIZED, 8)
    embedded = np.ones(len(embeddings), np.bool_)
    embedded[0] = False
    assert len(build_inverted_file(embeddings, embedded)) == 0


@pytest.mark.parametrize("share", [1.0, 0.3])
def test_of_a_catalog_of_some_thousands_the_codes_of_all_are_looked_at_first(share: float) -> None:
    embeddings = clustered_vectors(building.MIN_CLUSTERED - 1, 32)
    some = indexed(embeddings, np.ones(len(embeddings), np.bool_))
    assert len(some.inverted_file) == 1
    allowed = np.random.default_rng(0).random(len(embeddings)) < share
    vectors = embeddings[:3]
    found = near_to(some, vectors, allowed, COUNT)
    assert recall(found, near_to(unindexed(some), vectors, allowed, COUNT)) >= 0.98


def test_embeddings_that_do_not_group_are_in_one_list() -> None:
    rows = np.random.default_rng(0).normal(size=(building.MIN_CLUSTERED, 64)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert len(build_inverted_file(rows, np.ones(len(rows), np.bool_))) == 1


@pytest.mark.parametrize("count", [2 * building.MIN_QUANTIZED, 2 * building.MIN_CLUSTERED])
def test_of_many_dimensions_the_leading_directions_are_searched(count: int) -> None:
    some = clusters_with_gaps(count, building.LEADING_AXES + 60, seed=0)
    assert some.inverted_file.axes.shape == (building.LEADING_AXES + 60, building.LEADING_AXES)
    assert some.inverted_file.codes.shape[1] == building.LEADING_AXES
    vectors, allowed = some[some.present.nonzero()[0][:5]], np.ones(count, np.bool_)
    found = near_to(some, vectors, allowed, COUNT)
    assert recall(found, near_to(unindexed(some), vectors, allowed, COUNT)) >= 0.98


def test_the_more_is_left_out_of_the_directions_the_more_are_looked_at() -> None:
    every = np.ones(2 * building.MIN_QUANTIZED, np.bool_)
    spares = []
    for width in (0.2, 0.52, 0.6):  # of what the leading directions do not hold
        rows = np.random.default_rng(0).normal(size=(len(every), 400)).astype(np.float32)
        rows[:, building.LEADING_AXES :] *= width
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        spares.append(float(build_inverted_file(rows, every).oversampling[0]))
    assert spares == [1.5, 2.0, 3.0]


def test_where_no_direction_leads_every_dimension_is_coded() -> None:
    rows = np.random.default_rng(0).normal(size=(building.MIN_QUANTIZED, 600)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    made = build_inverted_file(rows, np.ones(len(rows), np.bool_))
    assert made.axes.shape == (0, 600)
    assert made.codes.shape[1] == 600


def test_a_step_of_a_code_counts_as_much_as_its_dimension_is_wide() -> None:
    numbers = np.random.default_rng(0)
    rows = (numbers.normal(size=(2000, 8)) * np.geomspace(1, 1e-2, 8)).astype(np.float32)
    made = grouped(rows, 4)
    everywhere = replace(made, probe_threshold=np.array([-99], np.float32))
    vectors = numbers.normal(size=(3, 8)).astype(np.float32)
    found = everywhere.search(vectors, np.ones(2000, np.bool_), np.full(3, 50))
    for some, cosines_of_one in zip(found, vectors @ rows.T, strict=True):
        assert {*np.argsort(-cosines_of_one)[:40].tolist()} <= {*some.tolist()}


@given(st.integers(1, 200), st.integers(1, 12), st.integers(1, 4), st.integers(0, 60))
@settings(max_examples=80)
def test_whatever_the_lists_nobody_is_found_twice_or_who_may_not_and_enough_are_found(
    size: int, count: int, vectors: int, wanted: int
) -> None:
    numbers = np.random.default_rng(size * 13 + wanted)
    rows = numbers.normal(size=(size, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    made = grouped(rows, min(count, size))
    allowed = numbers.random(size) < numbers.random()
    found = made.search(-rows[:vectors], allowed, np.full(min(vectors, size), wanted))
    for some in found:
        assert len(set(some.tolist())) == len(some)
        assert allowed[some].all()
        assert len(some) >= min(int(made.oversampling[0] * wanted), np.count_nonzero(allowed))


def test_embeddings_that_are_all_the_same_are_found() -> None:
    rows = np.zeros((500, 8), np.float32)
    rows[:, 0] = 1
    made = grouped(rows, 20)
    found = made.search(rows[:1], np.ones(500, np.bool_), np.array([10]))
    assert len(found[0]) >= 10
