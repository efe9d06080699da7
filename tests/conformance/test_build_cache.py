"""What every build cache does, wherever it is stored."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.folder.build_cache import FolderBuildCache
from adapters.gcs.build_cache import GcsBuildCache
from emulators.storage.server import StorageEmulator
from feed.ports.builds import BuildCache
from tests.support.buckets import PREFIX
from tests.support.timing import run_at_once

DATA = bytes(range(256)) * 1000


class BuildCacheContract:
    """The suite. `open_cache` opens the same cache again, as the next build does."""

    @pytest.fixture
    def cache(self, open_cache: Callable[[], BuildCache]) -> BuildCache:
        return open_cache()

    def test_saved_bytes_are_loaded_by_the_next_build(
        self, open_cache: Callable[[], BuildCache], cache: BuildCache
    ) -> None:
        assert cache.load("one") is None
        for data in (DATA, b"", b"\n", b"shorter"):
            cache.save("one", data)
            assert open_cache().load("one") == data
        assert cache.load("other") is None

    def test_of_concurrent_writes_one_is_stored_whole(self, cache: BuildCache) -> None:
        _, failed = run_at_once(lambda n: cache.save("one", bytes([n]) * 100_000), 8)
        assert failed == []
        loaded = cache.load("one")
        assert loaded is not None
        assert loaded == loaded[:1] * 100_000


class TestFolderBuildCache(BuildCacheContract):
    @pytest.fixture
    def open_cache(self, tmp_path: Path) -> Callable[[], BuildCache]:
        return lambda: FolderBuildCache(tmp_path / "made" / "when needed")

    def test_damaged_bytes_are_not_loaded(self, tmp_path: Path) -> None:
        cache = FolderBuildCache(tmp_path)
        cache.save("one", DATA)
        whole = (tmp_path / "one").read_bytes()
        for damaged in (b"", whole[:-1], whole[:-1] + b"?", b"?" + whole[1:]):
            (tmp_path / "one").write_bytes(damaged)
            assert cache.load("one") is None

    def test_only_the_owner_may_read_the_files(self, tmp_path: Path) -> None:
        FolderBuildCache(tmp_path).save("one", DATA)
        assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o600

    def test_a_folder_that_cannot_be_used_is_logged(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "file").write_text("")
        cache = FolderBuildCache(tmp_path / "file")
        cache.save("one", DATA)
        assert cache.load("one") is None
        assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


class TestGcsBuildCache(BuildCacheContract):
    @pytest.fixture
    def open_cache(self, bucket: str) -> Callable[[], BuildCache]:
        return lambda: GcsBuildCache(bucket, PREFIX)

    def test_a_bucket_that_refuses_is_logged(
        self, storage: StorageEmulator, bucket: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        cache = GcsBuildCache(bucket, timeout_s=0.4)
        cache.save("one", DATA)
        for status in (403, 503):
            storage.fail_next("status", times=1000, status=status)
            cache.save("one", b"")
            assert cache.load("one") is None
            storage.clear_faults()
        assert cache.load("one") == DATA
        assert [record.levelname for record in caplog.records] == ["WARNING"] * 4

    def test_bytes_that_arrive_damaged_are_asked_for_again(
        self, storage: StorageEmulator, cache: BuildCache
    ) -> None:
        cache.save("one", DATA)
        storage.fail_next("flip", path="/download/")
        assert cache.load("one") == DATA
