"""The catalog holder: the catalog in memory, and how it follows the shelf.

Loaded at import, before the server forks. Later a request that finds the last look old starts
another in a thread and is not held up by it. A new catalog is swapped in whole; the last good
one stays whatever goes wrong, or the newest sound one of the shelf where none is held yet, and
`degraded` names what did.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

from feed.model.degradation import Degradation
from feed.ports.errors import Damaged, Unavailable
from feed.ports.shelf import Pointer, Shelf
from feed.scenarios.scenario import Scenario
from functions.serving.catalog_loader import (
    FETCH_S,
    LIST_S,
    SEARCH_S,
    CatalogLoader,
    Held,
    UnusableError,
)
from functions.serving.degradation_log import DegradationLog
from functions.telemetry import log_error

POINTER_S = 5.0
"""deadline for reading the pointer"""
LOOK_S = POINTER_S + LIST_S + FETCH_S + SEARCH_S + 30.0
"""a look that takes longer hangs: it is given up, and its result is not used"""
FIRST_WAIT_S = 10.0
"""how long a request waits where there has never been a catalog"""
OLD_S = 600.0
"""a look older than this is awaited: between requests an instance may have had no processor"""
OLD_WAIT_S = 1.0


class NoCatalogError(Exception):
    """There has never been a catalog."""


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
        """`expected` are the scenarios that a catalog is made ready for before it is held."""
        self._shelf = shelf
        self._loader = CatalogLoader(
            shelf, scenarios, expected=expected, memory_limit=memory_limit, monotonic=monotonic
        )
        self._degradations = degradations or DegradationLog(monotonic)
        self._refresh_s = refresh_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._held: Held | None = None
        self._problem: Degradation | None = None
        self._looked_at = float("-inf")
        self._look: asyncio.Future[None] | None = None
        self._look_began = 0.0
        self._found_pointer = False
        self._number = 0

    @property
    def held(self) -> Held | None:
        """The catalog in memory, if there is one."""
        return self._held

    @property
    def degraded(self) -> tuple[Degradation, ...]:
        """What the last look could not do, if anything."""
        return (self._problem,) if self._problem else ()

    def load(self) -> None:
        """Look at the shelf now. A failure is logged and remembered, and raises nothing."""
        self._number += 1
        self._look_at_shelf(self._number)

    def warm_up(self) -> None:
        """Look through what a session looks at, if there is a catalog: after a fork, its memory.

        A page of it that is shared with the parent is copied when it is first touched, and every
        object is touched that is used, for its references are counted.
        """
        if self._held is not None:
            self._held.rankers.warm_up()

    async def current(self) -> Held:
        """The catalog to answer this request from. Raises `NoCatalogError`."""
        now = self._monotonic()
        age_s = now - self._looked_at
        self._name_a_slow_look(now)
        if self._held is None:
            await self._wait(FIRST_WAIT_S)
        elif age_s > OLD_S and not self._looking:
            await self._wait(OLD_WAIT_S)
        elif age_s > self._refresh_s:
            self._start()
        if self._held is None:
            raise NoCatalogError
        return self._held

    @property
    def _looking(self) -> bool:
        return self._look is not None and not self._look.done()

    def _name_a_slow_look(self, now: float) -> None:
        """A look that has no pointer in time is named, though it may still end well."""
        if self._looking and not self._found_pointer and now - self._look_began > POINTER_S:
            self._problem = Degradation.CATALOG_UNREACHABLE

    async def _wait(self, timeout_s: float) -> None:
        await asyncio.wait([self._start()], timeout=timeout_s)

    def _start(self) -> asyncio.Future[None]:
        """The look that is under way, or a new one in a thread of its own."""
        now = self._monotonic()
        if self._look and self._looking and now - self._look_began < LOOK_S:
            return self._look
        loop = asyncio.get_running_loop()
        self._number += 1
        number = self._number
        look: asyncio.Future[None] = loop.create_future()
        self._look, self._look_began, self._found_pointer = look, now, False

        def run() -> None:
            self._look_at_shelf(number)
            with suppress(RuntimeError):  # the server has stopped meanwhile
                loop.call_soon_threadsafe(look.set_result, None)

        # A daemon: one that hangs must not keep the process from ending.
        threading.Thread(target=run, name="catalog-look", daemon=True).start()
        return look

    def _look_at_shelf(self, number: int) -> None:
        """Take what the shelf points at, unless a later look has begun."""
        pointer, held = None, self._held
        problem: Degradation | None = Degradation.CATALOG_UNREACHABLE
        try:
            pointer = self._shelf.current(POINTER_S)
            self._found_pointer = number == self._number
            held, problem = self._pointed_at(pointer, held)
        except UnusableError as error:
            problem = self._explained(error.cause, str(error))
        except Damaged as error:
            problem = self._explained(Degradation.CATALOG_BROKEN, str(error))
        except Unavailable as error:
            problem = self._explained(Degradation.CATALOG_UNREACHABLE, str(error))
        except Exception as error:  # noqa: BLE001  # whatever it is, the last good catalog stays
            log_error("looking at the shelf failed", error)
        if problem:
            self._degradations.report([problem])
        if held is None:
            held = self._search(pointer)
        with self._lock:
            if number == self._number:
                self._held, self._problem = held, problem
                self._looked_at = self._monotonic()

    def _pointed_at(
        self, pointer: Pointer | None, held: Held | None
    ) -> tuple[Held | None, Degradation | None]:
        if pointer is None:
            return held, self._explained(Degradation.CATALOG_MISSING, "no current.json")
        if held is not None and pointer.version == held.catalog.version:
            return held, None
        return self._loader.load(pointer, held), None

    def _search(self, pointer: Pointer | None) -> Held | None:
        """The newest sound catalog beside the one that cannot be had, if there is any."""
        try:
            return self._loader.search(pointer)
        except Unavailable as error:
            self._explained(Degradation.CATALOG_UNREACHABLE, str(error))
            self._degradations.report([Degradation.CATALOG_UNREACHABLE])
        except Exception as error:  # noqa: BLE001  # a later look tries again
            log_error("searching the shelf failed", error)
        return None

    def _explained(self, cause: Degradation, reason: str) -> Degradation:
        self._degradations.explain(cause, reason)
        return cause
