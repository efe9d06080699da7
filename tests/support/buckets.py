"""Fixtures of Cloud Storage: a bucket for each test, and shelves in it.

A module imports the fixtures that it uses, and those that they use.
"""

import random
from collections.abc import Callable
from uuid import uuid4

import pytest
from google.cloud import storage as library

from adapters.gcs.shelf import GcsShelf
from emulators.storage.server import StorageEmulator
from feed.ports.shelf import Shelf
from tests.support.emulators import _storage_server, storage

__all__ = ["_storage_server", "storage"]

PREFIX = "feeds/one"
POINTER = f"{PREFIX}/current.json"
SNAPSHOTS = f"{PREFIX}/snapshots/"
DATA = random.Random(0).randbytes(256_000)
"""incompressible"""
TEXT = b"".join(b"a line of text, and its number %d\n" % number for number in range(20_000))
MIXED = TEXT + DATA


@pytest.fixture
def bucket(storage: StorageEmulator) -> str:
    return storage.make_bucket(f"bucket-{uuid4().hex}")


@pytest.fixture
def open_shelf(bucket: str) -> Callable[[], Shelf]:
    return lambda: GcsShelf(bucket, PREFIX)


@pytest.fixture
def shelf(open_shelf: Callable[[], Shelf]) -> Shelf:
    return open_shelf()


@pytest.fixture
def other(open_shelf: Callable[[], Shelf]) -> Shelf:
    return open_shelf()


def overwrite(storage: StorageEmulator, bucket: str, name: str, data: bytes) -> None:
    """Replace the bytes of an object, as with Google's console."""
    assert storage.url
    library.Client().bucket(bucket).blob(name).upload_from_string(data)


def delete(storage: StorageEmulator, bucket: str, name: str) -> None:
    """Delete an object, as with Google's console."""
    assert storage.url
    library.Client().bucket(bucket).blob(name).delete()
