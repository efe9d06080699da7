"""Timed caches: a bounded number of results, each for a limited time."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from functions.telemetry import Metrics, Use

V = TypeVar("V")


class TimedCache(Generic[V]):
    """Keeps the most recent results in memory. Lookups are counted by name."""

    def __init__(
        self,
        name: str,
        metrics: Metrics,
        *,
        ttl_s: float,
        max_entries: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start empty. `ttl_s` is how long a result is kept, in seconds."""
        self._name = name
        self._metrics = metrics
        self._ttl_s = ttl_s
        self._max_entries = max_entries
        self._monotonic = monotonic
        self._entries: OrderedDict[Hashable, tuple[float, V]] = OrderedDict()
        metrics.caches[name] = lambda: Use(len(self._entries), max_entries)

    def get(self, key: Hashable) -> V | None:
        """Return what is kept under a key, or None."""
        found = self._entries.get(key)
        if found is not None and found[0] < self._monotonic():
            del self._entries[key]
            found = None
        self._metrics.count_lookup(self._name, hit=found is not None)
        return None if found is None else found[1]

    def put(self, key: Hashable, value: V) -> None:
        """Keep a result; beyond the bound, the oldest one is dropped."""
        self._entries.pop(key, None)
        self._entries[key] = self._monotonic() + self._ttl_s, value
        if len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

    def drop(self, key: Hashable) -> None:
        """Forget what is kept under a key."""
        self._entries.pop(key, None)

    def drop_where(self, holds: Callable[[Hashable], bool]) -> None:
        """Forget what is kept under each key for which a condition holds."""
        for key in list(filter(holds, self._entries)):
            del self._entries[key]
