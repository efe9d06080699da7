"""A snapshot is read whole and as it was written, or refused with one clear error."""

import hashlib
import random
import struct
from dataclasses import fields, replace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_builder.build import build_catalog
from catalog_builder.lists import learn, sorted_by_centroid
from catalog_builder.signals import Parameters
from feed.catalog import Catalog
from feed.clock import to_us
from feed.columns import Index, Strings
from feed.engagement import Engagement, Summary
from feed.episode import Episode
from feed.fixed import Fixed
from feed.lists import Lists
from feed.ports import Vectors
from feed.projection import NOWHERE, Projection
from feed.signals import Signals
from feed.snapshot import FORMAT, SnapshotError, decode, encode, read_header
from tests.support.catalogs import NOW, catalog_of, episodes

SMALL = bytes(encode(catalog_of(episodes(12))))

texts = st.text(min_size=1, max_size=12).filter(str.strip)


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """Catalogs with ids, names and dates of every alphabet, length and century."""
    ids = draw(
        st.lists(texts | st.text("é漢🎧", min_size=1, max_size=300), unique=True, max_size=8)
    )
    made = [
        Episode(
            id=one,
            title=draw(texts),
            published_at=draw(st.datetimes()).replace(tzinfo=NOW.tzinfo),
            content_id=draw(st.none() | texts),
            series=draw(st.none() | st.builds(lambda name: {"id": name}, texts)),
            scores=None,
            categories=None,
            language=draw(st.none() | st.sampled_from(["en", "pt-BR"])),
        )
        for one in ids
    ]
    made = [msgspec.convert(msgspec.to_builtins(e), Episode) for e in made]
    dimension = draw(st.integers(8, 40))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    matrix = rng.normal(size=(len(made), dimension)).astype(np.float32)
    present = rng.random(len(made)) > 0.3
    vectors = Vectors(matrix, present, "any")
    chosen = st.lists(st.sampled_from(ids), unique=True) if ids else st.just([])
    summaries = draw(st.lists(chosen.map(summary_of), max_size=5))
    return build_catalog(
        made,
        vectors,
        NOW,
        summaries=summaries,
        parameters=Parameters(min_people=1),
        keep_vectors=draw(st.booleans()),
    )


def summary_of(ids: list[str]) -> Summary:
    return Summary(
        engagements=tuple(
            Engagement(id=f"{at}", episode_id=one, type="complete", timestamp_us=to_us(NOW) - at)
            for at, one in enumerate(ids)
        )
    )


def same(one: Catalog, other: Catalog) -> bool:
    def equal(a: Any, b: Any) -> bool:
        if isinstance(a, Strings | Index | Signals | Fixed | Lists | Projection):
            return all(equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
        if isinstance(a, np.ndarray):
            return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        return bool(a == b)

    return all(equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))


@given(catalogs())
@settings(max_examples=60)
def test_a_catalog_comes_back_as_it_was(catalog: Catalog) -> None:
    again = decode(encode(catalog))
    assert same(catalog, again)
    assert list(again.ids) == list(catalog.ids)
    for row, name in enumerate(again.ids):
        assert again.id_index.row(name) == row


def test_the_same_catalog_gives_the_same_bytes_and_another_gives_another_version() -> None:
    assert encode(catalog_of(episodes(12))) == SMALL
    assert catalog_of(episodes(13)).version != catalog_of(episodes(12)).version


def test_loading_copies_no_column(catalog: Catalog) -> None:
    file = bytes(encode(catalog))
    loaded = decode(file)
    start = np.frombuffer(file, np.uint8).__array_interface__["data"][0]
    for column in (loaded.embeddings, loaded.cards.data, loaded.published_us):
        at = column.__array_interface__["data"][0]
        assert start < at < start + len(file)
        assert not column.flags.writeable


@pytest.mark.parametrize("length", [0, 1, 7, 8, 40, 55, 56, 57, 500, len(SMALL) - 1])
def test_a_truncated_file_is_called_truncated_or_empty(length: int) -> None:
    with pytest.raises(SnapshotError, match="empty" if length == 0 else "truncated"):
        decode(SMALL[:length])


@given(st.integers(0, len(SMALL) * 8 - 1))
@settings(max_examples=600)
def test_a_single_flipped_bit_is_found_wherever_it_is(bit: int) -> None:
    altered = bytearray(SMALL)
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SnapshotError):
        decode(altered)


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda tail: SMALL[:56] + tail))
def test_random_bytes_are_refused(noise: bytes) -> None:
    with pytest.raises(SnapshotError):
        decode(noise)
    with pytest.raises(SnapshotError):
        read_header(noise)


def test_what_follows_the_end_is_an_alteration() -> None:
    with pytest.raises(SnapshotError, match="altered"):
        decode(SMALL + b"\0")


@pytest.mark.parametrize(
    ("version", "said"),
    [(FORMAT + 1, f"newer format: {FORMAT + 1}"), (FORMAT - 1, f"older format: {FORMAT - 1}")],
)
def test_another_format_says_so_even_if_nothing_else_is_understood(version: int, said: str) -> None:
    other = SMALL[:8] + struct.pack("<I", version) + SMALL[12:60]
    with pytest.raises(SnapshotError, match=said):
        decode(other)


