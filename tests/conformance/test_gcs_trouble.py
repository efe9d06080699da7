"""The shelf on a bucket that refuses, loses answers, breaks off, changes bytes and is slow."""

import os
from collections.abc import Callable

import pytest
from google.auth.exceptions import DefaultCredentialsError

from adapters.gcs import calls as gcs_calls
from adapters.gcs.shelf import GcsShelf
from emulators.storage.server import StorageEmulator
from feed.ports.errors import Unavailable
from feed.ports.shelf import Shelf
from tests.conformance.test_shelf import T, put
from tests.support.buckets import DATA, MIXED, SNAPSHOTS
from tests.support.timing import within


def calls(shelf: Shelf, one: tuple[str, int, str], timeout_s: float) -> list[Callable[[], object]]:
    """Calls of a shelf on which version v1, described by `one`, is stored and not promoted."""
    return [
        lambda: shelf.promote(*one, 0, timeout_s),
        lambda: shelf.current(timeout_s),
        lambda: shelf.fetch("v1", timeout_s),
        lambda: shelf.entries(timeout_s),
    ]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_bucket_that_is_busy_for_a_while_is_asked_again(
    storage: StorageEmulator, shelf: Shelf, status: int
) -> None:
    one = put(shelf, "v1", DATA)
    more = [lambda: put(shelf, "v2", DATA), lambda: shelf.delete("v0", T)]
    for call in (*calls(shelf, one, T), *more):
        storage.fail_next("status", times=2, status=status)
        call()
    assert all(fault.times == 0 for fault in storage.faults)


@pytest.mark.parametrize("status", [403, 412, 429, 503])
def test_a_bucket_that_keeps_refusing_is_unavailable_in_time(
    storage: StorageEmulator, shelf: Shelf, status: int
) -> None:
    one = put(shelf, "v1")
    storage.fail_next("status", times=10_000, status=status)
    more = [lambda: shelf.put("v2", b"", 0.4), lambda: shelf.delete("v1", 0.4)]
    for call in (*calls(shelf, one, 0.4), *more):
        with within(0.9), pytest.raises(Unavailable):
            call()
    storage.clear_faults()
    assert shelf.current(T) is None
    assert [e.version for e in shelf.entries(T)] == ["v1"]


@pytest.mark.parametrize("how", ["status", "drop", "truncate"])
def test_a_promotion_succeeds_though_its_answer_was_lost_or_cut(
    storage: StorageEmulator, shelf: Shelf, how: str
) -> None:
    one = put(shelf, "v1")
    storage.fail_next(how, method="POST", after=how != "truncate", at=10)
    pointer = shelf.promote(*one, 0, T)
    assert shelf.current(T) == pointer
    assert shelf.promote(*put(shelf, "v2"), pointer.generation, T) == shelf.current(T)


def test_a_412_without_reason_is_no_conflict(storage: StorageEmulator, shelf: Shelf) -> None:
    first = shelf.promote(*put(shelf, "v1"), 0, T)
    two = put(shelf, "v2")
    for call in (lambda: shelf.promote(*two, first.generation, T), lambda: shelf.put("v3", b"", T)):
        storage.fail_next("status", method="POST", status=412)
        with pytest.raises(Unavailable, match="and yet"):
            call()
    assert shelf.current(T) == first


@pytest.mark.parametrize("size", [1000, 9 << 20])
@pytest.mark.parametrize("how", ["status", "drop"])
def test_a_snapshot_is_stored_though_the_answer_was_lost(
    storage: StorageEmulator, bucket: str, shelf: Shelf, how: str, size: int
) -> None:
    data = os.urandom(size)
    storage.fail_next(how, times=2, path="/upload/", after=True)
    shelf.put("v1", data, 30)
    assert storage.raw(bucket, SNAPSHOTS + "v1") == data


@pytest.mark.parametrize("data", [DATA, MIXED], ids=["raw", "compressed"])
def test_a_download_that_breaks_off_goes_on_where_it_stopped(
    storage: StorageEmulator, shelf: Shelf, data: bytes
) -> None:
    _, size, sha256 = put(shelf, "v1", data)
    for at in (0, 100_000, 50_000):
        storage.fail_next("truncate", path="/download/", at=at)
    assert shelf.fetch("v1", T, size, sha256) == data
    assert all(fault.times == 0 for fault in storage.faults)


@pytest.mark.parametrize("data", [DATA, MIXED], ids=["raw", "compressed"])
@pytest.mark.parametrize("at", [0, 5, 128_000, len(DATA) - 1])
def test_a_byte_that_changed_on_the_way_is_noticed_and_asked_for_again(
    storage: StorageEmulator, shelf: Shelf, data: bytes, at: int
) -> None:
    put(shelf, "v1", data)
    storage.fail_next("flip", path="/download/", at=at)
    assert shelf.fetch("v1", T) == data
    storage.fail_next("flip", path="/download/", at=at, times=3)
    with pytest.raises(Unavailable, match="damaged"):
        shelf.fetch("v1", T)


def test_a_byte_that_changed_before_the_rest_was_resumed_is_noticed(
    storage: StorageEmulator, shelf: Shelf
) -> None:
    put(shelf, "v1", DATA)
    storage.fail_next("truncate", path="/download/", at=100_000)
    storage.fail_next("flip", path="/download/", at=7)
    assert shelf.fetch("v1", T) == DATA


@pytest.mark.parametrize("how", ["drip", "drip_head"])
def test_bytes_that_come_one_by_one_are_given_up_at_the_deadline(
    storage: StorageEmulator, shelf: Shelf, how: str
) -> None:
    one = put(shelf, "v1", DATA)
    storage.fail_next(how, times=10_000)
    for call in calls(shelf, one, 0.3):
        with within(0.6), pytest.raises(Unavailable):
            call()


def test_a_slow_download_is_given_up_at_the_deadline_and_its_buffer_let_go(
    storage: StorageEmulator, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadlines: list[gcs_calls.Deadline] = []

    class Watched(gcs_calls.Deadline):
        def __init__(self, timeout_s: float) -> None:
            super().__init__(timeout_s)
            deadlines.append(self)

    put(shelf, "v1", DATA)
    storage.fail_next("drip", path="/download/", at=40_000, pause_s=0.001)
    with monkeypatch.context() as patched:
        patched.setattr(gcs_calls, "Deadline", Watched)
        with within(0.9), pytest.raises(Unavailable, match="no answer in"):
            shelf.fetch("v1", 0.5)
    assert [len(one.buffer) for one in deadlines] == [0]
    assert shelf.fetch("v1", T) == DATA


def test_a_refused_connection_is_unavailable_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    with within(0.9), pytest.raises(Unavailable):
        GcsShelf("any").current(0.5)


def test_credentials_that_are_not_there_are_unavailable() -> None:
    def none() -> None:
        raise DefaultCredentialsError("no credentials")

    with pytest.raises(Unavailable, match="no credentials"):
        GcsShelf("any", client=none).current(T)
