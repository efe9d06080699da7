"""Time budgets: how long a call to a dependency may take."""

import asyncio
import time
from typing import Any

CONNECT_S = 2.0
"""what all calls share until one is answered: they wait for the connection to be opened"""
SLICE_S = 0.01
"""how much of a budget one turn of the event loop can use up"""


class TimeBudget:
    """The time for each call to one dependency, longer until the first call is answered."""

    def __init__(self, usual_s: float) -> None:
        self._usual_s = usual_s
        self._first_call_s: float | None = None
        """on the monotonic clock"""
        self._is_connected = False

    def remaining_s(self) -> float:
        """Return how long a call that starts now may take, in seconds."""
        if self._is_connected:
            return self._usual_s
        now_s = time.monotonic()
        if self._first_call_s is None:
            self._first_call_s = now_s
        return max(self._usual_s, self._first_call_s + CONNECT_S - now_s)

    def mark_connected(self) -> None:
        """Note that a call was answered: from now on each call has the usual time."""
        self._is_connected = True


async def done_within(task: asyncio.Future[Any], budget_s: float) -> bool:
    """Wait for a task for `budget_s` seconds; return whether it is done. It is never cancelled.

    The budget is waited for in slices. A slice that ends late counts only its nominal length:
    while the event loop was busy with other work, no answer could be handled, so the delay is not
    the dependency's.
    """
    left_s = budget_s
    while left_s > 0 and not task.done():
        slice_s = min(left_s, SLICE_S)
        await asyncio.wait({task}, timeout=slice_s)
        left_s -= slice_s
    return task.done()
