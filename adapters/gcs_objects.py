"""Objects of Cloud Storage: written on condition, read into one buffer, and checked.

A write whose answer was lost is repeated, and then refused because of itself. So a document
carries a mark of who wrote it, by which that is told apart from being beaten.
"""

import base64
import hashlib
import io
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

import google_crc32c
from google.api_core.exceptions import NotFound as NotThere
from google.api_core.exceptions import PreconditionFailed

from adapters.gcs_calls import Deadline
from feed.ports import Conflict, TooLarge, Unavailable

DOWNLOADS = 3
"""how often something that arrived damaged is asked for"""
MAX_DOCUMENT = 1 << 16
"""bytes of a pointer or a lease"""
_UPLOAD_CHUNK = 16 << 20
_SLICE = 1 << 20
_MARK = "writer"


class Document(NamedTuple):
    """A small object as it was read."""

    data: bytes
    generation: int


def look(bucket: Any, name: str, deadline: Deadline) -> Any:
    """The blob with what is known of it: size, generation, checksums. Raises `NotThere`."""
    blob = bucket.blob(name)
    blob.reload(**deadline.bounds())
    return blob


def fetch(bucket: Any, name: str, deadline: Deadline, max_bytes: int | None) -> bytearray:
    """The bytes of an object, in one buffer of the size that Cloud Storage states."""
    blob = look(bucket, name, deadline)
    if max_bytes is not None and blob.size > max_bytes:
        raise TooLarge(f"{name}: {blob.size} bytes, more than {max_bytes}")
    sink = _Sink(blob.size, deadline)
    _download(bucket, name, sink, deadline, blob.generation, blob.crc32c)
    return sink.buffer


def read(bucket: Any, name: str, deadline: Deadline) -> Document:
    """A small object and its generation, in one request."""
    sink = _Sink(MAX_DOCUMENT, deadline)
    generation = _download(bucket, name, sink, deadline)
    return Document(bytes(sink.buffer[: sink.size]), generation)


def create(bucket: Any, name: str, view: memoryview, cache: str, deadline: Deadline) -> None:
    """Write an object that is not there yet. Raises `Conflict` if it is, with other bytes."""
    blob = bucket.blob(name, chunk_size=_UPLOAD_CHUNK)
    blob.cache_control = cache
    try:
        blob.upload_from_file(
            _Source(view, deadline),
            size=len(view),
            content_type="application/octet-stream",
            checksum="crc32c",
            if_generation_match=0,
            **deadline.bounds(),
        )
    except PreconditionFailed as error:
        try:
            there = look(bucket, name, deadline)
        except NotThere:
            raise Unavailable(f"{name}: refused, and yet not there") from error
        if not _same(there, view):
            raise Conflict(f"{name} is there already, with other bytes") from error


def write(bucket: Any, name: str, data: bytes, expected: int, deadline: Deadline) -> int:
    """Write a small JSON object if its generation is still `expected` (0: there is none).

    Returns the new generation. Raises `Conflict` if somebody else wrote it. `Unavailable` leaves
    open whether it was written.
    """
    mark = uuid.uuid4().hex
    blob = bucket.blob(name)
    blob.cache_control = "no-store"
    blob.metadata = {_MARK: mark}
    try:
        blob.upload_from_string(
            data,
            content_type="application/json",
            checksum="crc32c",
            if_generation_match=expected,
            **deadline.bounds(),
        )
    except PreconditionFailed as error:
        try:
            blob = look(bucket, name, deadline)
        except NotThere:
            blob = bucket.blob(name)
        generation = blob.generation or 0
        if (blob.metadata or {}).get(_MARK) == mark:
            return int(generation)  # our own write, whose answer was lost
        if generation == expected:
            raise Unavailable(f"{name}: refused, and yet at generation {expected}") from error
        raise Conflict(
            f"{name} is at generation {generation}, not {expected}: somebody else wrote it"
        ) from error
    return int(blob.generation)


def overwrite(bucket: Any, name: str, data: bytes, deadline: Deadline) -> None:
    """Write an object, whatever was there: of many who do, the last one's stays."""
    blob = bucket.blob(name)
    blob.cache_control = "no-store"
    blob.upload_from_string(
        data,
        content_type="application/octet-stream",
        checksum="crc32c",
        **deadline.bounds(),
    )


class _Sink:
    """Takes a download into a buffer of fixed size, and checks as it comes."""

    def __init__(self, capacity: int, deadline: Deadline) -> None:
        self.buffer = deadline.buffer = bytearray(capacity)
        self._deadline = deadline
        self.restart()

    def restart(self) -> None:
        self.size = 0
        self._crc = 0

    @property
    def crc32c(self) -> str:
        """As Cloud Storage writes it."""
        return base64.b64encode(self._crc.to_bytes(4, "big")).decode()

    def write(self, chunk: bytes) -> int:
        self._deadline.left_s()
        end = self.size + len(chunk)
        if end > len(self.buffer):
            raise Unavailable(f"more than the {len(self.buffer)} bytes that it should be")
        self.buffer[self.size : end] = chunk
        self._crc = google_crc32c.extend(self._crc, chunk)
        self.size = end
        return len(chunk)


class _Source(io.RawIOBase):
    """Gives an upload its bytes, slice by slice, from where they lie."""

    def __init__(self, view: memoryview, deadline: Deadline) -> None:
        self._view = view
        self._deadline = deadline
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._view)}[whence]
        self._at = base + offset
        return self._at

    def readinto(self, into: Any) -> int:
        self._deadline.left_s()
        part = self._view[self._at : self._at + len(into)]
        into[: len(part)] = part
        self._at += len(part)
        return len(part)


def _download(
    bucket: Any,
    name: str,
    sink: _Sink,
    deadline: Deadline,
    generation: int | None = None,
    crc32c: str | None = None,
) -> int:
    """Fill the sink with an object, and return its generation.

    The library checks nothing once it had to resume, so that is done here, against `crc32c` or
    else what the answer states.
    """
    for _ in range(DOWNLOADS):
        sink.restart()
        blob = bucket.blob(name, generation=generation)
        blob.download_to_file(sink, raw_download=True, checksum=None, **deadline.bounds())
        if sink.crc32c == (crc32c or blob.crc32c):
            return int(blob.generation)
    raise Unavailable(f"{name}: arrived damaged {DOWNLOADS} times")


def _same(blob: Any, view: memoryview) -> bool:
    if blob.size != len(view):
        return False
    if blob.md5_hash is None:  # a composed object has none
        crc = 0
        for part in _slices(view):
            crc = google_crc32c.extend(crc, part)
        return bool(blob.crc32c == base64.b64encode(crc.to_bytes(4, "big")).decode())
    digest = hashlib.md5(view, usedforsecurity=False).digest()
    return bool(blob.md5_hash == base64.b64encode(digest).decode())


def _slices(view: memoryview) -> Iterator[bytes]:
    for start in range(0, len(view), _SLICE):
        yield bytes(view[start : start + _SLICE])