def resigned(file: bytes, change: Any) -> bytes:
    """A file whose header was changed by somebody who could compute the checksum."""
    length = struct.unpack_from("<I", file, 12)[0]
    header = msgspec.json.decode(file[56 : 56 + length])
    change(header)
    encoded = msgspec.json.encode(header)
    assert len(encoded) <= length + 64
    start = -(-(56 + length) // 64) * 64
    new_start = -(-(56 + len(encoded)) // 64) * 64
    body = encoded + bytes(new_start - 56 - len(encoded)) + file[start:]
    prefix = b"EARSHOT\n" + struct.pack("<IIQ", FORMAT, len(encoded), 56 + len(body))
    return prefix + hashlib.sha256(prefix + body).digest() + body


def section(header: Any, name: str) -> Any:
    return next(s for s in header["sections"] if s["name"] == name)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda h: section(h, "embeddings").update(offset=10**15), "within"),
        (lambda h: section(h, "embeddings").update(offset=-64), "within"),
        (lambda h: section(h, "embeddings").update(shape=[10**9, 10**9]), "within"),
        (lambda h: section(h, "embeddings").update(dtype="|O"), "embeddings is"),
        (lambda h: section(h, "scores").update(shape=[-1, -1]), "scores is"),
        (lambda h: section(h, "series").update(name="unheard"), "no section series"),
        (lambda h: section(h, "series").update(offset=section(h, "cards.data")["offset"]), "point"),
        (lambda h: section(h, "ids.offsets").update(shape=[1], size=8), "ids.offsets is"),
        (lambda h: h.update(dimension=3), "embeddings is"),
        (lambda h: h.update(created_at="2026-01-01T00:00:00"), "damaged"),
        (lambda h: h.update(created_at=1), "header"),
        (lambda h: h.pop("sections"), "header"),
    ],
)
def test_a_header_that_lies_is_refused_even_with_a_good_checksum(change: Any, reason: str) -> None:
    with pytest.raises(SnapshotError, match=reason):
        decode(resigned(SMALL, change))


def test_rows_that_do_not_start_where_they_should_are_refused() -> None:
    catalog = catalog_of(episodes(12))
    catalog.ids.offsets[1] = 10**6
    with pytest.raises(SnapshotError, match="starts of rows"):
        decode(encode(catalog))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id_hashes", 1),
        ("id_index.hashes", 7),
        ("content_index.hashes", 2**63),
        ("embeddings", np.nan),
        ("embeddings", np.inf),
        ("embeddings", 3.0),
        ("anchors", np.inf),
        ("scores", np.inf),
        ("scores", -1.0),
        ("published_us", 2**62),
        ("cards.data", ord("[")),
    ],
)
def test_values_that_the_builder_never_writes_are_refused(column: str, value: float) -> None:
    target: Any = catalog_of(episodes(12))
    for name in column.split("."):
        target = getattr(target, name)
    changed = target.copy()
    changed.flat[0] = value
    catalog = catalog_of(episodes(12))
    holder_name, _, inner = column.partition(".")
    if inner:
        changed = replace(getattr(catalog, holder_name), **{inner: changed})
    with pytest.raises(SnapshotError, match="makes no sense"):
        decode(encode(replace(catalog, **{holder_name: changed})))


def test_a_snapshot_without_vectors_is_smaller_by_them_and_knows_who_has_one() -> None:
    whole = catalog_of(episodes(12))
    blind = catalog_of(episodes(12), keep_vectors=False)
    file = encode(blind)
    assert len(SMALL) - len(file) == whole.embeddings.nbytes
    again = decode(file)
    assert not again.holds_vectors
    assert decode(SMALL).holds_vectors
    assert again.embedded.tolist() == whole.embedded.tolist()
    assert again.anchors.tolist() == whole.anchors.tolist()
    assert (again.dimension, again.model) == (whole.dimension, whole.model)
    assert again.version != whole.version


@pytest.mark.parametrize("kept", [1, 11, 13])
def test_a_snapshot_holds_all_vectors_or_none(kept: int) -> None:
    catalog = catalog_of(episodes(12))
    rows = np.resize(catalog.embeddings, (kept, catalog.dimension))
    with pytest.raises(SnapshotError, match="embeddings is"):
        decode(encode(replace(catalog, embeddings=rows)))


LISTED = catalog_of(episodes(40))
ROWS = np.flatnonzero(LISTED.embedded).astype(np.int32)
CENTROIDS = learn(LISTED.embeddings, ROWS, 5)
LISTED = replace(LISTED, lists=sorted_by_centroid(LISTED.embeddings, ROWS, CENTROIDS))


def test_lists_come_back_as_they_were() -> None:
    assert len(LISTED.lists) == 5
    assert same(decode(encode(LISTED)), LISTED)


