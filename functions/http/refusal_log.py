"""The refusal log: one line per reason and minute at most, however many requests are refused.

A line for each would make refusing dear, and let an attack fill the log. Metrics count each.
"""

import time
from collections import Counter
from collections.abc import Callable

from functions.telemetry import log

EVERY_S = 60.0
"""the least time between two lines of one reason"""


class RefusalLog:
    """Counts requests that were not let in, by the reason, and writes a structured line of each."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._counts: Counter[str] = Counter()
        """by reason: how often since its last line"""
        self._written_at: dict[str, float] = {}

    def count(self, reason: str) -> None:
        """Count one refusal."""
        self._counts[reason] += 1
        self.report()

    def report(self) -> None:
        """Write a line of each reason whose last line is old enough."""
        if not self._counts:
            return
        now = self._monotonic()
        for reason, count in list(self._counts.items()):
            if now - self._written_at.get(reason, float("-inf")) >= EVERY_S:
                del self._counts[reason]
                self._written_at[reason] = now
                log("WARNING", f"refused: {reason}", count=count)
