"""What all files of results do, wherever they are stored."""

import stat
from pathlib import Path

import pytest

from adapters.folder.named_files import FolderFiles
from adapters.gcs.named_files import GcsFiles
from emulators.storage.server import StorageEmulator
from feed.ports.errors import Unavailable
from feed.ports.files import Files
from tests.support.buckets import PREFIX


class FilesContract:
    """The suite."""

    def test_a_file_is_what_was_written_last_until_it_is_deleted(self, files: Files) -> None:
        name = "https%3A%2F%2Fa.example%2F1%3Fx=%C3%A9.jsonl"
        assert files.read(name) is None
        for data in (b"one\n" * 50_000, b"", b"two"):
            files.write(name, data)
            assert files.read(name) == data
        files.write("other", b"stays")
        for _ in range(2):
            files.delete(name)
            assert files.read(name) is None
        assert files.read("other") == b"stays"


class TestFolderFiles(FilesContract):
    @pytest.fixture
    def files(self, tmp_path: Path) -> Files:
        return FolderFiles(tmp_path / "made" / "when needed")

    def test_only_the_owner_may_read_them(self, files: Files, tmp_path: Path) -> None:
        files.write("one", b"")
        path = tmp_path / "made" / "when needed" / "one"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_a_folder_that_cannot_be_used_is_unavailable(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        files = FolderFiles(tmp_path / "file")
        for call in (files.read, files.delete, lambda name: files.write(name, b"")):
            with pytest.raises(Unavailable, match="one"):
                call("one")


class TestGcsFiles(FilesContract):
    @pytest.fixture
    def files(self, bucket: str) -> Files:
        return GcsFiles(bucket, PREFIX)

    def test_a_bucket_that_refuses_is_unavailable(
        self, storage: StorageEmulator, files: Files
    ) -> None:
        storage.fail_next("status", times=1000, status=403)
        for call in (files.read, files.delete, lambda name: files.write(name, b"")):
            with pytest.raises(Unavailable):
                call("one")
        storage.clear_faults()
