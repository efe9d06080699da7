"""A snapshot is read whole and as it was written, or refused with one clear error."""

import struct
from dataclasses import replace
from datetime import UTC
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_builder.build import build_catalog
from catalog_builder.signals.aggregates import SignalParameters
from feed.catalog.cards import Cards
from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement, Summary
from feed.model.episode import Episode, Series
from feed.model.timestamps import to_us
from feed.ports.episodes import Vectors
from feed.snapshot.codec import FORMAT, SnapshotError, content_version, decode, encode, read_header
from tests.support.catalogs import NOW, catalog_of, episodes
from tests.support.snapshot_files import same, with_header

SMALL = bytes(encode(catalog_of(episodes(12))))

texts = st.text(min_size=1, max_size=12).filter(str.strip)
any_episodes = st.builds(
    Episode,
    id=texts | st.text("é漢🎧", min_size=1, max_size=300),
    title=texts,
    published_at=st.datetimes(timezones=st.just(UTC)),
    content_id=st.none() | texts,
    series=st.none() | st.builds(Series, id=texts),
    language=st.sampled_from([None, "en", "pt-BR"]),
)


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """Catalogs with ids, names and dates of every alphabet, length and century."""
    made = draw(st.lists(any_episodes, unique_by=lambda one: one.id, max_size=8))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    matrix = rng.normal(size=(len(made), draw(st.integers(8, 40)))).astype(np.float32)
    vectors = Vectors(matrix, rng.random(len(made)) > 0.3, "any")
    engagements = [
        Engagement(id=one.id, episode_id=one.id, type="complete", timestamp_us=to_us(NOW))
        for one in made
    ]
    chosen = st.lists(st.sampled_from(engagements or [None]), unique=True)
    summaries = [
        Summary(engagements=tuple(filter(None, some)))
        for some in draw(st.lists(chosen, max_size=5))
    ]
    parameters, keep = SignalParameters(min_users=1), draw(st.booleans())
    return build_catalog(
        made, vectors, NOW, summaries=summaries, parameters=parameters, keep_vectors=keep
    )


@given(catalogs())
@settings(max_examples=60)
def test_a_decoded_catalog_equals_the_encoded_one(catalog: Catalog) -> None:
    again = decode(encode(catalog))
    assert same(catalog, again)
    assert list(again.ids) == list(catalog.ids)
    for row, name in enumerate(again.ids):
        assert again.id_index.row(name) == row


def test_the_same_catalog_gives_the_same_bytes_and_another_gives_another_version() -> None:
    assert encode(catalog_of(episodes(12))) == SMALL
    assert catalog_of(episodes(13)).version != catalog_of(episodes(12)).version


def test_a_version_does_not_depend_on_the_compression_of_cards() -> None:
    catalog = catalog_of(episodes(12))
    plain = [catalog.cards.raw(row) for row in range(len(catalog))]
    otherwise = replace(catalog, cards=Cards.of(plain, []))
    assert len(otherwise.cards.data) > len(catalog.cards.data)
    assert content_version(otherwise) == content_version(catalog)


def test_loading_copies_no_column(catalog: Catalog) -> None:
    file = bytes(encode(catalog))
    loaded = decode(file)
    start = np.frombuffer(file, np.uint8).__array_interface__["data"][0]
    for column in (loaded.embeddings.float32, loaded.cards.data, loaded.published_us):
        at = column.__array_interface__["data"][0]
        assert start < at < start + len(file)
        assert not column.flags.writeable


@pytest.mark.parametrize("length", [0, 1, 7, 8, 40, 55, 56, 57, 500, len(SMALL) - 1])
def test_a_truncated_file_is_called_truncated_or_empty(length: int) -> None:
    with pytest.raises(SnapshotError, match="empty" if length == 0 else "truncated"):
        decode(SMALL[:length])


@given(st.integers(0, len(SMALL) * 8 - 1))
@settings(max_examples=200)
def test_a_single_flipped_bit_is_found_wherever_it_is(bit: int) -> None:
    changed = bytearray(SMALL)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SnapshotError):
        decode(changed)


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda tail: SMALL[:56] + tail))
def test_random_bytes_are_refused(noise: bytes) -> None:
    with pytest.raises(SnapshotError):
        decode(noise)
    with pytest.raises(SnapshotError):
        read_header(noise)


def test_bytes_behind_the_end_are_refused() -> None:
    with pytest.raises(SnapshotError, match="altered"):
        decode(SMALL + b"\0")


@pytest.mark.parametrize(
    ("version", "said"),
    [(FORMAT + 1, f"newer format: {FORMAT + 1}"), (FORMAT - 1, f"older format: {FORMAT - 1}")],
)
def test_another_format_is_named_whatever_else_is_in_the_file(version: int, said: str) -> None:
    other = SMALL[:8] + struct.pack("<I", version) + SMALL[12:60]
    with pytest.raises(SnapshotError, match=said):
        decode(other)


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
        (lambda h: h["counts"].update(episodes=10**9), "counts"),
        (lambda h: h.update(created_at="2026-01-01T00:00:00"), "damaged"),
        (lambda h: h.update(created_at=1), "header"),
        (lambda h: h.pop("sections"), "header"),
    ],
)
def test_a_wrong_header_is_refused_even_with_a_right_checksum(change: Any, reason: str) -> None:
    with pytest.raises(SnapshotError, match=reason):
        decode(with_header(SMALL, change))


def test_a_snapshot_without_vectors_knows_which_episodes_have_one() -> None:
    whole = catalog_of(episodes(12))
    blind = catalog_of(episodes(12), keep_vectors=False)
    file = encode(blind)
    padding = len(SMALL) - len(file) - whole.embeddings.float32.nbytes
    assert padding in {0, 64}  # their headers differ in length
    again = decode(file)
    assert not again.embeddings.in_memory
    assert decode(SMALL).embeddings.in_memory
    assert again.embeddings.present.tolist() == whole.embeddings.present.tolist()
    assert again.anchors.tolist() == whole.anchors.tolist()
    assert (again.dimension, again.model) == (whole.dimension, whole.model)
    assert again.version != whole.version


def test_an_unknown_section_is_skipped() -> None:
    unknown = {"name": "later", "dtype": "<f2", "shape": [1], "offset": 0, "size": 2}
    assert len(decode(with_header(SMALL, lambda h: h["sections"].append(unknown)))) == 12


def test_the_header_can_be_read_alone(catalog: Catalog) -> None:
    header = read_header(encode(catalog))
    assert header.counts["episodes"] == len(catalog)
    assert header.catalog_version == catalog.version
    assert header.model == "test"
