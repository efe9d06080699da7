"""The lists and the map of a snapshot: whole, or refused; and files that have none."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from catalog_builder.vectors.inverted_file import assign_to_lists, learn_centroids
from feed.catalog.projection import NOWHERE, Projection
from feed.snapshot.codec import SnapshotError, decode, encode
from tests.support.catalogs import catalog_of, episodes
from tests.support.snapshot_files import same, with_column, without_sections

SMALL = bytes(encode(catalog_of(episodes(12))))
LISTED = catalog_of(episodes(40))
ROWS = np.flatnonzero(LISTED.embeddings.present).astype(np.int32)
CENTROIDS = learn_centroids(LISTED.embeddings[:], ROWS, 5)
INVERTED = assign_to_lists(LISTED.embeddings[:], ROWS, CENTROIDS)
LISTED = replace(LISTED, embeddings=replace(LISTED.embeddings, inverted_file=INVERTED))


def test_lists_come_back_as_they_were() -> None:
    assert len(LISTED.embeddings.inverted_file) == 5
    assert same(decode(encode(LISTED)), LISTED)


def test_a_file_without_lists_is_read_as_before() -> None:
    assert same(decode(without_sections(SMALL, "lists.")), catalog_of(episodes(12)))
    assert (
        len(decode(without_sections(bytes(encode(LISTED)), "lists.")).embeddings.inverted_file) == 0
    )


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("rows", lambda rows: np.full_like(rows, rows[0]), "lists: expected"),
        ("rows", lambda rows: rows[:-1], "lists.codes is"),
        ("starts", lambda starts: starts // 2, "lists.starts: expected ascending"),
        ("rows", lambda rows: rows + 40, "lists.rows points outside"),
        ("rows", lambda rows: -1 - rows, "lists.rows points outside"),
        ("starts", lambda starts: starts[::-1], "lists.starts: expected ascending"),
        ("starts", lambda starts: starts[:-1], "lists.starts is"),
        ("codes", lambda codes: codes[:-1], "lists.codes is"),
        ("codes", lambda codes: codes[:, :-1], "lists.codes is"),
        ("centroids", lambda rows: rows * np.nan, "lists: expected"),
        ("centroids", lambda rows: rows[:0], "lists.starts is"),
        ("centre", lambda centre: centre + np.inf, "lists: expected"),
        ("centre", lambda centre: centre[:0], "lists.centre is"),
        ("scale", lambda scale: scale * 0, "lists: expected"),
        ("scale", lambda scale: scale * np.nan, "lists: expected"),
        ("reach", lambda reach: reach * np.nan, "lists: expected"),
        ("reach", lambda reach: reach[:0], "lists: expected"),
        ("probes", lambda probes: probes * 0, "lists: expected"),
        ("probes", lambda probes: probes + 1000, "lists: expected"),
        ("probes", lambda probes: probes[:0], "lists: expected"),
        ("axes", lambda axes: np.eye(axes.shape[1], dtype=np.float32)[:-1], "lists.axes is"),
        ("axes", lambda axes: np.ones((axes.shape[1],) * 2, np.float32), "lists: expected"),
        ("axes", lambda axes: axes[:, :-1], "lists.centroids is"),
    ],
)
def test_lists_that_the_builder_never_writes_are_refused(
    name: str, change: Any, reason: str
) -> None:
    with pytest.raises(SnapshotError, match=reason):
        decode(encode(with_column(LISTED, f"lists.{name}", change)))


def test_a_file_without_a_map_is_read_as_before() -> None:
    assert len(decode(SMALL).projection) == 12
    without = decode(without_sections(SMALL, "projection."))
    assert len(without.projection) == 0
    assert same(without, replace(catalog_of(episodes(12)), projection=Projection.none(16)))


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("points", lambda points: points[:-1], "projection.points is"),
        ("points", lambda points: np.full_like(points, NOWHERE), "projection: expected"),
        ("points", np.zeros_like, "projection: expected"),
        ("axes", lambda axes: axes[:1], "projection.axes is"),
        ("axes", lambda axes: axes * np.nan, "projection: expected"),
        ("shift", lambda shift: shift + np.inf, "projection: expected"),
    ],
)
def test_a_map_that_the_builder_never_writes_is_refused(
    name: str, change: Any, reason: str
) -> None:
    with pytest.raises(SnapshotError, match=reason):
        decode(encode(with_column(LISTED, f"projection.{name}", change)))


def test_lists_need_the_vectors_that_they_are_of() -> None:
    bare = with_column(LISTED, "embeddings", lambda rows: rows[:0])
    with pytest.raises(SnapshotError, match="lists: expected"):
        decode(encode(bare))
