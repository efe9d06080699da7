"""Notes of a catalog are written from what a build read, and from what is published."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.folder.shelf import FolderShelf
from catalog_builder.notes.sanitizer import MAX_NOTES_CHARS, NOTES
from catalog_builder.publish.publisher import publish
from catalog_builder.texts import spool as spools
from catalog_builder.texts.spool import TextSpool
from catalog_builder.texts.writer import BuiltTexts, with_texts
from feed.catalog.catalog import Catalog
from feed.model.episode import Episode
from feed.model.stored_texts import TextKind
from feed.snapshot.codec import decode
from feed.snapshot.texts import (
    Notes,
    TextError,
    decode_frame,
    decode_head,
    decode_index,
    index_size,
)
from tests.support.catalogs import NOW, catalog_of, episodes

T = 5.0
EPISODES = episodes(30)


class Builds:
    """Builds that follow one another on one shelf, each an hour later."""

    def __init__(self, folder: Path) -> None:
        self.shelf = FolderShelf(folder)
        self.number = 0

    def spool(self) -> TextSpool:
        return TextSpool(self.shelf, NOTES)

    def build(
        self, spool: TextSpool, notes: Sequence[str | None], some: Sequence[Episode] = EPISODES
    ) -> tuple[Catalog, BuiltTexts | None]:
        """Build and publish; `notes` has the digest of each episode's."""
        noted = [
            msgspec.structs.replace(one, notes_digest=digest)
            for one, digest in zip(some, notes, strict=True)
        ]
        self.number += 1
        catalog = catalog_of(noted, NOW + timedelta(hours=self.number))
        catalog, built = with_texts(catalog, noted, [spool])
        publish(self.shelf, catalog, built, force=True)
        return self.current(), next(iter(built), None)

    def current(self) -> Catalog:
        pointer = self.shelf.current(T)
        assert pointer
        return decode(self.shelf.fetch(pointer.version, T))

    def go_back(self, catalog: Catalog) -> None:
        """Make an earlier catalog the current one."""
        pointer = self.shelf.current(T)
        assert pointer
        self.shelf.promote(catalog.version, 1, "", pointer.generation, T)

    def read(self) -> list[str | None]:
        """The text of each episode's notes, read as an instance does."""
        catalog = self.current()
        assert catalog.notes
        size = index_size(len(catalog))
        head = self.shelf.fetch_texts(TextKind.NOTES, catalog.version, 0, size, T)
        index = decode_index(head, len(catalog), catalog.notes.sha256)
        texts: list[str | None] = []
        for row in range(len(catalog)):
            if (place := index.place(row)) is None:
                texts.append(None)
                continue
            frame = self.shelf.fetch_texts(TextKind.NOTES, catalog.version, *place, T)
            index.check(row, frame)
            texts.append(msgspec.json.decode(decode_frame(frame), type=Notes).text)
        assert sum(text is not None for text in texts) == catalog.notes.count
        return texts


@pytest.fixture
def builds(tmp_path: Path) -> Builds:
    return Builds(tmp_path)


def texts(mark: str = "") -> list[str | None]:
    """What most episodes have as notes, some of them the same."""
    return [None if n % 7 == 3 else f"Notes {n // 2}{mark}" for n in range(len(EPISODES))]


def kept(spool: TextSpool, notes: Sequence[str | None]) -> list[str | None]:
    return [None if one is None else spool.keep(f"<p>{one}</p>") for one in notes]


def test_what_a_build_read_is_what_an_instance_reads(builds: Builds) -> None:
    spool = builds.spool()
    builds.build(spool, kept(spool, texts()))
    assert builds.read() == texts()


