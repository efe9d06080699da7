"""Objects of Cloud Storage: written on condition, read into one buffer, and checked.

What was packed says so in its metadata, with its size unpacked; all else is as it lies.

A write whose answer was lost is repeated, and then refused because of itself. So a document
carries a mark of who wrote it, by which that is told apart from being beaten.
"""

import base64
import hashlib
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

import google_crc32c
from google.api_core.exceptions import NotFound as NotThere
from google.api_core.exceptions import PreconditionFailed

from adapters.gcs.calls import Deadline
from adapters.gcs.packing import packed
from adapters.gcs.streams import Sink, Source, crc32c_text
from feed.ports.errors import Conflict, Damaged, TooLarge, Unavailable

DOWNLOADS = 3
"""how often something that arrived damaged is asked for"""
MAX_DOCUMENT = 1 << 16
"""bytes of a pointer or a lease"""
_UPLOAD_CHUNK = 16 << 20
_SLICE = 1 << 20
_MARK = "writer"
_PACKED, _SIZE = "packed", "size"
_ZSTD = "zstd"


class Document(NamedTuple):
    """A small object as it was read."""

    data: bytes
    generation: int


def look(bucket: Any, name: str, deadline: Deadline) -> Any:
    """The blob with what is known of it: size, generation, checksums. Raises `NotThere`."""
    blob = bucket.blob(name)
    blob.reload(**deadline.bounds())
    return blob


def fetch(
    bucket: Any, name: str, deadline: Deadline, max_bytes: int | None, sha256: str = ""
) -> bytearray:
    """The bytes of an object, unpacked as they arrive, in one buffer of their size.

    Raises `TooLarge` before any is read, and `Damaged` where what is stored is not whole or has
    another SHA-256 than the one given.
    """
    blob = look(bucket, name, deadline)
    size, is_packed = _shape(blob)
    if max_bytes is not None and size > max_bytes:
        raise TooLarge(f"{name}: {size} bytes, more than {max_bytes}")
    sink = Sink(size, deadline, is_packed=is_packed, sha256=sha256)
    _download(bucket, name, sink, deadline, blob.generation, blob.crc32c)
    return sink.buffer


def read(bucket: Any, name: str, deadline: Deadline) -> Document:
    """A small object and its generation, in one request."""
    sink = Sink(MAX_DOCUMENT, deadline)
    generation = _download(bucket, name, sink, deadline)
    return Document(bytes(sink.buffer[: sink.size]), generation)


def create(bucket: Any, name: str, view: memoryview, cache: str, deadline: Deadline) -> None:
    """Write an object that is not there yet, packed where that pays.

    Raises `Conflict` if it is there, with other bytes.
    """
    frame = packed(view)
    stored = view if frame is None else memoryview(frame)
    blob = bucket.blob(name, chunk_size=_UPLOAD_CHUNK)
    blob.cache_control = cache
    if frame is not None:
        blob.metadata = {_PACKED: _ZSTD, _SIZE: str(len(view))}
    try:
        blob.upload_from_file(
            Source(stored, deadline),
            size=len(stored),
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
        if not (_same(there, stored) or _unpacks_to(bucket, there, view, deadline)):
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


def _download(
    bucket: Any,
    name: str,
    sink: Sink,
    deadline: Deadline,
    generation: int | None = None,
    crc32c: str | None = None,
) -> int:
    """Fill the sink with an object, and return its generation. Raises `Damaged`.

    The library checks nothing once it had to resume, so that is done here, against `crc32c` or
    else what the answer states.
    """
    for _ in range(DOWNLOADS):
        sink.restart()
        blob = bucket.blob(name, generation=generation)
        blob.download_to_file(sink, raw_download=True, checksum=None, **deadline.bounds())
        if sink.crc32c == (crc32c or blob.crc32c):
            sink.end()
            if sink.problem:
                raise Damaged(f"{name}: {sink.problem}")
            return int(blob.generation)
    raise Unavailable(f"{name}: arrived damaged {DOWNLOADS} times")


def _shape(blob: Any) -> tuple[int, bool]:
    """Bytes of an object, unpacked, and whether it is packed."""
    about = blob.metadata or {}
    if _PACKED not in about:
        return int(blob.size), False
    size = about.get(_SIZE, "")
    if about[_PACKED] != _ZSTD or not size.isdecimal():
        raise Damaged(f"{blob.name}: packed as {about[_PACKED]!r}, of {size!r} bytes")
    return int(size), True


def _same(blob: Any, view: memoryview) -> bool:
    if blob.size != len(view):
        return False
    if blob.md5_hash is None:  # a composed object has none
        crc = 0
        for part in _slices(view):
            crc = google_crc32c.extend(crc, part)
        return bool(blob.crc32c == crc32c_text(crc))
    digest = hashlib.md5(view, usedforsecurity=False).digest()
    return bool(blob.md5_hash == base64.b64encode(digest).decode())


def _unpacks_to(bucket: Any, blob: Any, view: memoryview, deadline: Deadline) -> bool:
    """Whether an object holds these bytes, packed by another release of the library."""
    try:
        return _shape(blob)[1] and fetch(bucket, blob.name, deadline, len(view)) == view
    except (Damaged, TooLarge):
        return False


def _slices(view: memoryview) -> Iterator[bytes]:
    for start in range(0, len(view), _SLICE):
        yield bytes(view[start : start + _SLICE])
