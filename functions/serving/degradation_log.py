"""The degradation log: what answers had to do without, one line per cause and minute at most.

A cause that every request meets would otherwise write as many lines as there are requests. Each
request's own line names its causes all the same.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable

from feed.model.degradation import Degradation
from functions.telemetry import log

EVERY_S = 60.0
"""the least time between two lines of one cause"""


class DegradationLog:
    """Counts causes and writes a structured line of each. Safe to use from several threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._counts: Counter[Degradation] = Counter()
        """by cause: how often it happened since its last line"""
        self._written_at: dict[Degradation, float] = {}
        self._reasons: dict[Degradation, str] = {}

    def explain(self, cause: Degradation, reason: str) -> None:
        """Remember why a cause happens: the next line of it says so."""
        with self._lock:
            self._reasons[cause] = reason

    def report(self, causes: Iterable[str]) -> None:
        """Count these causes, and write a line of each whose last line is old enough.

        Names that are no `Degradation` are left out: they come from a cursor, and were reported
        when its session was created.
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
            more = {} if reason is None else {"reason": reason}
            message = f"degraded: {cause}: {cause.meaning}"
            log(cause.severity, message, cause=cause, count=count, **more)
