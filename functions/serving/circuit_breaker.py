"""Guard: calls to a dependency within a time budget, behind a circuit breaker."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from circuitbreaker import STATE_CLOSED, CircuitBreaker

from feed.ports.errors import Refused, Unavailable
from functions.serving.time_budget import Budget, done_within
from functions.telemetry import log

FAILURES = 5
"""so many in a row, and the dependency is left alone"""
REST_S = 0.5
"""before each probe of a dependency that is left alone"""
PROBE_S = 1.0
"""how long a probe may take"""

T = TypeVar("T")


class Resting(Unavailable):
    """The dependency is left alone just now; nothing was asked, and no time spent."""


class Guard:
    """Calls to one dependency.

    While the circuit is open no call is made. One probe at a time asks in the background whether
    the dependency is back, so that no caller waits to find out; its first answer closes the
    circuit.
    """

    def __init__(
        self,
        name: str,
        budget: Budget,
        probe: Callable[[], Awaitable[object]],
        *,
        cuts_off: bool = True,
    ) -> None:
        """`name` is for the log; `probe` raises TimeoutError or `Unavailable` while it is away.

        A call that is over its budget is cancelled where `cuts_off`. Else it goes on unattended:
        should its answer come after all, the dependency is slow rather than gone, and the circuit
        is closed.
        """
        self._name = name
        self._budget = budget
        self._probe = probe
        self._cuts_off = cuts_off
        self._breaker = CircuitBreaker(FAILURES, expected_exception=_is_failure)
        self._probing: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the dependency is left alone."""
        return bool(self._breaker.state != STATE_CLOSED)

    async def call(self, work: Callable[[], Awaitable[T]], *, patient: bool = False) -> T:
        """What `work` returns. Raises `Resting`, TimeoutError, and what `work` raises.

        With `patient` the call takes as long as `work` does.
        """
        if self.is_open:
            self._ensure_probing()
            raise Resting(f"{self._name} is left alone after several failures")
        task = asyncio.ensure_future(work())
        try:
            with self._breaker:
                if not patient and not await done_within(task, self._budget.left_s()):
                    self._abandon(task)
                    raise TimeoutError
                done = await task
        finally:
            if self.is_open:
                self._ensure_probing()
        self._budget.answered()
        return done

    def _abandon(self, task: asyncio.Future[T]) -> None:
        if self._cuts_off:
            task.cancel()
        else:
            task.add_done_callback(self._note_late)

    def _note_late(self, task: asyncio.Future[T]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._budget.answered()
            self._breaker.reset()

    def _ensure_probing(self) -> None:
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._probe_until_back())

    async def _probe_until_back(self) -> None:
        log("WARNING", f"{self._name} does not answer: it is left alone until it does")
        while self.is_open:
            await asyncio.sleep(REST_S)
            with suppress(TimeoutError, Unavailable), self._breaker:
                async with asyncio.timeout(PROBE_S):
                    await self._probe()
        log("INFO", f"{self._name} answers again")


def _is_failure(kind: type[BaseException], _error: BaseException) -> bool:
    """Whether an error speaks of the dependency, and not of what it was asked."""
    return issubclass(kind, TimeoutError | Unavailable) and not issubclass(kind, Refused)
