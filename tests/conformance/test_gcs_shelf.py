"""The shelf in Cloud Storage: its contract, what is stored, and concurrent publishers."""

import hashlib
import os
from collections.abc import Callable

import pytest

from adapters.gcs.compression import zstd
from adapters.gcs.shelf import GcsShelf
from catalog_builder.errors import CommandError
from catalog_builder.publish.publisher import publish, verify
from emulators.storage.server import StorageEmulator
from feed.ports.errors import Conflict, Unavailable
from feed.ports.shelf import Shelf, ShelfPointer
from tests.conformance.test_shelf import ShelfContract, T, put
from tests.support.buckets import DATA, POINTER, SNAPSHOTS, delete, overwrite
from tests.support.catalogs import NOW, catalog_of, episodes
from tests.support.timing import run_at_once


class TestGcsShelf(ShelfContract):
    @pytest.fixture(autouse=True)
    def _raw(self, storage: StorageEmulator, bucket: str) -> None:
        self.storage, self.bucket = storage, bucket

    def raw(self, version: str) -> bytes:
        stored = self.storage.raw(self.bucket, SNAPSHOTS + version)
        about = self.storage.about(self.bucket, SNAPSHOTS + version)
        return zstd.decompress(stored) if about.get("metadata") else stored

    def spoil(self, version: str, data: bytes) -> None:
        overwrite(self.storage, self.bucket, SNAPSHOTS + version, data)

    def spoil_pointer(self, data: bytes) -> None:
        overwrite(self.storage, self.bucket, POINTER, data)

    def remove(self, version: str) -> None:
        delete(self.storage, self.bucket, SNAPSHOTS + version)

    def remove_pointer(self) -> None:
        delete(self.storage, self.bucket, POINTER)


def test_a_snapshot_may_be_cached_for_ever_and_the_pointer_never(
    storage: StorageEmulator, bucket: str, shelf: Shelf
) -> None:
    pointer = shelf.promote(*put(shelf, "v1"), 0, T)
    snapshot = storage.about(bucket, SNAPSHOTS + "v1")
    assert snapshot["cacheControl"] == "public, max-age=31536000, immutable"
    stored = storage.about(bucket, POINTER)
    assert (stored["cacheControl"], stored["generation"]) == ("no-store", str(pointer.generation))


def test_two_shelves_in_one_bucket_do_not_meet(bucket: str, shelf: Shelf) -> None:
    shelf.promote(*put(shelf, "v1"), 0, T)
    beside = GcsShelf(bucket, "feeds/two")
    assert beside.current(T) is None
    assert beside.entries(T) == []


def test_a_listing_longer_than_a_page_is_whole(
    storage: StorageEmulator, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "page_size", 2)
    for number in range(5):
        put(shelf, f"v{number}")
    assert [e.version for e in shelf.entries(T)] == [f"v{number}" for number in range(5)]


def test_a_snapshot_larger_than_one_request_is_stored_whole_and_once(
    storage: StorageEmulator, bucket: str, shelf: Shelf
) -> None:
    data = os.urandom(20 << 20)
    shelf.put("v1", bytearray(data), 30)
    shelf.put("v1", memoryview(data), 30)
    with pytest.raises(Conflict):
        shelf.put("v1", data[:-1] + b"?", 30)
    assert storage.raw(bucket, SNAPSHOTS + "v1") == data
    assert shelf.fetch("v1", 30) == data


def test_a_pointer_far_too_long_is_not_read(
    storage: StorageEmulator, bucket: str, shelf: Shelf
) -> None:
    overwrite(storage, bucket, POINTER, b"x" * 100_000)
    with pytest.raises(Unavailable, match="more than"):
        shelf.current(T)


def test_reading_the_pointer_is_one_request(storage: StorageEmulator, shelf: Shelf) -> None:
    shelf.promote(*put(shelf, "v1"), 0, T)
    storage.seen.clear()
    shelf.current(T)
    assert [one.method for one in storage.seen] == ["GET"]


def test_a_bucket_that_is_not_there_is_no_empty_shelf(storage: StorageEmulator) -> None:
    assert storage.url
    shelf = GcsShelf("mistyped")
    for call in (
        lambda: shelf.current(T),
        lambda: shelf.entries(T),
        lambda: shelf.fetch("v1", T),
        lambda: put(shelf, "v1"),
        lambda: shelf.promote("v1", 1, "", 0, T),
        lambda: shelf.delete("v1", T),
    ):
        with pytest.raises(Unavailable, match="bucket does not exist"):
            call()


def test_nothing_is_connected_until_needed_and_each_process_connects_itself(
    shelf: GcsShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shelf._calls._client is None
    shelf.current(T)
    before = shelf._calls._client
    shelf.current(T)
    assert shelf._calls._client is before
    monkeypatch.setattr(os, "getpid", lambda: -1)
    shelf.current(T)
    assert before is not None
    assert shelf._calls._client is not None
    assert shelf._calls._client[1] is not before[1]


def test_of_100_at_once_one_succeeds_and_the_rest_conflict_though_answers_are_lost(
    storage: StorageEmulator, shelf: Shelf, open_shelf: Callable[[], Shelf]
) -> None:
    base = shelf.promote(*put(shelf, "base"), 0, T)
    storage.fail_next("status", times=20, status=429)
    storage.fail_next("status", times=20, method="POST", after=True)
    storage.fail_next("drop", times=20, method="POST", after=True)

    def publish_one(number: int) -> ShelfPointer:
        mine = open_shelf()
        data = b"%d" % number
        mine.put(f"v{number}", data, 60)
        digest = hashlib.sha256(data).hexdigest()
        return mine.promote(f"v{number}", len(data), digest, base.generation, 60)

    won, lost = run_at_once(publish_one, 100)
    assert len(won) == 1
    assert [type(error) for error in lost] == [Conflict] * 99
    assert shelf.current(T) == won[0]
    assert len(shelf.entries(T)) == 101


def test_of_many_promotions_of_one_version_one_succeeds(
    storage: StorageEmulator, shelf: Shelf, open_shelf: Callable[[], Shelf]
) -> None:
    one = put(shelf, "v1")
    storage.fail_next("status", times=6, method="POST", after=True)
    won, lost = run_at_once(lambda _: open_shelf().promote(*one, 0, 30), 12)
    assert len(won) == 1
    assert [type(error) for error in lost] == [Conflict] * 11


def test_the_same_snapshot_may_be_put_by_many_at_once(
    storage: StorageEmulator, bucket: str, open_shelf: Callable[[], Shelf]
) -> None:
    done, failed = run_at_once(lambda _: open_shelf().put("v1", DATA, 30), 12)
    assert (len(done), failed) == (12, [])
    assert storage.raw(bucket, SNAPSHOTS + "v1") == DATA


def test_of_two_publications_at_once_one_is_refused_and_nothing_is_lost(
    shelf: Shelf, open_shelf: Callable[[], Shelf]
) -> None:
    catalogs = [catalog_of(episodes(50 + n), NOW) for n in range(4)]
    publish(shelf, catalogs[0], force=True)
    won, lost = run_at_once(lambda n: publish(open_shelf(), catalogs[n + 1], force=True), 3)
    assert won
    assert all(isinstance(error, CommandError) for error in lost)
    last = max((one.pointer for one in won), key=lambda pointer: pointer.generation)
    assert verify(shelf).version == last.version
    assert len(shelf.entries(T)) == 1 + 3
