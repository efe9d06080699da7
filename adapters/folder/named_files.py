"""Files by name in a folder, readable by its owner alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.folder.files import write_whole
from feed.ports.errors import Unavailable


class FolderFiles:
    """`Files` in a folder, which is created by the first `write`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None if there is none. Raises `Unavailable`."""
        with self._translated(name):
            try:
                return (self._folder / name).read_bytes()
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes) -> None:
        """Write a file atomically; it is on disk when this returns. Raises `Unavailable`."""
        with self._translated(name):
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._folder / name, data, mode=0o600)

    def delete(self, name: str) -> None:
        """Delete a file, if it exists. Raises `Unavailable`."""
        with self._translated(name):
            (self._folder / name).unlink(missing_ok=True)

    @contextmanager
    def _translated(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Unavailable(f"{self._folder / name}: {error.strerror}") from error
