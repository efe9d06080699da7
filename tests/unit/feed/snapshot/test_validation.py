"""A snapshot whose columns no builder writes is refused; one without optional groups is read."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from catalog_builder.vectors.inverted_file import assign_to_lists, learn_centroids
from feed.catalog.cards import WINDOW
from feed.catalog.insights import Insights
from feed.catalog.projection import NOWHERE, Projection
from feed.snapshot.codec import SnapshotError, decode, encode
from feed.vectors.embeddings import Embeddings
from feed.vectors.int16 import Int16Vectors
from feed.vectors.inverted_file import InvertedFile
from tests.support.catalogs import catalog_of, episodes, with_lengths
from tests.support.insights import archive, catalog_with, steady_users
from tests.support.snapshot_files import same, with_column, without_sections

PLAIN = catalog_of(with_lengths(episodes(40)))
ROWS = np.flatnonzero(PLAIN.embeddings.present).astype(np.int32)
LISTS = assign_to_lists(PLAIN.embeddings[:], ROWS, learn_centroids(PLAIN.embeddings[:], ROWS, 5))
QUANTIZED = Int16Vectors.of(PLAIN.embeddings[:])
EMBEDDINGS = Embeddings(PLAIN.embeddings[:][:0], QUANTIZED, PLAIN.embeddings.present, LISTS)
INSIGHTS = catalog_with(archive(["Ada", "Bob"]), steady_users(archive(["Ada", "Bob"]), 9)).insights
CATALOG = replace(PLAIN, embeddings=EMBEDDINGS, insights=INSIGHTS)
"""with every optional group: int16 embeddings, an inverted file, a projection, two insights"""


def first(value: float) -> Any:
    """A change that puts a value in the first place of a column."""

    def change(column: np.ndarray) -> np.ndarray:
        changed = column.copy() if column.dtype != np.bool_ else column.view(np.uint8).copy()
        changed.flat[0] = value
        return changed

    return change


def test_every_group_comes_back_as_it_was() -> None:
    assert (len(LISTS), len(INSIGHTS)) == (5, 2)
    assert same(decode(encode(CATALOG)), CATALOG)


@pytest.mark.parametrize(
    ("group", "without"),
    [
        ("lists.", {"embeddings": replace(EMBEDDINGS, inverted_file=InvertedFile.none(16))}),
        ("projection.", {"projection": Projection.none(16)}),
        ("insights.", {"insights": Insights.none()}),
        ("durations_s", {"durations_s": np.zeros(0, np.float32)}),
        ("estimated_scores", {"estimated_scores": np.zeros(0, np.float32)}),
        ("inherited_categories", {"inherited_categories": np.zeros(0, np.uint8)}),
    ],
)
def test_a_file_without_an_optional_group_is_read(group: str, without: dict[str, Any]) -> None:
    file = without_sections(bytes(encode(CATALOG)), group)
    assert same(decode(file), replace(CATALOG, **without))


def test_lengths_that_a_file_does_not_have_as_a_column_are_those_of_the_cards() -> None:
    rows = np.arange(len(CATALOG))[::-1]
    bare = replace(CATALOG, durations_s=CATALOG.durations_s[:0])
    assert np.isnan(CATALOG.durations_of(rows)).any()
    assert np.array_equal(bare.durations_of(rows), CATALOG.durations_of(rows), equal_nan=True)


@pytest.mark.parametrize(
    ("section", "change", "reason"),
    [
        ("id_hashes", first(1), "id_index: expected"),
        ("id_index.hashes", first(7), "id_index: expected"),
        ("content_index.hashes", first(2**63), "content_index: expected"),
        ("embedded", first(2), "embedded: expected"),
        ("anchors", first(np.inf), "anchors: expected"),
        ("durations_s", first(0), "durations_s: expected"),
        ("scores", first(np.inf), "scores: expected"),
        ("scores", first(-1), "scores: expected"),
        ("estimated_scores", first(9), "estimated_scores: expected"),
        ("inherited_categories", first(2), "inherited_categories: expected"),
        ("published_us", first(2**62), "published_us: expected"),
        ("cards.data", first(ord("[")), "card 0|cards: expected"),
        ("cards.data", lambda data: np.full_like(data, 255), "card 0 cannot be decompressed"),
        ("cards.common", lambda _: np.zeros(WINDOW + 1, np.uint8), "cards: expected"),
        ("ids.offsets", first(10**6), "ids.offsets: expected ascending"),
        ("fixed.codes", lambda codes: codes[:-1], "fixed.codes is"),
        ("fixed.codes", lambda codes: codes[:, :-1], "fixed.codes is"),
        ("fixed.codes", lambda codes: codes[:0], "fixed: expected"),
        ("fixed.step", lambda step: step[:0], "fixed: expected"),
        ("fixed.step", lambda step: step * 0, "fixed: expected"),
        ("fixed.step", lambda step: step * np.nan, "fixed: expected"),
        ("fixed.step", lambda step: step * 1e3, "fixed: expected"),
        ("embeddings", lambda _: PLAIN.embeddings[:], "fixed: expected"),
        ("lists.rows", lambda rows: np.full_like(rows, rows[0]), "lists: expected"),
        ("lists.rows", lambda rows: rows[:-1], "lists.codes is"),
        ("lists.rows", lambda rows: rows + 40, "lists.rows points outside"),
        ("lists.rows", lambda rows: -1 - rows, "lists.rows points outside"),
        ("lists.starts", lambda starts: starts // 2, "lists.starts: expected ascending"),
        ("lists.starts", lambda starts: starts[::-1], "lists.starts: expected ascending"),
        ("lists.starts", lambda starts: starts[:-1], "lists.starts is"),
        ("lists.codes", lambda codes: codes[:-1], "lists.codes is"),
        ("lists.codes", lambda codes: codes[:, :-1], "lists.codes is"),
        ("lists.centroids", lambda rows: rows * np.nan, "lists: expected"),
        ("lists.centroids", lambda rows: rows[:0], "lists.starts is"),
        ("lists.centre", lambda centre: centre + np.inf, "lists: expected"),
        ("lists.centre", lambda centre: centre[:0], "lists: expected"),
        ("lists.scale", lambda scale: scale * 0, "lists: expected"),
        ("lists.scale", lambda scale: scale * np.nan, "lists: expected"),
        ("lists.reach", lambda reach: reach * np.nan, "lists: expected"),
        ("lists.reach", lambda reach: reach[:0], "lists: expected"),
        ("lists.probes", lambda probes: probes * 0, "lists: expected"),
        ("lists.probes", lambda probes: probes + 1000, "lists: expected"),
        ("lists.probes", lambda probes: probes[:0], "lists: expected"),
        ("lists.axes", lambda _: np.eye(16, dtype=np.float32)[:-1], "lists.axes is"),
        ("lists.axes", lambda _: np.ones((16, 16), np.float32), "lists: expected"),
        ("lists.axes", lambda axes: axes[:, :-1], "lists.centroids is"),
        ("projection.points", lambda points: points[:-1], "projection.points is"),
        ("projection.points", lambda points: points * 0 + NOWHERE, "projection: expected"),
        ("projection.points", np.zeros_like, "projection: expected"),
        ("projection.axes", lambda axes: axes[:1], "projection.axes is"),
        ("projection.axes", lambda axes: axes * np.nan, "projection: expected"),
        ("projection.shift", lambda shift: shift + np.inf, "projection: expected"),
        ("insights.rows", first(40), "insights.rows points outside"),
        ("insights.starts", first(1), "insights.starts: expected ascending"),
        ("insights.kinds", first(3), "insights: expected"),
        ("insights.rising", first(4), "insights: expected"),
        ("insights.momentum", first(np.nan), "insights: expected"),
        ("insights.listeners_by_day", first(-1), "insights: expected"),
        ("insights.series_by_day", lambda days: days[:, 1:], "insights.series_by_day is"),
        ("insights.day", lambda day: day[:0], "insights: expected"),
    ],
)
def test_a_column_that_no_builder_writes_is_refused(section: str, change: Any, reason: str) -> None:
    with pytest.raises(SnapshotError, match=reason):
        decode(encode(with_column(CATALOG, section, change)))


@pytest.mark.parametrize(
    ("section", "change", "reason"),
    [
        *(("embeddings", first(value), "embeddings: expected") for value in (np.nan, np.inf, 3.0)),
        *(
            ("embeddings", lambda own, rows=rows: np.resize(own, (rows, 16)), "embeddings is")
            for rows in (1, 39, 41)
        ),
        ("lists.centre", lambda _: np.ones(16, np.float32), "lists: expected"),
        ("lists.scale", lambda _: np.ones(16, np.float32), "lists: expected"),
    ],
)
def test_without_int16_embeddings_an_invalid_column_is_refused(
    section: str, change: Any, reason: str
) -> None:
    with pytest.raises(SnapshotError, match=reason):
        decode(encode(with_column(PLAIN, section, change)))


def test_an_inverted_file_needs_the_embeddings_that_it_indexes() -> None:
    embeddings = replace(EMBEDDINGS, int16=Int16Vectors.none(16))
    with pytest.raises(SnapshotError, match="lists: expected"):
        decode(encode(replace(CATALOG, embeddings=embeddings)))
