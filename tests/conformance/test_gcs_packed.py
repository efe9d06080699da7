"""Snapshots that lie packed in a bucket: what is stored, what an old shelf has, what is refused."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.cloud import storage as library

from adapters.gcs.compression import zstd
from adapters.gcs.shelf import GcsShelf
from emulators.storage.server import StrictStorage
from feed.ports.errors import Conflict, Damaged, TooLarge, Unavailable
from feed.ports.shelf import Shelf
from feed.scenarios import scenario
from feed.snapshot.codec import encode
from functions.serving.catalog_holder import CatalogHolder
from tests.conformance.test_shelf import T, put
from tests.support.buckets import (
    DATA,
    PREFIX,
    SNAPSHOTS,
    _storage_server,
    bucket,
    opened,
    overwrite,
    shelf,
    storage,
)
from tests.support.catalogs import catalog_of, episodes

__all__ = ["_storage_server", "bucket", "opened", "shelf", "storage"]

TEXT = b"".join(b"a line of text, and its number %d\n" % number for number in range(20_000))
MIXED = TEXT + DATA
SHA256 = hashlib.sha256(MIXED).hexdigest()
NAME = SNAPSHOTS + "v1"


@pytest.fixture
def store(storage: StrictStorage, bucket: str) -> Callable[..., None]:
    """Puts bytes and metadata under the name of a version, past the shelf."""
    assert storage.url

    def stored(data: bytes, **metadata: str) -> None:
        blob = library.Client().bucket(bucket).blob(NAME)
        blob.metadata = metadata
        blob.upload_from_string(data)

    return stored


class TestStored:
    def test_what_repeats_itself_is_stored_smaller_and_fetched_as_it_was(
        self, storage: StrictStorage, bucket: str, shelf: Shelf
    ) -> None:
        put(shelf, "v1", MIXED)
        stored = storage.raw(bucket, NAME)
        assert len(stored) < len(MIXED) / 2
        assert zstd.decompress(stored) == MIXED
        assert storage.about(bucket, NAME)["metadata"] == {
            "packed": "zstd",
            "size": f"{len(MIXED)}",
        }
        assert bytes(shelf.fetch("v1", T, len(MIXED), SHA256)) == MIXED

    @pytest.mark.parametrize("data", [b"", TEXT[:1000], DATA], ids=["empty", "small", "noise"])
    def test_what_would_hardly_become_smaller_is_stored_as_it_is(
        self, storage: StrictStorage, bucket: str, shelf: Shelf, data: bytes
    ) -> None:
        put(shelf, "v1", data)
        assert storage.raw(bucket, NAME) == data
        assert not storage.about(bucket, NAME).get("metadata")

    def test_what_an_earlier_release_stored_is_read_as_it_lies(
        self, storage: StrictStorage, bucket: str, shelf: Shelf
    ) -> None:
        for data in (MIXED, zstd.compress(MIXED)):  # whatever it looks like
            overwrite(storage, bucket, NAME, data)
            assert bytes(shelf.fetch("v1", T)) == data

    def test_the_same_may_be_put_again_though_packed_otherwise_and_nothing_else(
        self, shelf: Shelf, store: Callable[..., None]
    ) -> None:
        for stored in (zstd.compress(MIXED, 5), zstd.compress(MIXED, -1)):
            store(stored, packed="zstd", size=str(len(MIXED)))
            shelf.put("v1", MIXED, T)
            with pytest.raises(Conflict):
                shelf.put("v1", MIXED[:-1] + b"?", T)
            with pytest.raises(Conflict):
                shelf.put("v1", MIXED + b"?", T)

    def test_unpacked_size_is_what_the_caller_has_to_take(
        self, storage: StrictStorage, shelf: Shelf
    ) -> None:
        put(shelf, "v1", MIXED)
        storage.seen.clear()
        with pytest.raises(TooLarge):
            shelf.fetch("v1", T, max_bytes=len(MIXED) - 1)
        assert not [one for one in storage.seen if one.path.startswith("/download")]


class TestRefused:
    FRAME = zstd.compress(MIXED)

    @pytest.mark.parametrize(
        ("data", "size"),
        [
            (FRAME[:-100], len(MIXED)),
            (b"", len(MIXED)),
            (FRAME + b"more", len(MIXED)),
            (FRAME + FRAME, len(MIXED)),
            (b"no frame at all" * 100, len(MIXED)),
            (FRAME[:1000] + bytes(1000) + FRAME[2000:], len(MIXED)),
            (FRAME, len(MIXED) - 1),
            (FRAME, len(MIXED) + 1),
            (zstd.compress(bytes(1 << 28)), len(MIXED)),
        ],
        ids=[
            *("cut", "empty", "more", "twice", "no frame", "holed", "longer", "shorter", "bomb"),
        ],
    )
    def test_a_frame_that_is_not_what_it_should_be(
        self, shelf: Shelf, store: Callable[..., None], data: bytes, size: int
    ) -> None:
        store(data, packed="zstd", size=str(size))
        with pytest.raises(Damaged):
            shelf.fetch("v1", T)

    @pytest.mark.parametrize("size", ["", "-1", "many", "1e3"])
    def test_metadata_that_make_no_sense(
        self, shelf: Shelf, store: Callable[..., None], size: str
    ) -> None:
        store(self.FRAME, packed="zstd", size=size)
        with pytest.raises(Damaged, match="packed as"):
            shelf.fetch("v1", T)

    def test_a_way_of_packing_that_is_not_known(
        self, shelf: Shelf, store: Callable[..., None]
    ) -> None:
        store(self.FRAME, packed="brotli", size=str(len(MIXED)))
        with pytest.raises(Damaged, match="brotli"):
            shelf.fetch("v1", T)

    def test_the_last_good_catalog_stays(self, shelf: Shelf, store: Callable[..., None]) -> None:
        good, new = (catalog_of(episodes(n)) for n in (300, 310))
        pointer = shelf.promote(*put(shelf, good.version, bytes(encode(good))), 0, T)
        holder = CatalogHolder(shelf, {"for_you": scenario.shipped()["for_you"]}, refresh_s=1)
        holder.load()
        assert holder.loaded is not None
        data = bytes(encode(new))
        frame = zstd.compress(data)
        store(frame, packed="zstd", size=str(len(data)))
        digest = hashlib.sha256(data).hexdigest()
        pointer = shelf.promote("v1", len(data), digest, pointer.generation, T)
        for broken in (frame[:-9], zstd.compress(data[:-1] + b"?"), zstd.compress(data * 2)):
            store(broken, packed="zstd", size=str(len(data)))
            holder.load()
            assert holder.loaded.catalog.version == good.version
            assert holder.degraded == ("catalog_broken",)


class TestOnTheWay:
    def test_a_download_that_breaks_off_goes_on_where_it_stopped(
        self, storage: StrictStorage, shelf: Shelf
    ) -> None:
        put(shelf, "v1", MIXED)
        for at in (0, 100_000, 50_000):
            storage.break_next("truncate", path="/download/", at=at)
        assert bytes(shelf.fetch("v1", T, sha256=SHA256)) == MIXED
        assert all(fault.times == 0 for fault in storage.faults)

    @pytest.mark.parametrize("at", [0, 5, 30_000, 200_000])
    def test_a_byte_that_changed_is_noticed_and_asked_for_again(
        self, storage: StrictStorage, shelf: Shelf, at: int
    ) -> None:
        put(shelf, "v1", MIXED)
        storage.break_next("flip", path="/download/", at=at)
        assert bytes(shelf.fetch("v1", T)) == MIXED
        storage.break_next("flip", path="/download/", at=at, times=3)
        with pytest.raises(Unavailable, match="damaged"):
            shelf.fetch("v1", T)

    def test_it_takes_the_memory_of_one_copy(self, bucket: str, shelf: Shelf) -> None:
        data = TEXT * 10 + DATA * 60  # which becomes a third smaller
        put(shelf, "v1", data)
        script = f"""
import tracemalloc
from adapters.gcs.shelf import GcsShelf
shelf = GcsShelf({bucket!r}, {PREFIX!r})
shelf.current(5)
tracemalloc.start()
data = shelf.fetch("v1", 60, None, {hashlib.sha256(data).hexdigest()!r})
print(tracemalloc.get_traced_memory()[1] / len(data))
"""
        command: list[Any] = [sys.executable, "-c", script]
        root = Path(__file__).parents[2]
        result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
        assert float(result.stdout) < 1.15

    def test_a_shelf_opened_by_another_reads_what_one_packed(
        self, bucket: str, shelf: Shelf
    ) -> None:
        put(shelf, "v1", MIXED)
        assert bytes(GcsShelf(bucket, PREFIX).fetch("v1", T)) == MIXED
