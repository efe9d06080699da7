"""Counts calls to other services by how they end."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from feed.ports.errors import Refused, Unavailable
from feed.ports.shelf import Shelf

Count = Callable[[str], None]
"""Takes the result of a call."""


@contextmanager
def counted(count: Count) -> Iterator[None]:
    """Count the call that is made in the context.

    `ok`: it was answered, be it with an error such as `NotFound`; otherwise `timeout`, `refused`,
    `unavailable` or `cancelled`.
    """
    result = "ok"
    try:
        yield
    except TimeoutError:
        result = "timeout"
        raise
    except Unavailable as error:
        result = "refused" if isinstance(error, Refused) else "unavailable"
        raise
    except asyncio.CancelledError:
        result = "cancelled"
        raise
    finally:
        count(result)


class _CountedShelf:
    """A `Shelf` that counts every call to another one."""

    def __init__(self, shelf: Shelf, count: Count) -> None:
        self._shelf = shelf
        self._count = count

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._shelf, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            with counted(self._count):
                return method(*args, **kwargs)

        setattr(self, name, call)
        return call


def with_counted_calls(shelf: Shelf, count: Count) -> Shelf:
    """Return a shelf that counts the calls to `shelf`."""
    return cast("Shelf", _CountedShelf(shelf, count))