def test_notes_that_did_not_change_are_copied_and_not_kept_again(
    builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spools, "_WINDOW", 100)  # several reads
    spool = builds.spool()
    digests = kept(spool, texts())
    first, _ = builds.build(spool, digests)
    spool = builds.spool()
    assert kept(spool, texts()) == digests
    second, built = builds.build(spool, digests)
    assert built
    assert (built.copied_from, first.notes) == (first.version, second.notes)
    # Another order, and others: only what is new is kept.
    spool = builds.spool()
    turned = [*reversed(texts())]
    turned[5], turned[6] = "new", None
    mixed = kept(spool, turned)
    assert sum(spool.is_kept(bytes.fromhex(one)) for one in mixed if one) == 1
    third, _ = builds.build(spool, mixed)
    assert builds.read() == turned
    assert third.notes
    # The bytes depend on the notes alone.
    fresh = TextSpool(FolderShelf(Path("nowhere")), NOTES)
    again = [
        one if one is None else msgspec.structs.replace(one, notes_digest=d)
        for one, d in zip(EPISODES, kept(fresh, turned), strict=True)
    ]
    _, (built,) = with_texts(catalog_of(again), again, [fresh])
    assert built.stored == third.notes
    stored = builds.shelf.fetch_texts(TextKind.NOTES, third.version, 0, third.notes.size, T)
    assert bytes(built.data) == stored


def test_notes_that_nobody_has_are_read_again_and_only_those(builds: Builds) -> None:
    spool = builds.spool()
    digests = kept(spool, texts())
    builds.build(spool, digests)
    lost = builds.spool().keep("<p>of a build that was refused</p>")
    asked: list[Collection[str]] = []
    later = builds.spool()

    def read_again(missing: Collection[str]) -> None:
        asked.append(missing)
        later.keep("<p>of a build that was refused</p>")

    later.on_missing(read_again)
    builds.build(later, [lost, *digests[1:]])
    assert asked == [{lost}]
    assert builds.read() == ["of a build that was refused", *texts()[1:]]


def test_damage_on_the_shelf_costs_the_episodes_that_it_hits_and_heals(
    builds: Builds, tmp_path: Path
) -> None:
    spool = builds.spool()
    catalog, _ = builds.build(spool, kept(spool, texts()))
    path = tmp_path / "notes" / catalog.version
    data = bytearray(path.read_bytes())
    data[-1] ^= 1  # of the last frame, which two episodes share
    path.unlink()
    path.write_bytes(data)
    spool = builds.spool()
    assert builds.build(spool, kept(spool, texts()))[1].copied_from  # type: ignore[union-attr]
    for cure in ({"check": True}, {"full": True}):
        builds.go_back(catalog)
        spool = TextSpool(builds.shelf, NOTES, **cure)
        builds.build(spool, kept(spool, texts()))
        assert builds.read() == texts()
    builds.go_back(catalog)
    spool = builds.spool()
    digests = kept(spool, [*texts()[:-1], "new"])
    _, built = builds.build(spool, digests)
    assert built
    (remark,) = built.remarks
    assert "damaged on the shelf" in remark
    lost = {
        n
        for n, (text, wanted) in enumerate(zip(builds.read(), texts(), strict=True))
        if text is None and wanted
    }
    assert 1 <= len(lost) <= 2
    spool = builds.spool()
    builds.build(spool, kept(spool, texts()))
    assert builds.read() == texts()


def test_long_notes_are_cut_and_counted(builds: Builds) -> None:
    spool = builds.spool()
    notes = "<p>x</p>" + "y" * (MAX_NOTES_CHARS - 12) + "<a href=" + "z" * 100
    _, built = builds.build(spool, [spool.keep(notes), *[None] * 29])
    assert built
    assert built.remarks == ["1 notes of more than 100,000 characters were cut"]
    assert [len(one or "") for one in builds.read()[:2]] == [MAX_NOTES_CHARS - 10, 0]


def test_a_head_that_is_damaged_or_of_another_catalog_is_refused(
    builds: Builds, tmp_path: Path
) -> None:
    spool = builds.spool()
    catalog, _ = builds.build(spool, kept(spool, texts()))
    assert catalog.notes
    data = (tmp_path / "notes" / catalog.version).read_bytes()
    size = index_size(len(catalog))
    for head, sha256 in (
        (data[: size - 1], catalog.notes.sha256),
        (data[: size - 1] + b"?", catalog.notes.sha256),
        (data[:size], "0" * 64),
    ):
        with pytest.raises(TextError):
            decode_index(head, len(catalog), sha256)
    for damaged in (b"", data[:64], b"?" * len(data), data[:80] + b"?" + data[81:]):
        with pytest.raises(TextError):
            decode_head(damaged)
