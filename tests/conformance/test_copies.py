"""What copies must do, wherever they are kept."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.folder.copies import FolderCopies
from adapters.gcs.copies import GcsCopies
from emulators.storage.server import StrictStorage
from feed.ports.builds import BuildCache
from tests.support.buckets import PREFIX, _storage_server, all_at_once, bucket, storage

__all__ = ["_storage_server", "bucket", "storage"]

DATA = bytes(range(256)) * 1000


class CopiesContract:
    """The suite. `opened` opens the same copies again, as the next build does."""

    @pytest.fixture
    def copies(self, opened: Callable[[], BuildCache]) -> BuildCache:
        return opened()

    def test_what_was_kept_is_there_for_the_next_who_looks(
        self, opened: Callable[[], BuildCache], copies: BuildCache
    ) -> None:
        assert copies.load("one") is None
        for data in (DATA, b"", b"\n", b"shorter"):
            copies.save("one", data)
            assert opened().load("one") == data
        assert copies.load("other") is None

    def test_of_many_who_keep_one_has_its_bytes_whole(self, copies: BuildCache) -> None:
        _, failed = all_at_once(lambda n: copies.save("one", bytes([n]) * 100_000), 8)
        assert failed == []
        kept = copies.load("one")
        assert kept is not None
        assert kept == kept[:1] * 100_000


class TestFolderCopies(CopiesContract):
    @pytest.fixture
    def opened(self, tmp_path: Path) -> Callable[[], BuildCache]:
        return lambda: FolderCopies(tmp_path / "made" / "when needed")

    def test_damaged_bytes_are_as_good_as_none(self, tmp_path: Path) -> None:
        copies = FolderCopies(tmp_path)
        copies.save("one", DATA)
        whole = (tmp_path / "one").read_bytes()
        for damaged in (b"", whole[:-1], whole[:-1] + b"?", b"?" + whole[1:]):
            (tmp_path / "one").write_bytes(damaged)
            assert copies.load("one") is None

    def test_nobody_else_on_the_machine_reads_them(self, tmp_path: Path) -> None:
        FolderCopies(tmp_path).save("one", DATA)
        assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o600

    def test_a_folder_that_cannot_be_used_is_logged(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "file").write_text("")
        copies = FolderCopies(tmp_path / "file")
        copies.save("one", DATA)
        assert copies.load("one") is None
        assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


class TestGcsCopies(CopiesContract):
    @pytest.fixture
    def opened(self, bucket: str) -> Callable[[], BuildCache]:
        return lambda: GcsCopies(bucket, PREFIX)

    def test_a_bucket_that_refuses_is_logged(
        self, storage: StrictStorage, bucket: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        copies = GcsCopies(bucket, timeout_s=0.4)
        copies.save("one", DATA)
        for status in (403, 503):
            storage.break_next("status", times=1000, status=status)
            copies.save("one", b"")
            assert copies.load("one") is None
            storage.mend()
        assert copies.load("one") == DATA
        assert [record.levelname for record in caplog.records] == ["WARNING"] * 4

    def test_bytes_that_arrive_damaged_are_asked_for_again(
        self, storage: StrictStorage, copies: BuildCache
    ) -> None:
        copies.save("one", DATA)
        storage.break_next("flip", path="/download/")
        assert copies.load("one") == DATA
