"""The shelf as a folder: `snapshots/<version>` and `current.json`, for one machine.

Files appear whole, by rename, and are on disk before they have their name. The pointer moves under
a lock that the system lets go of when its holder dies.
"""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from feed.ports import Buffer, Conflict, Entry, NotFound, Pointer, TooLarge, Unavailable

_CHUNK = 16 * 2**20


class FolderShelf:
    """A `Shelf` in a folder, which is made when something is first put there."""

    def __init__(self, folder: Path) -> None:
        self._pointer = folder / "current.json"
        self._lock = folder / ".lock"
        self._snapshots = folder / "snapshots"

    def current(self, timeout_s: float) -> Pointer | None:  # noqa: ARG002  # one small read
        """The pointer, or None before the first publication."""
        try:
            return msgspec.json.decode(self._pointer.read_bytes(), type=Pointer)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"{self._pointer}: {error.strerror}") from error
        except msgspec.DecodeError as error:
            raise Unavailable(
                f"{self._pointer}: not a pointer: {error}; delete it and publish again"
            ) from error

    def fetch(self, version: str, timeout_s: float, max_bytes: int | None = None) -> Buffer:
        """The snapshot, read into memory.

        Not mapped: who truncates a mapped file ends every process that looks at it.
        """
        path = self._path(version)
        deadline = time.monotonic() + timeout_s
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if max_bytes is not None and size > max_bytes:
                    raise TooLarge(f"{path}: {size} bytes, more than {max_bytes}")
                data = bytearray(size)
                view, at = memoryview(data), 0
                while count := file.readinto(view[at : at + _CHUNK]):
                    at += count
                    if time.monotonic() > deadline:
                        raise Unavailable(f"{path}: not read in {timeout_s} s")
        except FileNotFoundError as error:
            raise NotFound(f"no snapshot {version}") from error
        except OSError as error:
            raise Unavailable(f"{path}: {error.strerror}") from error
        return view[:at].toreadonly()

    def put(self, version: str, data: Buffer, timeout_s: float) -> None:
        """Store a snapshot, whole or not at all. Raises `Conflict` if the name has other bytes."""
        path = self._path(version)
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self._lock, timeout_s):
            if path.exists():
                if path.read_bytes() != data:
                    raise Conflict(f"{version} is on the shelf already, with other bytes")
                return
            write_whole(path, data)

    def promote(
        self, version: str, size: int, sha256: str, expected_generation: int, timeout_s: float
    ) -> Pointer:
        """Point at a stored version if the pointer is still at `expected_generation`."""
        path = self._path(version)
        with locked(self._lock, timeout_s):
            if not path.exists():
                raise NotFound(f"no snapshot {version}")
            current = self.current(timeout_s)
            generation = current.generation if current else 0
            if generation != expected_generation:
                raise Conflict(
                    f"the pointer is at generation {generation}, not {expected_generation}: "
                    "somebody else published"
                )
            pointer = Pointer(version, size, sha256, generation + 1)
            write_whole(self._pointer, msgspec.json.encode(pointer))
            return pointer

    def entries(self, timeout_s: float) -> list[Entry]:  # noqa: ARG002  # one listing
        """What is on the shelf, oldest first."""
        if not self._snapshots.exists():
            return []
        files = [
            Entry(path.name, path.stat().st_size, path.stat().st_mtime)
            for path in self._snapshots.iterdir()
            if not path.name.startswith(".")
        ]
        return sorted(files, key=lambda entry: (entry.stored_at, entry.version))

    def delete(self, version: str, timeout_s: float) -> None:
        """Remove a version if it is there. Raises `Conflict` if the pointer names it."""
        path = self._path(version)
        if not path.exists():
            return
        with locked(self._lock, timeout_s):
            pointer = self.current(timeout_s)
            if pointer and pointer.version == version:
                raise Conflict(f"{version} is the current version")
            path.unlink(missing_ok=True)

    def _path(self, version: str) -> Path:
        if not version or version.startswith(".") or "/" in version:
            raise NotFound(f"no snapshot {version!r}: not the name of one")
        return self._snapshots / version


def write_whole(path: Path, data: Buffer, mode: int = 0o644) -> None:
    """Write a file that is there whole and on disk, or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)  # mkstemp's 0600 would hide it from a server of another user
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def locked(lock: Path, timeout_s: float) -> Iterator[None]:
    """Hold the lock that a file stands for. Raises `Unavailable` if it is not had in time."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout_s
    with lock.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise Unavailable(f"{lock}: held for {timeout_s} s") from error
                time.sleep(0.01)
        yield
