import asyncio
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.folder.shelf import FolderShelf
from feed.model.degradation import Degradation
from feed.snapshot.codec import decode
from functions.serving.catalog_loader import RESERVE_BYTES
from functions.serving.degradation_log import DegradationLog
from functions.serving.loaded_catalog import LoadedCatalog, Rankers
from functions.serving.search_index import RETRY_S, SearchIndexes
from tests.support.catalogs import catalog_of, episodes, publish_to
from tests.support.clock import Clock

UNAVAILABLE = (Degradation.SEARCH_INDEX_UNAVAILABLE,)


def loaded_from(folder: Path) -> LoadedCatalog:
    shelf = FolderShelf(folder)
    pointer = shelf.current(5)
    assert pointer
    catalog = decode(shelf.fetch(pointer.version, 5))
    return LoadedCatalog(catalog, Rankers(catalog, {}, ()), pointer.size)


def test_an_index_is_loaded_once_and_again_after_a_failure(tmp_path: Path) -> None:
    publish_to(tmp_path, catalog_of(episodes(30)))
    loaded, clock = loaded_from(tmp_path), Clock()
    indexes = SearchIndexes(FolderShelf(tmp_path), DegradationLog(), None, clock)
    (tmp_path / "indexes").rename(tmp_path / "elsewhere")

    async def run() -> None:
        assert await indexes.of(loaded) == (None, UNAVAILABLE)
        (tmp_path / "elsewhere").rename(tmp_path / "indexes")
        assert await indexes.of(loaded) == (None, UNAVAILABLE)
        clock.now_s += RETRY_S
        (index, degraded), again = await asyncio.gather(indexes.of(loaded), indexes.of(loaded))
        assert index is not None
        assert (again[0] is index, degraded) == (True, ())
        shutil.rmtree(tmp_path / "indexes")
        later = LoadedCatalog(replace(loaded.catalog, version="later"), loaded.rankers, 1)
        assert (await indexes.of(later))[0] is index

    asyncio.run(run())


def test_an_error_that_nobody_expects_ends_one_search_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_to(tmp_path, catalog_of(episodes(30)))
    loaded, clock, shelf = loaded_from(tmp_path), Clock(), FolderShelf(tmp_path)
    indexes = SearchIndexes(shelf, DegradationLog(), None, clock)

    async def run() -> None:
        with monkeypatch.context() as full:
            full.setattr(shelf, "fetch_index", raising(MemoryError()))
            with pytest.raises(MemoryError):
                await indexes.of(loaded)
        assert await indexes.of(loaded) == (None, UNAVAILABLE)
        clock.now_s += RETRY_S
        assert (await indexes.of(loaded))[0] is not None

    asyncio.run(run())


def raising(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_an_index_that_does_not_fit_in_memory_or_never_was_is_named(tmp_path: Path) -> None:
    publish_to(tmp_path, catalog_of(episodes(30)))
    loaded = loaded_from(tmp_path)
    limit = RESERVE_BYTES + loaded.size_bytes
    indexes = SearchIndexes(FolderShelf(tmp_path), DegradationLog(), limit)
    assert asyncio.run(indexes.of(loaded)) == (None, UNAVAILABLE)
    without = LoadedCatalog(catalog_of(episodes(30)), loaded.rankers, 1)
    assert asyncio.run(indexes.of(without)) == (None, (Degradation.SEARCH_INDEX_MISSING,))
