"""Catalog holder: keeps the published catalog in memory and follows the shelf.

The catalog is loaded at import, before the server forks. Later, a request that finds the last
refresh old starts another one in a thread, without waiting for it. A new catalog replaces the old
one as a whole. If a refresh fails, the catalog in memory stays; a process that has none takes the
newest sound one of the shelf. `degraded` names what failed.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

from feed.model.degradation import Degradation
from feed.ports.errors import Damaged, Unavailable
from feed.ports.shelf import LookTimes, Shelf, ShelfPointer
from feed.scenarios.scenario import Scenario
from functions.serving.catalog_loader import (
    FETCH_S,
    LIST_S,
    SEARCH_S,
    CatalogLoader,
    UnusableError,
)
from functions.serving.degradation_log import DegradationLog
from functions.serving.loaded_catalog import LoadedCatalog
from functions.telemetry import log_error

POINTER_S = 5.0
"""deadline for reading the pointer"""
REFRESH_S = POINTER_S + LIST_S + FETCH_S + SEARCH_S + 30.0
"""a refresh that takes longer hangs: it is abandoned, and its result is not used"""
FIRST_WAIT_S = 10.0
"""how long a request waits for a refresh while no catalog was ever loaded"""
OLD_S = 600.0
"""a request waits for a new refresh after this time, in which an instance may have been idle
without processor time"""
OLD_WAIT_S = 1.0


class NoCatalogError(Exception):
    """No catalog has been loaded yet."""


class CatalogHolder:
    """Keeps the current catalog of a shelf in memory."""

    def __init__(
        self,
        shelf: Shelf,
        scenarios: Mapping[str, Scenario],
        *,
        refresh_s: float,
        expected: Collection[str] = (),
        memory_limit: int | None = None,
        degradations: DegradationLog | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Hold no catalog yet.

        Args:
            shelf: Where snapshots are published.
            scenarios: Every scenario that a session may name, by name.
            refresh_s: Seconds after which a request starts another refresh.
            expected: Scenarios whose rankers are made before a catalog is used.
            memory_limit: In bytes; None is no limit.
            degradations: Where failures are logged.
            monotonic: A clock in seconds.
        """
        self._shelf = shelf
        self._loader = CatalogLoader(
            shelf, scenarios, expected=expected, memory_limit=memory_limit, monotonic=monotonic
        )
        self._degradations = degradations or DegradationLog(monotonic)
        self._refresh_s = refresh_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._loaded: LoadedCatalog | None = None
        self._looks: LookTimes | None = None
        self._failure: Degradation | None = None
        self._refreshed_at = float("-inf")
        self._refreshing: asyncio.Future[None] | None = None
        self._refresh_began = 0.0
        self._pointer_was_read = False
        self._refresh_number = 0

    @property
    def loaded(self) -> LoadedCatalog | None:
        """The catalog in memory, if there is one."""
        return self._loaded

    @property
    def looks(self) -> LookTimes | None:
        """When the schedule last looked for changes, as of the last refresh that succeeded."""
        return self._looks

    @property
    def degraded(self) -> tuple[Degradation, ...]:
        """Why the last refresh failed; empty if it did not."""
        return (self._failure,) if self._failure else ()

    def load(self) -> None:
        """Load the published catalog now. A failure is logged and remembered, never raised."""
        self._refresh_number += 1
        self._refresh(self._refresh_number)

    def warm_up(self) -> None:
        """Rank a session, if there is a catalog, to copy the memory that a forked worker shares.

        A page of memory that is shared with the parent is copied when it is first written, and
        every object that is used is written, since its references are counted.
        """
        if self._loaded is not None:
            self._loaded.rankers.warm_up()

    async def current(self) -> LoadedCatalog:
        """Return the catalog to answer this request from. Raises `NoCatalogError`."""
        now = self._monotonic()
        age_s = now - self._refreshed_at
        self._report_slow_pointer(now)
        if self._loaded is None:
            await self._wait(FIRST_WAIT_S)
        elif age_s > OLD_S and not self._is_refreshing:
            await self._wait(OLD_WAIT_S)
        elif age_s > self._refresh_s:
            self._ensure_refreshing()
        if self._loaded is None:
            raise NoCatalogError
        return self._loaded

    @property
    def _is_refreshing(self) -> bool:
        return self._refreshing is not None and not self._refreshing.done()

    def _report_slow_pointer(self, now: float) -> None:
        """Call the shelf unreachable while a refresh waits too long for the pointer."""
        slow = now - self._refresh_began > POINTER_S
        if self._is_refreshing and not self._pointer_was_read and slow:
            self._failure = Degradation.CATALOG_UNREACHABLE

    async def _wait(self, timeout_s: float) -> None:
        await asyncio.wait([self._ensure_refreshing()], timeout=timeout_s)

    def _ensure_refreshing(self) -> asyncio.Future[None]:
        """Return the running refresh, or start one in a thread of its own."""
        now = self._monotonic()
        if self._refreshing and self._is_refreshing and now - self._refresh_began < REFRESH_S:
            return self._refreshing
        loop = asyncio.get_running_loop()
        self._refresh_number += 1
        number = self._refresh_number
        done: asyncio.Future[None] = loop.create_future()
        self._refreshing, self._refresh_began, self._pointer_was_read = done, now, False

        def run() -> None:
            self._refresh(number)
            with suppress(RuntimeError):  # the server has stopped meanwhile
                loop.call_soon_threadsafe(done.set_result, None)

        # A daemon: a thread that hangs must not keep the process from ending.
        threading.Thread(target=run, name="catalog-refresh", daemon=True).start()
        return done

    def _refresh(self, number: int) -> None:
        """Load what the shelf's pointer names; drop the result if a later refresh has begun."""
        pointer, loaded, looks = None, self._loaded, self._looks
        failure: Degradation | None = Degradation.CATALOG_UNREACHABLE
        try:
            pointer = self._shelf.current(POINTER_S)
            self._pointer_was_read = number == self._refresh_number
            if pointer is None:
                failure = self._explain(Degradation.CATALOG_MISSING, "no current.json")
            else:
                if loaded is None or pointer.version != loaded.catalog.version:
                    loaded = self._loader.load(pointer, loaded)
                failure, looks = None, pointer.looks
        except UnusableError as error:
            failure = self._explain(error.cause, str(error))
        except Damaged as error:
            failure = self._explain(Degradation.CATALOG_BROKEN, str(error))
        except Unavailable as error:
            failure = self._explain(Degradation.CATALOG_UNREACHABLE, str(error))
        except Exception as error:  # noqa: BLE001  # whatever it is, the last good catalog stays
            log_error("refreshing the catalog failed", error)
        if failure:
            self._degradations.report([failure])
        if loaded is None:
            loaded = self._search(pointer)
        with self._lock:
            if number == self._refresh_number:
                self._loaded, self._failure, self._looks = loaded, failure, looks
                self._refreshed_at = self._monotonic()

    def _search(self, pointer: ShelfPointer | None) -> LoadedCatalog | None:
        """Return the newest sound catalog of the shelf, or None; failures are logged."""
        try:
            return self._loader.search(pointer)
        except Unavailable as error:
            self._explain(Degradation.CATALOG_UNREACHABLE, str(error))
            self._degradations.report([Degradation.CATALOG_UNREACHABLE])
        except Exception as error:  # noqa: BLE001  # a later refresh tries again
            log_error("searching the shelf failed", error)
        return None

    def _explain(self, cause: Degradation, reason: str) -> Degradation:
        self._degradations.explain(cause, reason)
        return cause
