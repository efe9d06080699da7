"""Limits of time and bytes that the feeds of one build share."""

import time
from collections.abc import Callable
from threading import Lock

from feed.ports.errors import Unavailable

TIMEOUT_S = 1200.0
MAX_BYTES = 2**30


class ReadBudget:
    """The seconds from now on, and the bytes, that may be spent on all feeds. Thread-safe."""

    def __init__(
        self, timeout_s: float, max_bytes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._clock = clock
        self._ends_at = clock() + timeout_s
        self._bytes = 0
        self._lock = Lock()

    def feed_timeout_s(self, limit_s: float) -> float:
        """The seconds that one feed may take, at most `limit_s`.

        Raises `Unavailable` when the time or the bytes are spent.
        """
        left = self._ends_at - self._clock()
        if left <= 0:
            raise Unavailable(
                f"not fetched: the feeds together took more than {self._timeout_s:g} s "
                "(--feeds-timeout, the setting FEEDS_TIMEOUT_S)"
            )
        if self._bytes >= self._max_bytes:
            raise Unavailable(
                f"not fetched: the feeds together have more than {self._max_bytes} bytes "
                "(--feeds-max-mb, the setting FEEDS_MAX_MB)"
            )
        return min(left, limit_s)

    def spend(self, size: int) -> None:
        """Count the bytes of a feed."""
        with self._lock:
            self._bytes += size
