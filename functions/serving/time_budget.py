"""Budget: how long a dependency may take."""

import asyncio
import time
from typing import Any

FIRST_S = 2.0
"""what the first calls of a process share: they wait for the connection to be opened"""
SLICE_S = 0.01
"""how much of a budget one turn of the event loop can use up"""


class Budget:
    """The time for each call to one dependency, more until one has been answered."""

    def __init__(self, usual_s: float) -> None:
        self._usual_s = usual_s
        self._began_s: float | None = None
        """on the monotonic clock"""
        self._answered = False

    def left_s(self) -> float:
        """How long a call that begins now may take, seconds."""
        if self._answered:
            return self._usual_s
        now_s = time.monotonic()
        if self._began_s is None:
            self._began_s = now_s
        return max(self._usual_s, self._began_s + FIRST_S - now_s)

    def answered(self) -> None:
        """A call was answered: the connection is open."""
        self._answered = True


async def done_within(task: asyncio.Future[Any], budget_s: float) -> bool:
    """Whether a task is done before its budget is used up, seconds. It goes on in any case.

    The budget is waited for in slices. One that ends late counts no more than its length: while
    the event loop was busy with something else, an answer could not be handled, so that time is
    not the dependency's.
    """
    left_s = budget_s
    while left_s > 0 and not task.done():
        slice_s = min(left_s, SLICE_S)
        await asyncio.wait({task}, timeout=slice_s)
        left_s -= slice_s
    return task.done()
