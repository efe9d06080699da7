"""The shelf in a folder of one machine: `snapshots/<version>` and the pointer `current.json`.

The search index of a snapshot is `indexes/<version>`, texts of its
episodes are `notes/<version>` and `transcripts/<version>`.
Files are synced to disk and then renamed, so that they appear whole. The pointer moves under a lock
that the system releases when its holder dies.

A snapshot is memory-mapped, not read. The pointer stores the time of change that the file had when
its checksum was last verified: while that stays the same, the checksum is not computed again
(docs/adr/0012-compressed-snapshots.md).
"""

import hashlib
import mmap
import os
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from adapters.folder.files import locked, write_whole
from feed.model.stored_texts import TextKind
from feed.ports.errors import Conflict, Damaged, DamagedPointer, NotFound, TooLarge, Unavailable
from feed.ports.shelf import Buffer, LookTimes, ShelfEntry, ShelfPointer

_CHUNK = 16 * 2**20
_TICK_S = 0.02
"""resolution of file times: changes that are further apart have different times"""


class _PointerDocument(msgspec.Struct, frozen=True):
    """The content of `current.json`."""

    version: str
    size: int
    sha256: str
    generation: int
    changed_ns: int = 0
    """`st_ctime_ns` of the snapshot when its SHA-256 was verified; 0: it never was"""
    looks: LookTimes | None = None


class FolderShelf:
    """A `Shelf` in a folder, which is created by the first `put`."""

    def __init__(self, folder: Path) -> None:
        self._pointer = folder / "current.json"
        self._lock = folder / ".lock"
        self._snapshots = folder / "snapshots"
        self._indexes = folder / "indexes"
        self._texts = {kind: folder / kind for kind in TextKind}

    def current(self, timeout_s: float) -> ShelfPointer | None:  # noqa: ARG002  # one small read
        """The pointer to the current snapshot; None before the first promotion.

        Raises `DamagedPointer`.
        """
        stored = self._stored_pointer()
        if stored is None:
            return None
        return ShelfPointer(
            stored.version, stored.size, stored.sha256, stored.generation, stored.looks
        )

    def _stored_pointer(self) -> _PointerDocument | None:
        try:
            return msgspec.json.decode(self._pointer.read_bytes(), type=_PointerDocument)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"{self._pointer}: {error.strerror}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DamagedPointer(f"{self._pointer}: not a pointer: {error}", 0) from error

    def fetch(
        self, version: str, timeout_s: float, max_bytes: int | None = None, sha256: str = ""
    ) -> Buffer:
        """The snapshot, memory-mapped: it stays readable even after its file is deleted.

        Raises `NotFound`, `TooLarge` for more than `max_bytes`, and `Damaged` if the file has
        another SHA-256 than `sha256` (hexadecimal, "" for any).
        """
        path = self._path(version)
        data, changed_ns = _open_mapped(path, max_bytes)
        if sha256:
            stored = self._stored_pointer()
            was_verified = stored and (stored.version, stored.sha256) == (version, sha256)
            unchanged = stored and stored.changed_ns == changed_ns
            if not (was_verified and unchanged):
                _verify(data, path, sha256, timeout_s)
        return data

    def fetch_index(
        self, version: str, timeout_s: float, max_bytes: int | None, sha256: str
    ) -> Buffer:
        """The search index of a version, memory-mapped.

        Raises `NotFound`, `TooLarge` for more than `max_bytes`, and `Damaged` if the file has
        another SHA-256 than `sha256`, in hexadecimal.
        """
        path = self._path(version, self._indexes)
        data, _ = _open_mapped(path, max_bytes)
        _verify(data, path, sha256, timeout_s)
        return data

    def put(self, version: str, data: Buffer, timeout_s: float) -> None:
        """Store a snapshot atomically. Raises `Conflict` if the version exists with other bytes."""
        self._put(self._path(version), data, timeout_s)

    def put_index(self, version: str, data: Buffer, timeout_s: float) -> None:
        """Store the search index of a version atomically.

        Raises `Conflict` if the version has an index of other bytes.
        """
        self._put(self._path(version, self._indexes), data, timeout_s)

    def put_texts(self, kind: TextKind, version: str, data: Buffer, timeout_s: float) -> None:
        """Store texts of a version's episodes atomically.

        Raises `Conflict` if the version has others of this kind.
        """
        self._put(self._path(version, self._texts[kind]), data, timeout_s)

    def copy_texts(self, kind: TextKind, source: str, version: str, timeout_s: float) -> None:
        """Give a version the texts of another one, as a second name of one file.

        Raises `NotFound` if `source` has none, and `Conflict` if `version` has others.
        """
        folder = self._texts[kind]
        path = self._path(version, folder)
        with locked(self._lock, timeout_s):
            try:
                os.link(self._path(source, folder), path)
            except FileNotFoundError as error:
                raise NotFound(f"no {kind} of {source}") from error
            except FileExistsError as error:
                stored = (self._path(one, folder) for one in (source, version))
                one, other = (memoryview(_open_mapped(path, None)[0]) for path in stored)
                if one != other:
                    raise Conflict(f"{version} exists already, with other bytes") from error
            except OSError as error:
                raise Unavailable(f"{path}: {error.strerror}") from error

    def fetch_texts(
        self,
        kind: TextKind,
        version: str,
        start: int,
        end: int,
        timeout_s: float,  # noqa: ARG002  # one small read
    ) -> bytes:
        """The bytes `start` to `end` of a version's texts, without `end`.

        Raises `NotFound`, and `Damaged` if the file ends before `end`.
        """
        path = self._path(version, self._texts[kind])
        try:
            with path.open("rb") as file:
                data = os.pread(file.fileno(), end - start, start)
        except FileNotFoundError as error:
            raise NotFound(f"no {kind} of {version}") from error
        except OSError as error:
            raise Unavailable(f"{path}: {error.strerror}") from error
        if len(data) != end - start:
            raise Damaged(f"{path}: ends before byte {end}")
        return data

    def _put(self, path: Path, data: Buffer, timeout_s: float) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self._lock, timeout_s):
            if path.exists():
                if memoryview(_open_mapped(path, None)[0]) != memoryview(data):
                    raise Conflict(f"{path.name} exists already, with other bytes")
                return
            write_whole(path, data, mode=0o444)  # its readers have it mapped

    def promote(
        self,
        version: str,
        size: int,
        sha256: str,
        expected_generation: int,
        timeout_s: float,
        looks: LookTimes | None = None,
    ) -> ShelfPointer:
        """Move the pointer to a stored version if it is still at `expected_generation` (0: none).

        Raises `Conflict` if it is not, `NotFound` if the version is not stored.
        """
        path = self._path(version)
        with locked(self._lock, timeout_s):
            if not path.exists():
                raise NotFound(f"no snapshot {version}")
            generation = self._generation()
            if generation != expected_generation:
                raise Conflict(
                    f"the pointer is at generation {generation}, not {expected_generation}: "
                    "another publisher was first"
                )
            changed_ns = self._changed_ns(version, sha256, timeout_s)
            stored = _PointerDocument(version, size, sha256, generation + 1, changed_ns, looks)
            write_whole(self._pointer, msgspec.json.encode(stored))
            return ShelfPointer(version, size, sha256, generation + 1, looks)

    def _generation(self) -> int:
        try:
            stored = self._stored_pointer()
        except DamagedPointer as error:
            return error.generation
        return stored.generation if stored else 0

    def _changed_ns(self, version: str, sha256: str, timeout_s: float) -> int:
        """The time of the snapshot's last change if it has that SHA-256; else 0."""
        path = self._path(version)
        before = path.stat().st_ctime_ns
        # After this pause any further change gives it another time.
        time.sleep(max(0.0, min(_TICK_S, before / 1e9 + _TICK_S - time.time())))
        is_valid = _sha256(self.fetch(version, timeout_s), path, timeout_s) == sha256
        return before if is_valid and path.stat().st_ctime_ns == before else 0

    def entries(self, timeout_s: float) -> list[ShelfEntry]:  # noqa: ARG002  # one listing
        """The stored snapshots, oldest first."""
        found = []
        try:
            for path in self._snapshots.iterdir():
                with suppress(FileNotFoundError):  # deleted since it was listed
                    if not path.name.startswith("."):
                        status = path.stat()
                        found.append(ShelfEntry(path.name, status.st_size, status.st_mtime))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unavailable(f"{self._snapshots}: {error.strerror}") from error
        return sorted(found, key=lambda entry: (entry.stored_at, entry.version))

    def delete(self, version: str, timeout_s: float) -> None:
        """Remove a version with its index and texts. Raises `Conflict` for the current one."""
        path = self._path(version)
        if not path.exists():
            return
        with locked(self._lock, timeout_s):
            pointer = self.current(timeout_s)
            if pointer and pointer.version == version:
                raise Conflict(f"{version} is the current version")
            for folder in (self._indexes, *self._texts.values()):
                self._path(version, folder).unlink(missing_ok=True)
            path.unlink(missing_ok=True)

    def _path(self, version: str, folder: Path | None = None) -> Path:
        if not version or version.startswith(".") or "/" in version:
            raise NotFound(f"no snapshot {version!r}: expected a plain file name")
        return (folder or self._snapshots) / version


