"""Vectors quantized to int16 or int8 stand for the float32 ones that they are made of."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_builder import build
from catalog_builder.build import build_catalog
from catalog_builder.vectors import inverted_file as lists
from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.snapshot.codec import decode, encode
from feed.user.query import Query
from feed.vectors.int8 import int8_dots, quantize_int8
from feed.vectors.int16 import LEVELS, Int16Vectors
from tests.support.catalogs import NOW, episodes, vectors_of


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 40))
def test_a_number_is_off_by_half_a_step_at_most(seed: int, count: int, dimension: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    quantized = Int16Vectors.of(rows)
    assert len(quantized) == count
    assert quantized.step[0] == pytest.approx(np.abs(rows).max() / LEVELS)
    assert np.abs(quantized[:] - rows).max() <= 0.51 * quantized.step[0]
    assert quantized[np.array([count - 1])].tolist() == quantized[:][-1:].tolist()


@pytest.fixture(scope="module")
def both() -> tuple[Catalog, Catalog]:
    """A catalog with int16 embeddings, and an equal one with float32 embeddings."""
    some = episodes(1_200)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lists, "MIN_CLUSTERED", 100)
        patch.setattr(lists, "MAX_PROBED_SHARE", 1.0)
        patch.setattr(build, "MIN_CLUSTERED", 100)
        large = build_catalog(some, vectors_of(some), NOW)
    assert len(large.embeddings.inverted_file)
    order, vectors = large.source_order, vectors_of(some)
    alike = replace(vectors, matrix=vectors.matrix[order], present=vectors.present[order])
    exact = build_catalog([some[row] for row in order], alike, NOW)
    embeddings = replace(exact.embeddings, inverted_file=large.embeddings.inverted_file)
    return large, replace(exact, embeddings=embeddings, source_order=order)


def test_a_large_catalog_holds_its_embeddings_as_int16(both: tuple[Catalog, Catalog]) -> None:
    large, exact = both
    assert (len(large.embeddings.int16), len(large.embeddings.float32)) == (1_200, 0)
    assert large.embeddings.in_memory
    assert large.dimension == exact.dimension
    every = np.arange(len(large))
    assert np.abs(large.embeddings[every] - exact.embeddings[every]).max() < 2e-5
    again = decode(encode(large))
    assert again.embeddings[every].tolist() == large.embeddings[every].tolist()


def test_a_session_is_the_same_with_int16_and_float32_embeddings(
    both: tuple[Catalog, Catalog],
) -> None:
    engagements = tuple(
        Engagement(id=name, episode_id=name, type="like", timestamp_us=to_us(NOW) - row)
        for row, name in enumerate(list(both[0].ids)[:40:4])
    )
    query = Query(engagements=engagements, now_us=to_us(NOW), seed=3)
    for scenario in ("baseline", "for_you"):
        large, exact = (Ranker(one, shipped()[scenario]).rank(query) for one in both)
        assert large.rows.tolist() == exact.rows.tolist()
        assert np.abs(large.scores - exact.scores).max() <= 100


@given(
    st.integers(1, 6), st.integers(1, 900), st.integers(0, 3000), st.sampled_from([8, 256, 1000])
)
@settings(max_examples=40)
def test_dot_products_are_the_sums_of_whole_numbers(
    vectors: int, size: int, wanted: int, dimension: int
) -> None:
    numbers = np.random.default_rng(size * wanted)
    codes = numbers.integers(-127, 128, size=(size, dimension), dtype=np.int8)
    queries = numbers.integers(-127, 128, size=(vectors, dimension), dtype=np.int8)
    rows = numbers.integers(size, size=wanted)
    exact = queries.astype(np.int64) @ codes.T.astype(np.int64)
    assert np.array_equal(int8_dots(codes, rows, queries), exact[:, rows])
    assert np.array_equal(int8_dots(codes, None, queries), exact)


def test_a_quantized_vector_keeps_its_direction_and_a_zero_vector_stays_zero() -> None:
    vectors = np.random.default_rng(0).normal(size=(3, 256)).astype(np.float32)
    vectors[2] = 0
    codes = quantize_int8(vectors)
    assert np.abs(codes[:2]).max(axis=1).tolist() == [127, 127]
    assert not codes[2].any()
    for vector, code in zip(vectors[:2], codes[:2].astype(np.float64), strict=True):
        assert vector @ code / np.linalg.norm(vector) / np.linalg.norm(code) > 0.9999
