"""Degradation log: at most one line per minute for each cause of degraded answers.

A cause that affects every request would otherwise write as many lines as there are requests. The
line of each request names its causes all the same.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable

from feed.model.degradation import Degradation
from functions.telemetry import log

EVERY_S = 60.0
"""minimum time between two lines of one cause"""


class DegradationLog:
    """Counts causes and writes a structured log line for each. Thread-safe."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._counts: Counter[Degradation] = Counter()
        """occurrences since the last line, by cause"""
        self._written_at: dict[Degradation, float] = {}
        self._reasons: dict[Degradation, str] = {}

    def explain(self, cause: Degradation, reason: str) -> None:
        """Store the reason that the next line of a cause gives."""
        with self._lock:
            self._reasons[cause] = reason

    def report(self, causes: Iterable[str]) -> None:
        """Count these causes, and write a line for each whose last line is old enough.

        Plain strings are ignored: they come from a cursor, and were reported when its session was
        created.
        """
        now = self._monotonic()
        with self._lock:
            self._counts.update(one for one in causes if isinstance(one, Degradation))
            due = {
                cause: (count, self._reasons.pop(cause, None))
                for cause, count in self._counts.items()
                if now - self._written_at.get(cause, float("-inf")) >= EVERY_S
            }
            for cause in due:
                del self._counts[cause]
                self._written_at[cause] = now
        for cause, (count, reason) in due.items():
            extra = {} if reason is None else {"reason": reason}
            message = f"degraded: {cause}: {cause.meaning}"
            log(cause.severity, message, cause=cause, count=count, **extra)
