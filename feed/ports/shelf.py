"""The port of the shelf: immutable snapshots, and the pointer to the current one."""

import mmap
from dataclasses import dataclass
from typing import Protocol

Buffer = bytes | bytearray | memoryview | mmap.mmap


@dataclass(frozen=True)
class ShelfEntry:
    """A snapshot on the shelf."""

    version: str
    size: int
    """bytes that it takes there"""
    stored_at: float
    """seconds since 1970, UTC: when it was put on the shelf"""


@dataclass(frozen=True)
class ShelfPointer:
    """What `current.json` says, and the generation it was read at (0: there is none yet)."""

    version: str
    size: int
    sha256: str
    generation: int


class Shelf(Protocol):
    """Keeps snapshots. What is on it never changes; only the pointer moves.

    Every call has a deadline in seconds and raises `Unavailable` past it.
    """

    def current(self, timeout_s: float) -> ShelfPointer | None:
        """The pointer, or None before the first publication. Raises `DamagedPointer`."""
        ...

    def fetch(
        self, version: str, timeout_s: float, max_bytes: int | None = None, sha256: str = ""
    ) -> Buffer:
        """The bytes of a snapshot, which no one changes afterwards.

        Raises `NotFound`, `TooLarge` before more than `max_bytes` are read, and `Damaged` where
        what is there is not whole, or its SHA-256 in hexadecimal is not the one given.
        """
        ...

    def put(self, version: str, data: Buffer, timeout_s: float) -> None:
        """Store a snapshot, whole or not at all. Raises `Conflict` if the name has other bytes."""
        ...

    def promote(
        self, version: str, size: int, sha256: str, expected_generation: int, timeout_s: float
    ) -> ShelfPointer:
        """Point at a stored version if the pointer is still at `expected_generation` (0: none yet).

        Raises `Conflict` if it is not, `NotFound` if there is no such version.
        """
        ...

    def entries(self, timeout_s: float) -> list[ShelfEntry]:
        """What is on the shelf, oldest first."""
        ...

    def delete(self, version: str, timeout_s: float) -> None:
        """Remove a version if it is there. Raises `Conflict` if the pointer names it."""
        ...
