"""Refusal log: at most one line per reason and minute, however many requests are refused.

A line per refusal would make refusals expensive and let an attack fill the log. Metrics count
every refusal.
"""

import time
from collections import Counter
from collections.abc import Callable

from functions.telemetry import log

EVERY_S = 60.0
"""minimum time between two lines of one reason"""


class RefusalLog:
    """Counts refused requests by reason, and writes a structured log line per reason."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._counts: Counter[str] = Counter()
        """refusals since the last line, by reason"""
        self._written_at: dict[str, float] = {}

    def count(self, reason: str) -> None:
        """Count one refusal, and write the lines that are due."""
        self._counts[reason] += 1
        self.report()

    def report(self) -> None:
        """Write a line for each reason whose last line is old enough."""
        if not self._counts:
            return
        now = self._monotonic()
        for reason, count in list(self._counts.items()):
            if now - self._written_at.get(reason, float("-inf")) >= EVERY_S:
                del self._counts[reason]
                self._written_at[reason] = now
                log("WARNING", f"refused: {reason}", count=count)
