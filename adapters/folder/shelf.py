"""The shelf as a folder: `snapshots/<version>` and `current.json`, for one machine.

Files appear whole, by rename, and are on disk before they have their name. The pointer moves under
a lock that the system lets go of when its holder dies.

A snapshot is mapped, not read. The pointer remembers when the file that it names was last changed,
as of when it was found to be what was published: while that stays, it is not summed up again
(docs/adr/0012-packed-snapshots.md).
"""

import fcntl
import hashlib
import mmap
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from feed.ports.errors import Conflict, Damaged, DamagedPointer, NotFound, TooLarge, Unavailable
from feed.ports.shelf import Buffer, Entry, Pointer

_CHUNK = 16 * 2**20
_TICK_S = 0.02
"""two changes of a file that are further apart have different times"""


class _Document(msgspec.Struct, frozen=True):
    """What `current.json` says."""

    version: str
    size: int
    sha256: str
    generation: int
    changed_ns: int = 0
    """`st_ctime_ns` of the snapshot when it had that SHA-256; 0: it is not known to have had it"""


class FolderShelf:
    """A `Shelf` in a folder, which is made when something is first put there."""

    def __init__(self, folder: Path) -> None:
        self._pointer = folder / "current.json"
        self._lock = folder / ".lock"
        self._snapshots = folder / "snapshots"

    def current(self, timeout_s: float) -> Pointer | None:  # noqa: ARG002  # one small read
        """The pointer, or None before the first publication. Raises `DamagedPointer`."""
        said = self._said()
        return Pointer(said.version, said.size, said.sha256, said.generation) if said else None

    def _said(self) -> _Document | None:
        try:
            return msgspec.json.decode(self._pointer.read_bytes(), type=_Document)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"{self._pointer}: {error.strerror}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DamagedPointer(f"{self._pointer}: not a pointer: {error}", 0) from error

    def fetch(
        self, version: str, timeout_s: float, max_bytes: int | None = None, sha256: str = ""
    ) -> Buffer:
        """The snapshot, mapped: readable as long as it is held, whatever becomes of its name."""
        path = self._path(version)
        try:
            with path.open("rb") as file:
                about = os.fstat(file.fileno())
                if max_bytes is not None and about.st_size > max_bytes:
                    raise TooLarge(f"{path}: {about.st_size} bytes, more than {max_bytes}")
                data = _mapped(file.fileno(), about.st_size)
        except FileNotFoundError as error:
            raise NotFound(f"no snapshot {version}") from error
        except OSError as error:
            raise Unavailable(f"{path}: {error.strerror}") from error
        if sha256:
            said = self._said()
            was_right = said and (said.version, said.sha256) == (version, sha256)
            unchanged = said and said.changed_ns == about.st_ctime_ns
            if not (was_right and unchanged) and _summed(data, path, timeout_s) != sha256:
                raise Damaged(f"{path}: not the bytes of that SHA-256")
        return data

    def put(self, version: str, data: Buffer, timeout_s: float) -> None:
        """Store a snapshot, whole or not at all. Raises `Conflict` if the name has other bytes."""
        path = self._path(version)
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self._lock, timeout_s):
            if path.exists():
                if memoryview(self.fetch(version, timeout_s)) != memoryview(data):
                    raise Conflict(f"{version} is on the shelf already, with other bytes")
                return
            write_whole(path, data, mode=0o444)  # written in place, it would change for its readers

    def promote(
        self, version: str, size: int, sha256: str, expected_generation: int, timeout_s: float
    ) -> Pointer:
        """Point at a stored version if the pointer is still at `expected_generation`."""
        path = self._path(version)
        with locked(self._lock, timeout_s):
            if not path.exists():
                raise NotFound(f"no snapshot {version}")
            generation = self._generation()
            if generation != expected_generation:
                raise Conflict(
                    f"the pointer is at generation {generation}, not {expected_generation}: "
                    "somebody else published"
                )
            changed_ns = self._changed_ns(version, sha256, timeout_s)
            said = _Document(version, size, sha256, generation + 1, changed_ns)
            write_whole(self._pointer, msgspec.json.encode(said))
            return Pointer(version, size, sha256, generation + 1)

    def _generation(self) -> int:
        try:
            said = self._said()
        except DamagedPointer as error:
            return error.generation
        return said.generation if said else 0

    def _changed_ns(self, version: str, sha256: str, timeout_s: float) -> int:
        """When the snapshot was last changed, if it has that SHA-256; else 0."""
        path = self._path(version)
        before = path.stat().st_ctime_ns
        # Whatever changes it from here on gives it another time.
        time.sleep(max(0.0, min(_TICK_S, before / 1e9 + _TICK_S - time.time())))
        is_right = _summed(self.fetch(version, timeout_s), path, timeout_s) == sha256
        return before if is_right and path.stat().st_ctime_ns == before else 0

    def entries(self, timeout_s: float) -> list[Entry]:  # noqa: ARG002  # one listing
        """What is on the shelf, oldest first."""
        found = []
        try:
            for path in self._snapshots.iterdir():
                with suppress(FileNotFoundError):  # deleted since it was listed
                    if not path.name.startswith("."):
                        about = path.stat()
                        found.append(Entry(path.name, about.st_size, about.st_mtime))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unavailable(f"{self._snapshots}: {error.strerror}") from error
        return sorted(found, key=lambda entry: (entry.stored_at, entry.version))

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


def _mapped(file: int, size: int) -> Buffer:
    """A file of so many bytes; nothing of it is read yet."""
    return mmap.mmap(file, size, access=mmap.ACCESS_READ) if size else b""


def _summed(data: Buffer, path: Path, timeout_s: float) -> str:
    """SHA-256 in hexadecimal."""
    deadline = time.monotonic() + timeout_s
    digest, view = hashlib.sha256(), memoryview(data)
    for start in range(0, len(view), _CHUNK):
        digest.update(view[start : start + _CHUNK])
        if time.monotonic() > deadline:
            raise Unavailable(f"{path}: not read in {timeout_s} s")
    return digest.hexdigest()


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
