"""Reports progress on standard error: a bar on a terminal, a plain line now and then in a log."""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")

INTERVAL_S = 10.0
"""Seconds between plain lines."""


def say(text: str) -> None:
    """Prints one line on standard error, above any progress bar."""
    tqdm.write(text, file=sys.stderr)


def track(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """Yields the items and reports how many of the `total`, if it is known, have gone by."""
    if sys.stderr.isatty():
        yield from tqdm(items, desc=what, total=total, unit="", leave=False, delay=0.5)
        return
    last = time.monotonic()
    for count, item in enumerate(items, 1):
        yield item
        if time.monotonic() - last > INTERVAL_S:
            last = time.monotonic()
            say(f"{what}: {count:,}{f' of {total:,}' if total else ''}")


@contextmanager
def counter(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yields a function that is told how many more are done; reports their sum and the `total`."""
    if sys.stderr.isatty():
        with tqdm(desc=what, total=total, unit="", leave=False) as bar:
            yield lambda more: bar.update(more) and None
        return
    done, last = 0, time.monotonic()

    def advance(more: int) -> None:
        nonlocal done, last
        done += more
        if time.monotonic() - last > INTERVAL_S:
            last = time.monotonic()
            say(f"{what}: {done:,} of {total:,}")

    yield advance


@contextmanager
def stage(what: str) -> Iterator[None]:
    """Reports the elapsed time of a step that cannot be counted, and in the end its duration."""
    began, done = time.monotonic(), threading.Event()
    reporter = threading.Thread(target=_report_elapsed, args=(what, done), daemon=True)
    reporter.start()
    try:
        yield
    finally:
        done.set()
        reporter.join()
    elapsed_s = time.monotonic() - began
    if elapsed_s >= 1:
        say(f"{what}: {elapsed_s:.0f} s")


def _report_elapsed(what: str, done: threading.Event) -> None:
    if not sys.stderr.isatty():
        while not done.wait(INTERVAL_S):
            say(f"{what}: still running")
        return
    with tqdm(desc=what, bar_format="{desc}: {elapsed}", leave=False, delay=0.5) as clock:
        while not done.wait(0.5):
            clock.refresh()