def _open_mapped(path: Path, max_bytes: int | None) -> tuple[Buffer, int]:
    """A memory map of a file, and its `st_ctime_ns`. Raises `NotFound` and `TooLarge`."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if max_bytes is not None and status.st_size > max_bytes:
                raise TooLarge(f"{path}: {status.st_size} bytes, more than {max_bytes}")
            return _mapped(file.fileno(), status.st_size), status.st_ctime_ns
    except FileNotFoundError as error:
        folder = path.parent.name
        what = {"snapshots": "snapshot", "indexes": "search index of"}.get(folder, f"{folder} of")
        raise NotFound(f"no {what} {path.name}") from error
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror}") from error


def _verify(data: Buffer, path: Path, sha256: str, timeout_s: float) -> None:
    """Raise `Damaged` unless the bytes have this SHA-256."""
    if _sha256(data, path, timeout_s) != sha256:
        raise Damaged(f"{path}: not the bytes of that SHA-256")


def _mapped(file: int, size: int) -> Buffer:
    """A memory map of a file of `size` bytes."""
    return mmap.mmap(file, size, access=mmap.ACCESS_READ) if size else b""


def _sha256(data: Buffer, path: Path, timeout_s: float) -> str:
    """The SHA-256 of data in hexadecimal. Raises `Unavailable` past `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    digest, view = hashlib.sha256(), memoryview(data)
    for start in range(0, len(view), _CHUNK):
        digest.update(view[start : start + _CHUNK])
        if time.monotonic() > deadline:
            raise Unavailable(f"{path}: not read in {timeout_s} s")
    return digest.hexdigest()
