"""Keeps the notes that a build reads, in a temporary file, unless the shelf has them already.

Notes go by a digest of what their source wrote. A source that reads only what changed remembers the
digests of the rest, whose notes are on the shelf beside the current snapshot.
"""

import hashlib
import tempfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from typing import IO

from catalog_builder.notes.sanitizer import POLICY
from feed.ports.errors import Damaged, DamagedPointer, NotFound
from feed.ports.shelf import Shelf
from feed.snapshot.notes import (
    DIGEST_BYTES,
    PREFIX_BYTES,
    NotesError,
    NotesHead,
    decode_head,
    head_size,
    rows_of,
)

MAX_NOTES_CHARS = 100_000
"""of one episode's notes; longer ones are cut"""
TIMEOUT_S = 300.0
"""deadline of each call to the shelf"""
_WINDOW = 8 * 2**20
"""bytes that are read ahead"""
_LEVEL = 1


class PublishedNotes:
    """The notes of the current snapshot."""

    def __init__(self, shelf: Shelf, version: str, encoded_head: bytes) -> None:
        """Raises `NotesError` for a head that is damaged."""
        self._shelf = shelf
        self.version = version
        self.encoded_head = encoded_head
        self.head: NotesHead = decode_head(encoded_head)
        digests = self.head.digests.tobytes()
        starts = range(0, len(digests), DIGEST_BYTES)
        self.rows = {digests[at : at + DIGEST_BYTES]: row for row, at in enumerate(starts)}
        """a row that has these notes, by their digest"""
        self.rows.pop(bytes(DIGEST_BYTES), None)

    def frames(self, digests: Sequence[bytes]) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield each digest with its frame: empty if nothing was left, None if it is damaged.

        `digests` ascend, and frames lie in that order, so the whole is read once, part by part.
        """
        window, begin, index = b"", 0, self.head.index
        for digest in digests:
            row = self.rows[digest]
            start, end = index.place(row) or (begin, begin)
            if end > begin + len(window) or start < begin:
                last = min(max(end, start + _WINDOW), self.head.size)
                try:
                    window = self._shelf.fetch_notes(self.version, start, last, TIMEOUT_S)
                except (Damaged, NotFound):
                    window = b""
                begin = start
            frame = window[start - begin : end - begin]
            try:
                index.check(row, frame)
            except NotesError:
                yield digest, None
            else:
                yield digest, frame


class NotesSpool:
    """Keeps notes for one build; a `NotesKeeper`."""

    def __init__(self, shelf: Shelf | None, *, full: bool = False) -> None:
        """Keep notes for a build that publishes on this shelf; None keeps none of them.

        With `full`, none that are published are used again, in case they are damaged.
        """
        self.shelf = shelf
        self._full = full
        self.cut = 0
        """notes that were too long"""
        self._places: dict[bytes, tuple[int, int]] = {}
        self._end = 0
        self._read_again: Callable[[Collection[str]], None] | None = None

    def keep(self, notes: str) -> str:
        """Keep the notes of an episode, cut to `MAX_NOTES_CHARS`; return their digest."""
        if len(notes) > MAX_NOTES_CHARS:
            self.cut += 1
            notes = notes[:MAX_NOTES_CHARS]
            notes = notes[: notes.rfind("<")] if notes.rfind("<") > notes.rfind(">") else notes
        data = notes.encode(errors="replace")
        digest = hashlib.sha256(data).digest()[:DIGEST_BYTES]
        if self.shelf is not None and not self._has(digest):
            packed = zlib.compress(data, _LEVEL)
            self._file.seek(self._end)
            self._file.write(packed)
            self._places[digest] = (self._end, len(packed))
            self._end += len(packed)
        return digest.hex()

    def on_missing(self, read_again: Callable[[Collection[str]], None]) -> None:
        """Name what gives the notes of some digests to `keep` once more."""
        self._read_again = read_again

    def require(self, digests: Collection[bytes]) -> None:
        """Have those of these notes read again that are neither kept nor published."""
        missing = {one.hex() for one in digests if not self._has(one)}
        if missing and self._read_again is not None:
            self._read_again(missing)

    def _has(self, digest: bytes) -> bool:
        return digest in self._places or (
            self.published is not None and digest in self.published.rows
        )

    def is_kept(self, digest: bytes) -> bool:
        """Whether this build read the notes with this digest."""
        return digest in self._places

    def read(self, digest: bytes) -> str:
        """Return notes that this build read."""
        start, size = self._places[digest]
        self._file.seek(start)
        return zlib.decompress(self._file.read(size)).decode()

    @cached_property
    def published(self) -> PublishedNotes | None:
        """The notes of the current snapshot; None if there are none that can be used again.

        Raises `Unavailable`.
        """
        if self.shelf is None or self._full:
            return None
        try:
            pointer = self.shelf.current(TIMEOUT_S)
            if pointer is None:
                return None
            prefix = self.shelf.fetch_notes(pointer.version, 0, PREFIX_BYTES, TIMEOUT_S)
            size = head_size(rows_of(prefix))
            head = self.shelf.fetch_notes(pointer.version, 0, size, TIMEOUT_S)
            found = PublishedNotes(self.shelf, pointer.version, head)
        except (NotFound, Damaged, DamagedPointer, NotesError):
            return None
        return found if found.head.policy == POLICY else None

    @cached_property
    def _file(self) -> IO[bytes]:
        return tempfile.TemporaryFile()  # it has no name, so it goes with the process
