"""Progress: a bar when a person watches, a plain line now and then otherwise, on standard error."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")

EVERY_S = 10.0
"""seconds between plain lines"""


def say(text: str) -> None:
    """One line for whoever runs the command."""
    tqdm.write(text, file=sys.stderr)


def watched(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """The same items, their number shown as they go by."""
    if sys.stderr.isatty():
        yield from tqdm(items, desc=what, total=total, unit="", leave=False, delay=0.5)
        return
    last = time.monotonic()
    for count, item in enumerate(items, 1):
        yield item
        if time.monotonic() - last > EVERY_S:
            last = time.monotonic()
            say(f"{what}: {count:,}{f' of {total:,}' if total else ''}")
