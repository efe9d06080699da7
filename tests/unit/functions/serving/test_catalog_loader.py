"""The newest sound catalog is found with few downloads."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.folder.shelf import FolderShelf
from catalog_builder.publish.publisher import rollback
from feed.catalog.catalog import Catalog
from feed.ports.errors import Unavailable
from feed.ports.shelf import Buffer
from feed.scenarios.scenario import shipped
from functions.serving import catalog_loader
from functions.serving.catalog_holder import CatalogHolder
from functions.serving.catalog_loader import MAX_TRIES, RESERVE_BYTES
from tests.support.catalogs import NOW, catalog_of, episodes, overwrite, publish_to
from tests.support.damages import DAMAGES, POINTER_DAMAGES, Damage


class CountingShelf(FolderShelf):
    """A folder that remembers what was fetched from it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.fetched: list[str] = []

    def fetch(
        self, version: str, timeout_s: float, max_bytes: int | None = None, sha256: str = ""
    ) -> Buffer:
        self.fetched.append(version)
        return super().fetch(version, timeout_s, max_bytes, sha256)


@pytest.fixture
def shelf(tmp_path: Path) -> CountingShelf:
    return CountingShelf(tmp_path)


def holder_of(shelf: FolderShelf, **options: Any) -> CatalogHolder:
    return CatalogHolder(shelf, {}, refresh_s=30, **options)


def published(folder: Path, count: int, *, size: int = 10) -> list[Catalog]:
    """Catalogs published one a day, the oldest first."""
    days = (NOW + timedelta(days=day) for day in range(count))
    return [publish_to(folder, catalog_of(episodes(size), day)) for day in days]


def spoil(folder: Path, catalog: Catalog) -> bytes:
    """Damage a snapshot; returns the bytes that it had."""
    path = folder / "snapshots" / catalog.version
    before = path.read_bytes()
    overwrite(path, before[:-1])
    return before


def version_after_refresh(holder: CatalogHolder, times: int = 1) -> str:
    """Refresh a number of times; return the version that is held, or an empty text."""
    for _ in range(times):
        holder.load()
    return holder.loaded.catalog.version if holder.loaded else ""


def test_a_broken_snapshot_is_fetched_again_only_once_it_has_changed(
    tmp_path: Path, shelf: CountingShelf
) -> None:
    good, bad = published(tmp_path, 2)
    whole = spoil(tmp_path, bad)
    holder = holder_of(shelf)
    assert version_after_refresh(holder, 20) == good.version
    assert holder.degraded == ("catalog_broken",)
    assert len(shelf.fetched) <= 4
    overwrite(tmp_path / "snapshots" / bad.version, whole)
    assert version_after_refresh(holder) == bad.version
    assert holder.degraded == ()


def test_a_sound_snapshot_is_served_though_the_pointer_is_wrong(
    tmp_path: Path, shelf: CountingShelf
) -> None:
    _, newest = published(tmp_path, 2)
    pointer = tmp_path / "current.json"
    said = msgspec.json.decode(pointer.read_bytes())
    for wrong in (
        {"sha256": "0" * 64, "changed_ns": 0},
        {"size": said["size"] - 1},
        {"size": said["size"] + 1},
    ):
        pointer.write_bytes(msgspec.json.encode(said | wrong))
        holder = holder_of(shelf)
        assert version_after_refresh(holder) == newest.version
        assert holder.degraded == ("catalog_broken",)


