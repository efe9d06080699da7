"""A bucket for each test, shelves in it, and what tests of them have in common.

A module has the fixtures by importing them, and those that they use.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from google.cloud import storage as library

from adapters.gcs.shelf import GcsShelf
from emulators.storage.server import StrictStorage
from feed.ports.shelf import Shelf
from tests.support.emulators import _storage_server, storage

__all__ = ["_storage_server", "storage"]

PREFIX = "feeds/one"
POINTER = f"{PREFIX}/current.json"
SNAPSHOTS = f"{PREFIX}/snapshots/"
DATA = random.Random(0).randbytes(256_000)
"""which nothing makes smaller"""


@pytest.fixture
def bucket(storage: StrictStorage) -> str:
    return storage.make_bucket(f"bucket-{uuid4().hex}")


@pytest.fixture
def opened(bucket: str) -> Callable[[], Shelf]:
    return lambda: GcsShelf(bucket, PREFIX)


@pytest.fixture
def shelf(opened: Callable[[], Shelf]) -> Shelf:
    return opened()


@pytest.fixture
def other(opened: Callable[[], Shelf]) -> Shelf:
    return opened()


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


def all_at_once(work: Callable[[int], object], count: int) -> tuple[list[Any], list[Exception]]:
    """What each of many threads returned, and what the others raised."""
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


def overwrite(storage: StrictStorage, bucket: str, name: str, data: bytes) -> None:
    """Other bytes under the same name, as somebody with a console could put them there."""
    assert storage.url
    library.Client().bucket(bucket).blob(name).upload_from_string(data)


def delete(storage: StrictStorage, bucket: str, name: str) -> None:
    """Remove an object, as somebody with a console could."""
    assert storage.url
    library.Client().bucket(bucket).blob(name).delete()
