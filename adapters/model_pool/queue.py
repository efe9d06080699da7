"""A bounded queue before the pool: so many requests are under way, so many more wait."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from feed.ports.language_model import Overloaded

MAX_RETRY_AFTER_S = 60
SMOOTHING = 0.2
"""weight of the newest request in the mean duration"""


class Queue:
    """Admits requests in the order in which they came, and sheds those beyond its size."""

    def __init__(self, capacity: int, size: int) -> None:
        """Admit `capacity` requests at once, while at most `size` others wait."""
        self.capacity = capacity
        self.size = size
        self.active = 0
        self.waiting = 0
        self.shed = 0
        self._free = asyncio.Semaphore(capacity)
        self._mean_s = 1.0

    @asynccontextmanager
    async def turn(self, deadline: float) -> AsyncIterator[None]:
        """Hold one of the places while the context is open.

        Raises `Overloaded` if the queue is full, or no place is free before the deadline (on the
        event loop's clock).
        """
        loop = asyncio.get_running_loop()
        if self._free.locked():
            await self._wait(deadline)
        else:
            await self._free.acquire()
        started = loop.time()
        self.active += 1
        try:
            yield
        finally:
            self.active -= 1
            self._free.release()
            self._mean_s += SMOOTHING * (loop.time() - started - self._mean_s)

    async def _wait(self, deadline: float) -> None:
        if self.waiting >= self.size:
            raise self.overloaded(f"{self.waiting} requests wait already")
        self.waiting += 1
        try:
            async with asyncio.timeout_at(deadline):
                await self._free.acquire()
        except TimeoutError:
            raise self.overloaded("no request ended in time") from None
        finally:
            self.waiting -= 1

    def overloaded(self, reason: str) -> Overloaded:
        """Count a request as shed, and return its error, which says when there may be room."""
        self.shed += 1
        rounds = (self.waiting + 1) / self.capacity
        after_s = math.ceil(rounds * self._mean_s)
        return Overloaded(f"the model is busy: {reason}", min(max(1, after_s), MAX_RETRY_AFTER_S))
