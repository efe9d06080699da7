"""The catalog holder follows the shelf, and keeps its catalog when the shelf fails."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.folder.shelf import FolderShelf
from feed.catalog.catalog import Catalog
from feed.ports.shelf import Buffer, ShelfPointer
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import Scenario, shipped
from functions.serving.catalog_holder import OLD_S, POINTER_S, CatalogHolder, NoCatalogError
from functions.serving.catalog_loader import RESERVE_BYTES
from tests.support.catalogs import catalog_of, episodes, publish_to
from tests.support.clock import Clock


class SlowShelf(FolderShelf):
    """A folder whose calls wait while the gate is shut."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.gate = threading.Event()
        self.gate.set()
        self.pointer_reads = 0

    def current(self, timeout_s: float) -> ShelfPointer | None:
        self.pointer_reads += 1
        self.gate.wait(30)
        return super().current(timeout_s)


@pytest.fixture
def shelf(tmp_path: Path) -> SlowShelf:
    return SlowShelf(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_holder(shelf: SlowShelf, clock: Clock) -> Callable[..., CatalogHolder]:
    def make(**options: Any) -> CatalogHolder:
        return CatalogHolder(shelf, shipped(), refresh_s=30, monotonic=clock, **options)

    return make


@pytest.fixture
def holder(make_holder: Callable[..., CatalogHolder], tmp_path: Path) -> CatalogHolder:
    """A holder that has loaded a catalog of 30 episodes."""
    publish_to(tmp_path, catalog_of(episodes(30)))
    holder = make_holder()
    holder.load()
    return holder


async def settled(holder: CatalogHolder) -> None:
    """Wait until the running refresh has ended."""
    if holder._refreshing is not None:
        await holder._refreshing


def test_a_catalog_is_held_once_the_rankers_of_expected_scenarios_are_ready(
    make_holder: Callable[..., CatalogHolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_to(tmp_path, catalog_of(episodes(30)))
    made: list[str] = []

    class Watched(Ranker):
        def __init__(self, catalog: Catalog, scenario: Scenario) -> None:
            made.append(scenario.name)
            super().__init__(catalog, scenario)

    monkeypatch.setattr("functions.serving.loaded_catalog.Ranker", Watched)
    holder = make_holder(expected=("for_you",))
    holder.load()
    assert made == ["for_you"]
    assert holder.loaded is not None
    for _ in range(2):
        assert {name: one.scenario for name, one in holder.loaded.rankers.items()} == shipped()
    assert sorted(made) == sorted(shipped())  # another when it is first asked for, once


async def test_a_request_starts_a_refresh_without_waiting_for_it(
    shelf: SlowShelf, clock: Clock, holder: CatalogHolder, tmp_path: Path
) -> None:
    second = publish_to(tmp_path, catalog_of(episodes(31)))
    assert len((await holder.current()).catalog) == 30
    assert shelf.pointer_reads == 1
    shelf.gate.clear()
    clock.now_s += 31
    for _ in range(2):
        assert len((await holder.current()).catalog) == 30
    shelf.gate.set()
    await settled(holder)
    assert shelf.pointer_reads == 2
    assert (await holder.current()).catalog.version == second.version


async def test_a_request_waits_for_a_refresh_when_the_last_one_is_long_past(
    clock: Clock, holder: CatalogHolder, tmp_path: Path
) -> None:
    second = publish_to(tmp_path, catalog_of(episodes(31)))
    clock.now_s += OLD_S + 1
    assert (await holder.current()).catalog.version == second.version


async def test_a_shelf_that_hangs_is_named_and_delays_one_request_at_most(
    shelf: SlowShelf, clock: Clock, holder: CatalogHolder
) -> None:
    shelf.gate.clear()
    clock.now_s += OLD_S + 1
    began = asyncio.get_running_loop().time()
    for _ in range(5):
        await holder.current()
        clock.now_s += POINTER_S + 1
    assert asyncio.get_running_loop().time() - began < 2
    await holder.current()
    assert holder.degraded == ("catalog_unreachable",)
    shelf.gate.set()
    await settled(holder)
    assert holder.degraded == ()


async def test_without_a_catalog_every_request_refreshes(
    make_holder: Callable[..., CatalogHolder], tmp_path: Path
) -> None:
    holder = make_holder()
    holder.load()
    with pytest.raises(NoCatalogError):
        await holder.current()
    assert holder.degraded == ("catalog_missing",)
    publish_to(tmp_path, catalog_of(episodes(30)))
    assert len((await holder.current()).catalog) == 30
    assert holder.degraded == ()


def test_a_pointer_with_a_wrong_size_does_not_evade_the_memory_limit(
    make_holder: Callable[..., CatalogHolder], tmp_path: Path
) -> None:
    publish_to(tmp_path, catalog_of(episodes(30)))
    pointer = msgspec.json.decode((tmp_path / "current.json").read_bytes())
    (tmp_path / "current.json").write_bytes(msgspec.json.encode({**pointer, "size": 1}))
    holder = make_holder(memory_limit=RESERVE_BYTES + 1000)
    holder.load()
    assert holder.loaded is None
    assert holder.degraded == ("catalog_broken",)


def test_the_old_and_the_new_catalog_together_must_fit_the_memory_limit(
    make_holder: Callable[..., CatalogHolder], tmp_path: Path
) -> None:
    first = publish_to(tmp_path, catalog_of(episodes(30)))
    size = FolderShelf(tmp_path).entries(1)[0].size
    holder = make_holder(memory_limit=RESERVE_BYTES + size + size // 2)
    holder.load()
    assert holder.loaded
    assert holder.loaded.size_bytes == size
    publish_to(tmp_path, catalog_of(episodes(31)))
    holder.load()
    assert holder.loaded.catalog.version == first.version
    assert holder.degraded == ("catalog_too_large",)


def test_after_an_unexpected_error_the_last_good_catalog_stays(
    shelf: SlowShelf, holder: CatalogHolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_to(tmp_path, catalog_of(episodes(31)))

    def surprise(*_: Any, **__: Any) -> Buffer:
        raise ZeroDivisionError

    monkeypatch.setattr(shelf, "fetch", surprise)
    holder.load()
    assert holder.loaded
    assert len(holder.loaded.catalog) == 30
    assert holder.degraded == ("catalog_broken",)
