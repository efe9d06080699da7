from datetime import timedelta
from pathlib import Path

import pytest

from adapters.folder.shelf import FolderShelf
from catalog_builder.errors import CommandError
from catalog_builder.publish import publisher
from catalog_builder.search_index import build_search_index
from feed.catalog.catalog import Catalog
from feed.model.transcript import Transcript, TranscriptPart
from feed.search.codec import encode
from feed.snapshot.codec import decode
from tests.support.catalogs import NOW, catalog_of, episodes
from tests.support.notes import publish_notes


def publish(folder: Path, catalog: Catalog) -> bytes:
    """Publish a catalog; returns the index that its snapshot then has, once it is verified."""
    shelf = FolderShelf(folder)
    version = publisher.publish(shelf, catalog, force=True).pointer.version
    stored = decode(shelf.fetch(version, 5)).search_index
    assert stored
    return bytes(shelf.fetch_index(version, 5, stored.size, stored.sha256))


def test_an_index_is_built_again_only_where_episodes_changed_or_it_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[int] = []
    monkeypatch.setattr(
        publisher,
        "build_search_index",
        lambda catalog, _: (built.append(len(catalog)), build_search_index(catalog))[1],
    )
    catalogs = [catalog_of(episodes(20), NOW + timedelta(hours=hour)) for hour in range(3)]
    index = encode(build_search_index(catalogs[0]))
    assert publish(tmp_path, catalogs[0]) == index
    assert publish(tmp_path, catalogs[1]) == index
    assert built == [20]
    damaged = tmp_path / "indexes" / catalogs[1].version
    damaged.unlink()
    damaged.write_bytes(index[:-1] + b"?")
    assert publish(tmp_path, catalogs[2]) == index
    assert built == [20, 20]
    publish(tmp_path, catalog_of(episodes(21), NOW))
    assert built == [20, 20, 21]


def test_a_damaged_copy_under_the_name_of_a_version_gives_it_a_name_of_its_own(
    tmp_path: Path,
) -> None:
    catalog = catalog_of(episodes(20))
    (tmp_path / "indexes").mkdir()
    (tmp_path / "indexes" / catalog.version).write_bytes(b"?")
    assert publish(tmp_path, catalog) == encode(build_search_index(catalog))


@pytest.mark.parametrize("folder", ["indexes", "notes", "transcripts"])
def test_a_version_is_sound_only_with_its_search_index_and_its_texts(
    tmp_path: Path, folder: str
) -> None:
    shelf = FolderShelf(tmp_path)
    notes, spoken = ["<p>One.</p>", None, "<p>Three.</p>"], Transcript([], [TranscriptPart("x")])
    version = publish_notes(shelf, notes, None, {1: spoken}).version
    assert publisher.verify(shelf).version == version
    stored = tmp_path / folder / version
    data = bytearray(stored.read_bytes())
    stored.unlink()
    with pytest.raises(CommandError, match=version):
        publisher.verify(shelf)
    data[-1] ^= 1
    stored.write_bytes(data)
    with pytest.raises(CommandError, match=version):
        publisher.verify(shelf)