def test_a_file_without_lists_is_read_as_before() -> None:
    def forget(header: Any) -> None:
        kept = [s for s in header["sections"] if not s["name"].startswith("lists.")]
        header["sections"] = kept

    assert same(decode(resigned(SMALL, forget)), catalog_of(episodes(12)))
    assert len(decode(resigned(bytes(encode(LISTED)), forget)).lists) == 0


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("rows", lambda rows: np.full_like(rows, rows[0]), "lists makes no sense"),
        ("rows", lambda rows: rows[:-1], "lists.codes is"),
        ("starts", lambda starts: starts // 2, "lists.starts are not"),
        ("rows", lambda rows: rows + 40, "lists.rows points outside"),
        ("rows", lambda rows: -1 - rows, "lists.rows points outside"),
        ("starts", lambda starts: starts[::-1], "lists.starts are not"),
        ("starts", lambda starts: starts[:-1], "lists.starts is"),
        ("codes", lambda codes: codes[:-1], "lists.codes is"),
        ("codes", lambda codes: codes[:, :-1], "lists.codes is"),
        ("centroids", lambda rows: rows * np.nan, "lists makes no sense"),
        ("centroids", lambda rows: rows[:0], "lists.starts is"),
        ("centre", lambda centre: centre + np.inf, "lists makes no sense"),
        ("centre", lambda centre: centre[:0], "lists.centre is"),
        ("scale", lambda scale: scale * 0, "lists makes no sense"),
        ("scale", lambda scale: scale * np.nan, "lists makes no sense"),
        ("reach", lambda reach: reach * np.nan, "lists makes no sense"),
        ("reach", lambda reach: reach[:0], "lists makes no sense"),
        ("probes", lambda probes: probes * 0, "lists makes no sense"),
        ("probes", lambda probes: probes + 1000, "lists makes no sense"),
        ("probes", lambda probes: probes[:0], "lists makes no sense"),
        ("axes", lambda axes: np.eye(axes.shape[1], dtype=np.float32)[:-1], "lists.axes is"),
        ("axes", lambda axes: np.ones((axes.shape[1],) * 2, np.float32), "lists makes no sense"),
        ("axes", lambda axes: axes[:, :-1], "lists.centroids is"),
    ],
)
def test_lists_that_the_builder_never_writes_are_refused(
    name: str, change: Any, reason: str
) -> None:
    changed = replace(LISTED.lists, **{name: change(getattr(LISTED.lists, name))})
    with pytest.raises(SnapshotError, match=reason):
        decode(encode(replace(LISTED, lists=changed)))


def test_a_file_without_a_map_is_read_as_before() -> None:
    def forget(header: Any) -> None:
        kept = [s for s in header["sections"] if not s["name"].startswith("projection.")]
        header["sections"] = kept

    assert len(decode(SMALL).projection) == 12
    without = decode(resigned(SMALL, forget))
    assert len(without.projection) == 0
    assert same(without, replace(catalog_of(episodes(12)), projection=Projection.none(16)))


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("points", lambda points: points[:-1], "projection.points is"),
        ("points", lambda points: np.full_like(points, NOWHERE), "projection makes no sense"),
        ("points", np.zeros_like, "projection makes no sense"),
        ("axes", lambda axes: axes[:1], "projection.axes is"),
        ("axes", lambda axes: axes * np.nan, "projection makes no sense"),
        ("shift", lambda shift: shift + np.inf, "projection makes no sense"),
    ],
)
def test_a_map_that_the_builder_never_writes_is_refused(
    name: str, change: Any, reason: str
) -> None:
    changed = replace(LISTED.projection, **{name: change(getattr(LISTED.projection, name))})
    with pytest.raises(SnapshotError, match=reason):
        decode(encode(replace(LISTED, projection=changed)))


def test_lists_need_the_vectors_that_they_are_of() -> None:
    bare = replace(LISTED, embeddings=LISTED.embeddings[:0])
    with pytest.raises(SnapshotError, match="lists makes no sense"):
        decode(encode(bare))


def test_counts_that_are_not_those_of_the_columns_are_refused() -> None:
    with pytest.raises(SnapshotError, match="counts"):
        decode(resigned(SMALL, lambda h: h["counts"].update(episodes=10**9)))


def test_a_section_that_is_not_known_is_skipped() -> None:
    unknown = {"name": "later", "dtype": "<f2", "shape": [1], "offset": 0, "size": 2}
    assert len(decode(resigned(SMALL, lambda h: h["sections"].append(unknown)))) == 12


def test_the_header_can_be_read_alone(catalog: Catalog) -> None:
    header = read_header(encode(catalog))
    assert header.counts["episodes"] == len(catalog)
    assert header.catalog_version == catalog.version
    assert header.model == "test"


def test_many_random_alterations_of_many_bytes_never_get_through() -> None:
    rng = random.Random(0)
    for _ in range(200):
        altered = bytearray(SMALL)
        for _ in range(rng.randrange(1, 50)):
            altered[rng.randrange(len(altered))] = rng.randrange(256)
        if altered != SMALL:
            with pytest.raises(SnapshotError):
                decode(altered)
