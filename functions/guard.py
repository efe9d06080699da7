"""Guard: calls to a dependency within a time budget, behind a circuit breaker."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from circuitbreaker import STATE_HALF_OPEN, CircuitBreaker

from feed.ports import Unavailable
from functions.budget import Budget

FAILURES = 5
"""so many in a row, and the dependency is left alone"""
REST_S = 5
"""for so many seconds; then one call tries whether it is back"""

T = TypeVar("T")


class Resting(Unavailable):
    """The dependency is left alone just now; nothing was asked, and no time spent."""


class Guard:
    """Calls to one dependency."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._breaker = CircuitBreaker(FAILURES, REST_S, (TimeoutError, Unavailable))
        self._trying = False

    async def call(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` returns. Raises `Resting`, TimeoutError, and what `work` raises."""
        if self._breaker.opened or self._trying:
            raise Resting("left alone after several failures")
        tries = self._trying = self._breaker.state == STATE_HALF_OPEN
        try:
            with self._breaker:
                async with asyncio.timeout(self._budget.left_s()):
                    done = await work()
        finally:
            if tries:
                self._trying = False
        self._budget.answered()
        return done
