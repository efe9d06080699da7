"""Embeddings in fixed point: as good as those that they are made of, and refused where damaged."""

from dataclasses import replace
from typing import Any

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
from feed.snapshot.codec import SnapshotError, decode, encode
from feed.user.query import Query
from feed.vectors.int16 import LEVELS, Int16Vectors
from tests.support.catalogs import NOW, episodes, vectors_of
from tests.support.snapshot_files import with_column


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 40))
def test_no_number_is_off_by_more_than_half_a_step(seed: int, count: int, dimension: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    fixed = Int16Vectors.of(rows)
    assert len(fixed) == count
    assert fixed.step[0] == pytest.approx(np.abs(rows).max() / LEVELS)
    assert np.abs(fixed[:] - rows).max() <= 0.51 * fixed.step[0]
    assert fixed[np.array([count - 1])].tolist() == fixed[:][-1:].tolist()


@pytest.fixture(scope="module")
def both() -> tuple[Catalog, Catalog]:
    """A catalog that is large enough for lists, and the same with its embeddings as they are."""
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


def test_a_large_catalog_holds_its_embeddings_in_fixed_point(both: tuple[Catalog, Catalog]) -> None:
    large, exact = both
    assert (len(large.embeddings.int16), len(large.embeddings.float32)) == (1_200, 0)
    assert large.embeddings.in_memory
    assert large.dimension == exact.dimension
    every = np.arange(len(large))
    assert np.abs(large.embeddings[every] - exact.embeddings[every]).max() < 2e-5
    again = decode(encode(large))
    assert again.embeddings[every].tolist() == large.embeddings[every].tolist()


@pytest.mark.parametrize("scenario", ["baseline", "for_you"])
def test_a_session_is_the_same_to_the_fourth_digit(
    both: tuple[Catalog, Catalog], scenario: str
) -> None:
    engagements = tuple(
        Engagement(
            id=f"{row}", episode_id=both[0].ids[row], type="like", timestamp_us=to_us(NOW) - row
        )
        for row in range(0, 40, 4)
    )
    query = Query(engagements=engagements, now_us=to_us(NOW), seed=3)
    large, exact = (Ranker(one, shipped()[scenario]).rank(query) for one in both)
    assert large.rows.tolist() == exact.rows.tolist()
    assert np.abs(large.scores - exact.scores).max() <= 100


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("codes", lambda codes: codes[:-1], "fixed.codes is"),
        ("codes", lambda codes: codes[:, :-1], "fixed.codes is"),
        ("codes", lambda codes: codes[:0], "fixed: expected"),
        ("step", lambda step: step[:0], "fixed: expected"),
        ("step", lambda step: step * 0, "fixed: expected"),
        ("step", lambda step: step * np.nan, "fixed: expected"),
        ("step", lambda step: step * 1e3, "fixed: expected"),
    ],
)
def test_what_the_builder_never_writes_is_refused(
    both: tuple[Catalog, Catalog], name: str, change: Any, reason: str
) -> None:
    large, _ = both
    with pytest.raises(SnapshotError, match=reason):
        decode(encode(with_column(large, f"fixed.{name}", change)))


def test_embeddings_held_both_as_float32_and_as_int16_are_refused(
    both: tuple[Catalog, Catalog],
) -> None:
    large, exact = both
    embeddings = replace(exact.embeddings, int16=large.embeddings.int16)
    with pytest.raises(SnapshotError, match="fixed: expected"):
        decode(encode(replace(exact, embeddings=embeddings)))