def test_a_missing_snapshot_is_loaded_once_it_is_back(tmp_path: Path, shelf: CountingShelf) -> None:
    good, bad = published(tmp_path, 2)
    path = tmp_path / "snapshots" / bad.version
    whole = path.read_bytes()
    path.unlink()
    holder = holder_of(shelf)
    assert version_after_refresh(holder, 5) == good.version
    assert len(shelf.fetched) == 2
    path.write_bytes(whole)
    assert version_after_refresh(holder) == bad.version


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_holder_that_starts_on_a_broken_publication_holds_the_newest_sound_catalog(
    tmp_path: Path, shelf: CountingShelf, damage: Damage
) -> None:
    good, bad = published(tmp_path, 2)
    damage(tmp_path / "snapshots" / bad.version, tmp_path)
    holder = holder_of(shelf)
    assert version_after_refresh(holder) == (bad if damage in POINTER_DAMAGES else good).version
    assert holder.degraded == (DAMAGES[damage],)


def test_a_search_fetches_a_bounded_number_and_the_next_one_continues(
    tmp_path: Path, shelf: CountingShelf
) -> None:
    good, *bad = published(tmp_path, MAX_TRIES + 3)
    for one in bad:
        spoil(tmp_path, one)
    holder = holder_of(shelf)
    assert version_after_refresh(holder) == ""
    assert len(shelf.fetched) == 1 + MAX_TRIES
    assert version_after_refresh(holder) == good.version
    tried = [version for version in shelf.fetched if version != bad[-1].version]
    assert len(tried) == len(set(tried))


def test_a_search_ends_at_its_deadline(
    tmp_path: Path, shelf: CountingShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogs = published(tmp_path, 4)
    for one in catalogs:
        spoil(tmp_path, one)
    clock = iter(range(0, 1000, 25))
    monkeypatch.setattr(catalog_loader, "SEARCH_S", 60.0)
    loader = catalog_loader.CatalogLoader(shelf, {}, monotonic=lambda: float(next(clock)))
    with pytest.raises(Unavailable, match="within 60 s"):
        loader.search(None)
    assert len(shelf.fetched) == 2


def test_after_a_rollback_to_a_broken_catalog_an_older_one_is_tried_before_newer_ones(
    tmp_path: Path, shelf: CountingShelf
) -> None:
    oldest, broken, rolled_back = published(tmp_path, 3)
    rollback(FolderShelf(tmp_path), broken.version)
    spoil(tmp_path, broken)
    assert version_after_refresh(holder_of(shelf)) == oldest.version
    spoil(tmp_path, oldest)
    assert version_after_refresh(holder_of(shelf)) == rolled_back.version


def test_if_the_newest_snapshot_does_not_fit_an_older_one_is_loaded(
    tmp_path: Path, shelf: CountingShelf
) -> None:
    (small,) = published(tmp_path, 1)
    size = shelf.entries(1)[0].size
    publish_to(tmp_path, catalog_of(episodes(400), NOW + timedelta(days=1)))
    holder = holder_of(shelf, memory_limit=RESERVE_BYTES + size)
    shelf.fetched.clear()
    assert version_after_refresh(holder) == small.version
    assert holder.degraded == ("catalog_too_large",)
    assert shelf.fetched[-1] == small.version


@pytest.mark.parametrize("unreadable", [1, 2])
def test_a_snapshot_that_cannot_be_read_does_not_end_the_search(
    tmp_path: Path, shelf: CountingShelf, unreadable: int
) -> None:
    catalogs = published(tmp_path, 2)
    for catalog in catalogs[-unreadable:]:
        path = tmp_path / "snapshots" / catalog.version
        path.unlink()
        path.mkdir()  # as a file without permission, and it holds for root, too
    holder = holder_of(shelf)
    assert version_after_refresh(holder) == (catalogs[0].version if unreadable == 1 else "")
    assert holder.degraded == ("catalog_unreachable",)


def test_a_loaded_catalog_has_the_vectors_of_its_series_before_a_request_needs_them(
    shelf: CountingShelf, tmp_path: Path
) -> None:
    published(tmp_path, 1)
    holder = CatalogHolder(shelf, shipped(), refresh_s=30, expected=["for_you"])
    holder.load()
    assert holder.loaded
    assert "vectors" in vars(holder.loaded.rankers["for_you"].series)
