"""Guarded store: every call to a store of users goes through its guard."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from feed.ports.users import SummaryStore
from functions.serving.circuit_breaker import Guard


class _GuardedStore:
    """A `SummaryStore` whose methods are another's, each behind the guard."""

    def __init__(self, store: SummaryStore, guard: Guard) -> None:
        self._store = store
        self._guard = guard

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._store, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            return await self._guard.call(lambda: method(*args, **kwargs), patient=True)

        setattr(self, name, call)
        return call


def guarded(store: SummaryStore, guard: Guard) -> SummaryStore:
    """The store behind a guard. While it rests every call raises `Resting` at once."""
    return cast("SummaryStore", _GuardedStore(store, guard))
