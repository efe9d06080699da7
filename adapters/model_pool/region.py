"""One region of the pool: its client, its circuit breaker, and what is known of its speed."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, get_args

from adapters.model_pool.breaker import Breaker
from adapters.model_pool.client import ModelClient
from feed.ports.language_model import RegionState

Kind = Literal["generate", "stream", "embed"]
Working = Literal["ok", "blocked", "refused"]
Failing = Literal["overloaded", "unavailable", "timeout", "interrupted"]
Result = Working | Failing | Literal["cancelled"]
SMOOTHING = 0.2
"""weight of the newest request in the mean latency (EWMA)"""
PATIENCE_S = 2.0
"""a request that was given less time, and had no answer by then, says nothing bad of its region"""


class Call:
    """One request to a region. Who made it notes its result."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.started: float | None = None
        """on the event loop's clock; None until the client is there"""
        self.result: Result = "cancelled"

    def start(self) -> None:
        """Note that the client is there, and is called now."""
        self.started = _now()

    @property
    def seconds(self) -> float:
        """Seconds since the client was called."""
        return 0.0 if self.started is None else _now() - self.started

    @property
    def succeeded(self) -> bool | None:
        """Whether the region works; None: nothing was learned of it."""
        is_impatient = self.result == "timeout" and self.seconds < PATIENCE_S
        if self.result == "cancelled" or is_impatient:
            return None
        return self.result in get_args(Working)


class Region:
    """Starts requests to one region, spaced, and counts how they end."""

    def __init__(
        self,
        name: str,
        connect: Callable[[str], ModelClient],
        spacing_s: float,
        count: Callable[[str, str], None],
    ) -> None:
        """`connect` makes the client of a region, and may take its time: it runs in a thread.

        `count` is called with the region and the result of each request.
        """
        self.name = name
        self.active = 0
        self._connect = connect
        self._connecting: asyncio.Task[ModelClient] | None = None
        self._spacing_s = spacing_s
        self._next_start = float("-inf")
        self._count = count
        self._breaker = Breaker()
        self._latency_s: dict[Kind, float] = {}
        self._results: Counter[str] = Counter()

    async def client(self) -> ModelClient:
        """The region's client, made with the first request. Raises what `connect` raises."""
        if self._connecting is None or _failed(self._connecting):
            making = asyncio.to_thread(self._connect, self.name)
            self._connecting = asyncio.create_task(making)
        return await asyncio.shield(self._connecting)

    def admits(self) -> bool:
        """Whether a request may start: the circuit is not open, and no other one probes it."""
        return self._breaker.admits(_now())

    def needs_probe(self) -> bool:
        """Whether the next request finds out if the region works again."""
        return self._breaker.state(_now()) == "half_open"

    def expected_s(self, kind: Kind) -> float:
        """After how many seconds a request that starts now is likely to be answered."""
        wait_s = max(0.0, self._next_start - _now())
        return wait_s + self._latency_s.get(kind, 0.0)

    async def turn(self) -> None:
        """Wait until the spacing allows the next request to start."""
        start = max(_now(), self._next_start)
        self._next_start = start + self._spacing_s
        await asyncio.sleep(start - _now())

    @contextmanager
    def occupied(self) -> Iterator[None]:
        """Count a request as under way, from before it waits for its turn."""
        self.active += 1
        try:
            yield
        finally:
            self.active -= 1

    @contextmanager
    def call(self, kind: Kind) -> Iterator[Call]:
        """A request, whose result counts when the context is left."""
        call = Call(kind)
        is_probe = self._breaker.start(_now())
        try:
            yield call
        finally:
            self._breaker.end(_now(), succeeded=call.succeeded, is_probe=is_probe)
            self._results[call.result] += 1
            self._count(self.name, call.result)

    def note_latency(self, call: Call) -> None:
        """Note that a request was answered now, or that it was not by now."""
        seconds = call.seconds
        known = self._latency_s.get(call.kind, seconds)
        if call.result == "timeout":
            seconds = max(seconds, known)
        self._latency_s[call.kind] = known + SMOOTHING * (seconds - known)

    def state(self) -> RegionState:
        """What is known of the region at present."""
        return RegionState(
            name=self.name,
            circuit=self._breaker.state(_now()),
            failures=self._breaker.failures,
            active=self.active,
            latency_ms={kind: round(s * 1000, 1) for kind, s in self._latency_s.items()},
            results=dict(self._results),
        )

    async def aclose(self) -> None:
        """Close the client's connections, if it was ever made."""
        if self._connecting and self._connecting.done() and not _failed(self._connecting):
            await self._connecting.result().aclose()


def _failed(task: asyncio.Task[ModelClient]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _now() -> float:
    """The event loop's clock, so that a test can run a pool in simulated time."""
    return asyncio.get_running_loop().time()
