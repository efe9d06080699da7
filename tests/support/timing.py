"""Helpers for tests with clocks and threads."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def within(most_s: float, *, at_least_s: float = 0) -> Iterator[None]:
    """Assert that the block takes at least and less than so many seconds."""
    started = time.monotonic()
    yield
    assert at_least_s <= time.monotonic() - started < most_s


def run_at_once(work: Callable[[int], object], count: int) -> tuple[list[Any], list[Exception]]:
    """Run `work(number)` in `count` threads that start together; returns results and errors."""
    done: list[Any] = []
    failed: list[Exception] = []
    ready = threading.Barrier(count)

    def run(number: int) -> None:
        ready.wait()
        try:
            done.append(work(number))
        except Exception as error:  # noqa: BLE001  # the test looks at it
            failed.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done, failed
