"""Port of the shelf: storage of immutable snapshots, and the pointer to the current one."""

import mmap
from dataclasses import dataclass
from typing import Protocol

from feed.model.stored_texts import TextKind

Buffer = bytes | bytearray | memoryview | mmap.mmap


@dataclass(frozen=True)
class ShelfEntry:
    """A snapshot on the shelf."""

    version: str
    size: int
    """bytes stored, after compression"""
    stored_at: float
    """seconds since 1970, UTC"""


@dataclass(frozen=True)
class LookTimes:
    """When the schedule last looked for changes with success, in microseconds since 1970, UTC."""

    episodes_us: int
    """at the episodes"""
    signals_us: int
    """at the users' summaries that changed"""
    full_us: int
    """at every summary"""


@dataclass(frozen=True)
class ShelfPointer:
    """Which snapshot is current, as `current.json` says."""

    version: str
    size: int
    """bytes of the snapshot"""
    sha256: str
    """of the snapshot, in hexadecimal"""
    generation: int
    """version of the pointer itself, for a conditional promotion; 0 before the first"""
    looks: LookTimes | None = None
    """when the schedule last looked for what this snapshot may lack; None: it never did"""


class Shelf(Protocol):
    """Stores snapshots, which never change, and a pointer to the current one, which moves.

    Every call raises `Unavailable` after `timeout_s` seconds.
    """

    def current(self, timeout_s: float) -> ShelfPointer | None:
        """The pointer, or None before the first publication. Raises `DamagedPointer`."""

    def fetch(
        self, version: str, timeout_s: float, max_bytes: int | None = None, sha256: str = ""
    ) -> Buffer:
        """The bytes of a snapshot.

        Raises `NotFound`, `TooLarge` before more than `max_bytes` are read, and `Damaged` where
        the stored file is incomplete or does not have the given SHA-256, in hexadecimal.
        """

    def put(self, version: str, data: Buffer, timeout_s: float) -> None:
        """Store a snapshot atomically. Raises `Conflict` if its version has other bytes already."""

    def put_index(self, version: str, data: Buffer, timeout_s: float) -> None:
        """Store the search index of a version, as `put` stores a snapshot. Raises `Conflict`."""

    def fetch_index(
        self, version: str, timeout_s: float, max_bytes: int | None, sha256: str
    ) -> Buffer:
        """The bytes of a version's search index. Raises as `fetch` does."""

    def put_texts(self, kind: TextKind, version: str, data: Buffer, timeout_s: float) -> None:
        """Store texts of a version's episodes, which may be a mapped file larger than memory.

        Raises `Conflict` if the version has others of this kind already.
        """

    def copy_texts(self, kind: TextKind, source: str, version: str, timeout_s: float) -> None:
        """Give a version the texts of another one, whose bytes pass through no caller.

        Raises `NotFound` if `source` has none, and `Conflict` if `version` has others already.
        """

    def fetch_texts(
        self, kind: TextKind, version: str, start: int, end: int, timeout_s: float
    ) -> bytes:
        """The bytes `start` to `end` of a version's texts, without `end`.

        Raises `NotFound`, and `Damaged` where the stored texts end before `end`.
        """

    def promote(
        self,
        version: str,
        size: int,
        sha256: str,
        expected_generation: int,
        timeout_s: float,
        looks: LookTimes | None = None,
    ) -> ShelfPointer:
        """Make a stored version current; returns the new pointer, which also holds `looks`.

        The version may be the current one, to note another look. Raises `Conflict` unless the
        pointer's generation is still the expected one, 0 for none yet, and `NotFound` for a version
        that is not stored.
        """

    def entries(self, timeout_s: float) -> list[ShelfEntry]:
        """All stored snapshots, oldest first."""

    def delete(self, version: str, timeout_s: float) -> None:
        """Remove a version with its index and texts. Raises `Conflict` for the current one."""
