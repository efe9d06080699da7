"""Keeps the texts of one kind that a build reads, in a temporary file, unless the shelf has them.

Texts go by a digest of what their source wrote. A source that reads only what changed remembers the
digests of the rest, whose texts are on the shelf beside the current snapshot.
"""

import hashlib
import tempfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import IO

from feed.model.stored_texts import TextKind
from feed.ports.errors import Damaged, DamagedPointer, NotFound
from feed.ports.shelf import Shelf
from feed.snapshot.texts import (
    DIGEST_BYTES,
    PREFIX_BYTES,
    TextError,
    TextHead,
    decode_head,
    head_size,
    rows_of,
)

TIMEOUT_S = 300.0
"""deadline of each call to the shelf"""
_WINDOW = 8 * 2**20
"""bytes that are read ahead"""
_LEVEL = 1


@dataclass(frozen=True)
class TextRules:
    """How frames of one kind are made of texts."""

    kind: TextKind
    policy: int
    """version of these rules: frames on the shelf that other rules made are made again"""
    max_chars: int
    """of one text; longer ones are cut"""
    frame: Callable[[str], bytes]
    """makes the frame of a text; empty if nothing is left of it"""


class PublishedTexts:
    """The texts of one kind of the current snapshot."""

    def __init__(self, shelf: Shelf, kind: TextKind, version: str, encoded_head: bytes) -> None:
        """Raises `TextError` for a head that is damaged."""
        self._shelf = shelf
        self._kind = kind
        self.version = version
        self.encoded_head = encoded_head
        self.head: TextHead = decode_head(encoded_head)
        digests = self.head.digests.tobytes()
        starts = range(0, len(digests), DIGEST_BYTES)
        self.rows = {digests[at : at + DIGEST_BYTES]: row for row, at in enumerate(starts)}
        """a row that has a text, by its digest"""
        self.rows.pop(bytes(DIGEST_BYTES), None)
        self.is_whole = True
        """False: some frames were found damaged"""

    def forget_damaged(self) -> None:
        """Read all frames, and forget those that are damaged. Raises `Unavailable`."""
        for digest in [one for one, frame in self.frames(sorted(self.rows)) if frame is None]:
            del self.rows[digest]
            self.is_whole = False

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
                    window = self._shelf.fetch_texts(
                        self._kind, self.version, start, last, TIMEOUT_S
                    )
                except (Damaged, NotFound):
                    window = b""
                begin = start
            frame = window[start - begin : end - begin]
            try:
                index.check(row, frame)
            except TextError:
                yield digest, None
            else:
                yield digest, frame


class TextSpool:
    """Keeps texts of one kind for one build; one of notes is a `NotesKeeper`."""

    def __init__(
        self,
        shelf: Shelf | None,
        rules: TextRules,
        *,
        full: bool = False,
        check: bool = False,
    ) -> None:
        """Keep texts for a build that publishes on this shelf; None keeps none of them.

        With `full`, none that are published are used again, in case they are damaged; with `check`,
        all are read first, and those are used that are not damaged.
        """
        self.shelf = shelf
        self.rules = rules
        self._full = full
        self._check = check
        self.cut = 0
        """texts that were too long"""
        self._places: dict[bytes, tuple[int, int]] = {}
        self._end = 0
        self._read_again: Callable[[Collection[str]], None] | None = None

    def keep(self, notes: str) -> str:
        """Keep the text of an episode, cut to what the rules allow; return its digest."""
        if len(notes) > self.rules.max_chars:
            self.cut += 1
            notes = notes[: self.rules.max_chars]
            notes = notes[: notes.rfind("<")] if notes.rfind("<") > notes.rfind(">") else notes
        data = notes.encode(errors="replace")
        digest = hashlib.sha256(data).digest()[:DIGEST_BYTES]
        if self.shelf is not None and not self.has(digest):
            packed = zlib.compress(data, _LEVEL)
            self._file.seek(self._end)
            self._file.write(packed)
            self._places[digest] = (self._end, len(packed))
            self._end += len(packed)
        return digest.hex()

    def on_missing(self, read_again: Callable[[Collection[str]], None]) -> None:
        """Set the function that reads the texts of some digests again and passes them to `keep`."""
        self._read_again = read_again

    def require(self, digests: Collection[bytes]) -> None:
        """Have the missing ones of these texts read again: those neither kept nor published."""
        missing = {one.hex() for one in digests if not self.has(one)}
        if missing and self._read_again is not None:
            self._read_again(missing)

    def has(self, digest: bytes) -> bool:
        """Whether the text with this digest is kept or published."""
        return digest in self._places or (
            self.published is not None and digest in self.published.rows
        )

    def is_kept(self, digest: bytes) -> bool:
        """Whether this build read the text with this digest."""
        return digest in self._places

    def read(self, digest: bytes) -> str:
        """Return a text that this build read."""
        start, size = self._places[digest]
        self._file.seek(start)
        return zlib.decompress(self._file.read(size)).decode()

    @cached_property
    def published(self) -> PublishedTexts | None:
        """The texts of the current snapshot; None if there are none that can be used again.

        Raises `Unavailable`.
        """
        if self.shelf is None or self._full:
            return None
        try:
            pointer = self.shelf.current(TIMEOUT_S)
            if pointer is None:
                return None
            kind, version = self.rules.kind, pointer.version
            prefix = self.shelf.fetch_texts(kind, version, 0, PREFIX_BYTES, TIMEOUT_S)
            size = head_size(rows_of(prefix))
            head = self.shelf.fetch_texts(kind, version, 0, size, TIMEOUT_S)
            found = PublishedTexts(self.shelf, kind, version, head)
            if self._check:
                found.forget_damaged()
        except (NotFound, Damaged, DamagedPointer, TextError):
            return None
        return found if found.head.policy == self.rules.policy else None

    @cached_property
    def _file(self) -> IO[bytes]:
        return tempfile.TemporaryFile()  # it has no name, so it goes with the process
