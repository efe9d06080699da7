"""Embeddings quantized to int16 are as good as the float32 ones that they are made of."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
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
