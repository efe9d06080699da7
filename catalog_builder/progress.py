"""Progress: a bar when a person watches, a plain line now and then otherwise, on standard error."""

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")

EVERY_S = 10.0
"""seconds between plain lines"""


def say(text: str) -> None:
    """One line for whoever runs the command."""
    tqdm.write(text, file=sys.stderr)


def track(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
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


@contextmanager
def stage(what: str) -> Iterator[None]:
    """Show how long something takes that cannot be counted, and at last how long it took."""
    began, over = time.monotonic(), threading.Event()
    ticking = threading.Thread(target=_tick, args=(what, over), daemon=True)
    ticking.start()
    try:
        yield
    finally:
        over.set()
        ticking.join()
    elapsed_s = time.monotonic() - began
    if elapsed_s >= 1:
        say(f"{what}: {elapsed_s:.0f} s")


def _tick(what: str, over: threading.Event) -> None:
    if not sys.stderr.isatty():
        while not over.wait(EVERY_S):
            say(f"{what}: still at it")
        return
    with tqdm(desc=what, bar_format="{desc}: {elapsed}", leave=False, delay=0.5) as clock:
        while not over.wait(0.5):
            clock.refresh()
