"""Circuit breaker: calls a dependency within a time budget, and not at all while it is away."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

import circuitbreaker

from feed.ports.errors import Refused, Unavailable
from feed.ports.users import SummaryStore
from functions.serving.counted_calls import counted
from functions.serving.time_budget import TimeBudget, done_within
from functions.telemetry import log

FAILURE_THRESHOLD = 5
"""consecutive failures after which the circuit opens"""
PROBE_INTERVAL_S = 0.5
PROBE_TIMEOUT_S = 1.0

T = TypeVar("T")


class CircuitOpen(Unavailable):
    """The circuit breaker is open: the call was not made, and took no time."""


class CircuitBreaker:
    """Makes the calls to one dependency, and stops making them after several failures in a row.

    While the circuit is open, a background task probes the dependency, one probe at a time. Its
    first answer closes the circuit, so that no caller waits to find out.
    """

    def __init__(
        self,
        name: str,
        budget: TimeBudget,
        probe: Callable[[], Awaitable[object]],
        *,
        cancel_late: bool = True,
        count: Callable[[str], None] = lambda _result: None,
    ) -> None:
        """Start with a closed circuit.

        Args:
            name: What the log calls the dependency.
            budget: How long each call may take.
            probe: Raises TimeoutError or `Unavailable` while the dependency is away.
            cancel_late: Whether to cancel a call that exceeds its budget. Otherwise it goes on in
                the background, and a late answer closes the circuit: the dependency is slow, not
                gone.
            count: Called with the result of each call that is made, see `counted`.
        """
        self._name = name
        self._budget = budget
        self._probe = probe
        self._cancel_late = cancel_late
        self._count = count
        self._breaker = circuitbreaker.CircuitBreaker(
            FAILURE_THRESHOLD, expected_exception=_is_failure
        )
        self._probing: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether calls are refused at present."""
        return bool(self._breaker.state != circuitbreaker.STATE_CLOSED)

    async def call(self, work: Callable[[], Awaitable[T]], *, limited: bool = True) -> T:
        """Return the result of `work`; without `limited`, however long it takes.

        Raises `CircuitOpen`, TimeoutError when the budget is used up, and whatever `work` raises.
        """
        if self.is_open:
            self._ensure_probing()
            raise CircuitOpen(f"{self._name} is not asked after several failures")
        task = asyncio.ensure_future(work())
        try:
            with self._breaker, counted(self._count):
                if limited and not await done_within(task, self._budget.remaining_s()):
                    self._abandon(task)
                    raise TimeoutError
                result = await task
        finally:
            if self.is_open:
                self._ensure_probing()
        self._budget.mark_connected()
        return result

    def _abandon(self, task: asyncio.Future[T]) -> None:
        if self._cancel_late:
            task.cancel()
        else:
            task.add_done_callback(self._on_late_result)

    def _on_late_result(self, task: asyncio.Future[T]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._budget.mark_connected()
            self._breaker.reset()

    def _ensure_probing(self) -> None:
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._probe_until_closed())

    async def _probe_until_closed(self) -> None:
        log("WARNING", f"{self._name} does not answer: no call is made until a probe is answered")
        while self.is_open:
            await asyncio.sleep(PROBE_INTERVAL_S)
            with suppress(TimeoutError, Unavailable), self._breaker:
                async with asyncio.timeout(PROBE_TIMEOUT_S):
                    await self._probe()
        log("INFO", f"{self._name} answers again")


class _StoreBehindBreaker:
    """A `SummaryStore` that makes every call of another one through a circuit breaker."""

    def __init__(self, store: SummaryStore, breaker: CircuitBreaker) -> None:
        self._store = store
        self._breaker = breaker

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._store, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            return await self._breaker.call(lambda: method(*args, **kwargs), limited=False)

        setattr(self, name, call)
        return call


def with_circuit_breaker(store: SummaryStore, breaker: CircuitBreaker) -> SummaryStore:
    """Return a store that calls `store` through a circuit breaker, without a time limit.

    While the circuit is open, every method raises `CircuitOpen` at once.
    """
    return cast("SummaryStore", _StoreBehindBreaker(store, breaker))


def _is_failure(kind: type[BaseException], _error: BaseException) -> bool:
    """Return whether an error means that the dependency is away, and not that it refused a call."""
    return issubclass(kind, TimeoutError | Unavailable) and not issubclass(kind, Refused)
