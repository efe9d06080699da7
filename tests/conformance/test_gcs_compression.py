"""Snapshots are stored compressed in a bucket where that pays; other frames are refused."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from google.cloud import storage as library

from adapters.gcs.compression import zstd
from emulators.storage.server import StorageEmulator
from feed.ports.errors import Conflict, Damaged, TooLarge
from feed.ports.shelf import Shelf
from tests.conformance.test_shelf import T, put
from tests.support.buckets import DATA, MIXED, PREFIX, SNAPSHOTS, TEXT, overwrite

NAME = SNAPSHOTS + "v1"
FRAME = zstd.compress(MIXED)
CUT_MIDDLE = FRAME[:1000] + bytes(1000) + FRAME[2000:]


@pytest.fixture
def store_object(storage: StorageEmulator, bucket: str) -> Callable[..., None]:
    """Stores bytes and metadata under the name of version v1, without the shelf."""
    assert storage.url

    def store(data: bytes, **metadata: str) -> None:
        blob = library.Client().bucket(bucket).blob(NAME)
        blob.metadata = metadata
        blob.upload_from_string(data)

    return store


def test_text_is_stored_compressed_and_fetched_as_it_was(
    storage: StorageEmulator, bucket: str, shelf: Shelf
) -> None:
    one = put(shelf, "v1", MIXED)
    stored = storage.raw(bucket, NAME)
    assert len(stored) < len(MIXED) / 2
    assert zstd.decompress(stored) == MIXED
    metadata = storage.about(bucket, NAME)["metadata"]
    assert metadata == {"packed": "zstd", "size": f"{len(MIXED)}"}
    assert bytes(shelf.fetch("v1", T, len(MIXED), one[2])) == MIXED


@pytest.mark.parametrize("data", [b"", TEXT[:1000], DATA], ids=["empty", "small", "noise"])
def test_what_compresses_too_little_is_stored_as_it_is(
    storage: StorageEmulator, bucket: str, shelf: Shelf, data: bytes
) -> None:
    put(shelf, "v1", data)
    assert storage.raw(bucket, NAME) == bytes(shelf.fetch("v1", T)) == data
    assert not storage.about(bucket, NAME).get("metadata")


def test_an_object_of_an_earlier_release_is_read_as_it_is_stored(
    storage: StorageEmulator, bucket: str, shelf: Shelf
) -> None:
    for data in (MIXED, zstd.compress(MIXED)):  # even if it looks compressed
        overwrite(storage, bucket, NAME, data)
        assert bytes(shelf.fetch("v1", T)) == data


def test_the_same_bytes_may_be_put_again_though_compressed_otherwise(
    shelf: Shelf, store_object: Callable[..., None]
) -> None:
    for level in (5, -1):
        store_object(zstd.compress(MIXED, level), packed="zstd", size=str(len(MIXED)))
        shelf.put("v1", MIXED, T)
        for other in (MIXED[:-1] + b"?", MIXED + b"?"):
            with pytest.raises(Conflict):
                shelf.put("v1", other, T)


def test_the_limit_of_the_caller_counts_decompressed_bytes(
    storage: StorageEmulator, shelf: Shelf
) -> None:
    put(shelf, "v1", MIXED)
    storage.seen.clear()
    with pytest.raises(TooLarge):
        shelf.fetch("v1", T, max_bytes=len(MIXED) - 1)
    assert not [one for one in storage.seen if one.path.startswith("/download")]


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (FRAME[:-100], len(MIXED)),
        (b"", len(MIXED)),
        (FRAME + b"more", len(MIXED)),
        (FRAME + FRAME, len(MIXED)),
        (b"no frame at all" * 100, len(MIXED)),
        (CUT_MIDDLE, len(MIXED)),
        (FRAME, len(MIXED) - 1),
        (FRAME, len(MIXED) + 1),
        (zstd.compress(bytes(1 << 28)), len(MIXED)),
    ],
    ids=["cut", "empty", "more", "twice", "no frame", "holed", "longer", "shorter", "bomb"],
)
def test_a_damaged_frame(
    shelf: Shelf, store_object: Callable[..., None], data: bytes, size: int
) -> None:
    store_object(data, packed="zstd", size=str(size))
    with pytest.raises(Damaged):
        shelf.fetch("v1", T)


@pytest.mark.parametrize(
    ("codec", "size"),
    [("zstd", ""), ("zstd", "-1"), ("zstd", "many"), ("zstd", "1e3"), ("brotli", "1")],
)
def test_metadata_that_make_no_sense(
    shelf: Shelf, store_object: Callable[..., None], codec: str, size: str
) -> None:
    store_object(FRAME, packed=codec, size=size)
    with pytest.raises(Damaged, match=f"packed as '{codec}', of '{size}'"):
        shelf.fetch("v1", T)


@pytest.mark.parametrize(
    ("text", "most"), [(b"", 1.1), (TEXT * 10, 1.15)], ids=["raw", "compressed"]
)
def test_a_download_takes_the_memory_of_one_copy(
    bucket: str, shelf: Shelf, text: bytes, most: float
) -> None:
    _, _, sha256 = put(shelf, "v1", text + os.urandom(16 << 20))
    script = f"""
import tracemalloc
from adapters.gcs.shelf import GcsShelf
shelf = GcsShelf({bucket!r}, {PREFIX!r})
shelf.current(5)
tracemalloc.start()
data = shelf.fetch("v1", 60, None, {sha256!r})
print(tracemalloc.get_traced_memory()[1] / len(data))
"""
    command = [sys.executable, "-c", script]
    root = Path(__file__).parents[2]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    assert float(result.stdout) < most
