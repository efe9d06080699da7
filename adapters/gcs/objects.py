"""Reads and writes objects of Cloud Storage: checked, in one buffer, on condition of a generation.

The metadata of a compressed object give its uncompressed size; other objects are stored as they
are.

A write whose answer was lost is repeated, and then refused because the first one succeeded. So each
small object carries a random mark of its writer, which tells that from a conflict.
"""

import base64
import hashlib
import uuid
from typing import Any

import google_crc32c
from google.api_core.exceptions import NotFound as ObjectNotFound
from google.api_core.exceptions import PreconditionFailed, RequestRangeNotSatisfiable

from adapters.gcs.calls import Deadline
from adapters.gcs.streams import DownloadBuffer, UploadSource, crc32c_text
from feed.ports.errors import Conflict, Damaged, TooLarge, Unavailable

DOWNLOADS = 3
"""how often an object that arrives damaged is downloaded"""
MAX_DOCUMENT = 1 << 16
"""bytes of a pointer or a lease"""
_UPLOAD_CHUNK = 16 << 20
_SLICE = 1 << 20
_MARK = "writer"
_PACKED, _SIZE = "packed", "size"
_ZSTD = "zstd"


def load_metadata(bucket: Any, name: str, deadline: Deadline) -> Any:
    """The blob with its metadata: size, generation, checksums. Raises `ObjectNotFound`."""
    blob = bucket.blob(name)
    blob.reload(**deadline.limits())
    return blob


def fetch(
    bucket: Any, name: str, deadline: Deadline, max_bytes: int | None, sha256: str = ""
) -> bytearray:
    """The bytes of an object, uncompressed as they arrive, in one buffer of their size.

    `sha256` is the expected SHA-256 in hexadecimal, "" for none. Raises `TooLarge` before any byte
    is read, and `Damaged` if the stored object is incomplete or has another SHA-256.
    """
    blob = load_metadata(bucket, name, deadline)
    size, is_compressed = _size(blob)
    if max_bytes is not None and size > max_bytes:
        raise TooLarge(f"{name}: {size} bytes, more than {max_bytes}")
    buffer = DownloadBuffer(size, deadline, is_compressed=is_compressed, sha256=sha256)
    _download(bucket, name, buffer, deadline, blob.generation, blob.crc32c)
    return buffer.data


def read(bucket: Any, name: str, deadline: Deadline) -> tuple[bytes, int]:
    """The content of a small object and its generation, in one request. Raises `ObjectNotFound`."""
    buffer = DownloadBuffer(MAX_DOCUMENT, deadline)
    generation = _download(bucket, name, buffer, deadline)
    return bytes(buffer.data[: buffer.size]), generation


def fetch_range(bucket: Any, name: str, start: int, end: int, deadline: Deadline) -> bytes:
    """The bytes `start` to `end`, without `end`, of an object that is stored as it is.

    No checksum is compared: Cloud Storage has none of a range. Raises `Damaged` if the object ends
    before `end`.
    """
    if start == end:
        return b""
    buffer = DownloadBuffer(end - start, deadline)
    try:
        bucket.blob(name).download_to_file(
            buffer, start=start, end=end - 1, raw_download=True, checksum=None, **deadline.limits()
        )
    except RequestRangeNotSatisfiable as error:
        raise Damaged(f"{name}: ends before byte {end}") from error
    if buffer.size != end - start:
        raise Damaged(f"{name}: ends before byte {end}")
    return bytes(buffer.data)


def copy(bucket: Any, source: str, name: str, deadline: Deadline) -> None:
    """Copy an object under another name within the bucket; its bytes are not downloaded.

    Raises `ObjectNotFound` if `source` does not exist, and `Conflict` if `name` exists with other
    bytes.
    """
    original = load_metadata(bucket, source, deadline)
    target, token = bucket.blob(name), None
    try:
        while True:
            token, _, _ = target.rewrite(
                original,
                token=token,
                if_generation_match=0,
                if_source_generation_match=original.generation,
                **deadline.limits(),
            )
            if token is None:
                return
    except PreconditionFailed as error:
        existing = load_metadata(bucket, name, deadline)
        if (existing.size, existing.crc32c) != (original.size, original.crc32c):
            raise Conflict(f"{name} exists already, with other bytes") from error


def create(
    bucket: Any,
    name: str,
    view: memoryview,
    frame: bytearray | None,
    cache: str,
    deadline: Deadline,
) -> None:
    """Create an object of these bytes, stored as the compressed `frame` of them if it is given.

    `cache` is its `Cache-Control`. Raises `Conflict` if it exists with other bytes.
    """
    stored = view if frame is None else memoryview(frame)
    blob = bucket.blob(name, chunk_size=_UPLOAD_CHUNK)
    blob.cache_control = cache
    if frame is not None:
        blob.metadata = {_PACKED: _ZSTD, _SIZE: str(len(view))}
    try:
        blob.upload_from_file(
            UploadSource(stored, deadline),
            size=len(stored),
            content_type="application/octet-stream",
            checksum="crc32c",
            if_generation_match=0,
            **deadline.limits(),
        )
    except PreconditionFailed as error:
        try:
            existing = load_metadata(bucket, name, deadline)
        except ObjectNotFound:
            raise Unavailable(
                f"{name}: the write was refused, and yet it does not exist"
            ) from error
        if not (_same(existing, stored) or _decompresses_to(bucket, existing, view, deadline)):
            raise Conflict(f"{name} exists already, with other bytes") from error


def write(bucket: Any, name: str, data: bytes, expected: int, deadline: Deadline) -> int:
    """Write a small JSON object if its generation is still `expected` (0: it does not exist).

    Returns the new generation. Raises `Conflict` if another writer was first, and `Unavailable` if
    it is not known whether the object was written.
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
            **deadline.limits(),
        )
    except PreconditionFailed as error:
        try:
            blob = load_metadata(bucket, name, deadline)
        except ObjectNotFound:
            blob = bucket.blob(name)
        generation = blob.generation or 0
        if (blob.metadata or {}).get(_MARK) == mark:
            return int(generation)  # this very write, whose first answer was lost
        if generation == expected:
            raise Unavailable(
                f"{name}: the write was refused, and yet it is at generation {expected}"
            ) from error
        raise Conflict(
            f"{name} is at generation {generation}, not {expected}: another writer was first"
        ) from error
    return int(blob.generation)


def overwrite(bucket: Any, name: str, data: bytes, deadline: Deadline) -> None:
    """Write an object in place of any earlier one; of concurrent writes the last wins."""
    blob = bucket.blob(name)
    blob.cache_control = "no-store"
    blob.upload_from_string(
        data, content_type="application/octet-stream", checksum="crc32c", **deadline.limits()
    )


def _download(
    bucket: Any,
    name: str,
    buffer: DownloadBuffer,
    deadline: Deadline,
    generation: int | None = None,
    crc32c: str | None = None,
) -> int:
    """Download an object into a buffer; returns its generation.

    The checksum is compared here, with `crc32c` or else with that of the answer: the library does
    not check a download that it had to resume. Raises `Damaged` if what is stored is not valid, and
    `Unavailable` if it arrives damaged `DOWNLOADS` times.
    """
    for _ in range(DOWNLOADS):
        buffer.restart()
        blob = bucket.blob(name, generation=generation)
        blob.download_to_file(buffer, raw_download=True, checksum=None, **deadline.limits())
        if buffer.crc32c == (crc32c or blob.crc32c):
            buffer.end()
            if buffer.problem:
                raise Damaged(f"{name}: {buffer.problem}")
            return int(blob.generation)
    raise Unavailable(f"{name}: arrived damaged {DOWNLOADS} times")


def _size(blob: Any) -> tuple[int, bool]:
    """The uncompressed size of an object, and whether it is compressed. Raises `Damaged`."""
    stated = blob.metadata or {}
    if _PACKED not in stated:
        return int(blob.size), False
    size = stated.get(_SIZE, "")
    if stated[_PACKED] != _ZSTD or not size.isdecimal():
        raise Damaged(f"{blob.name}: packed as {stated[_PACKED]!r}, of {size!r} bytes")
    return int(size), True


def _same(blob: Any, view: memoryview) -> bool:
    if blob.size != len(view):
        return False
    if blob.md5_hash is None:  # a composed object has none
        crc = 0
        for start in range(0, len(view), _SLICE):
            crc = google_crc32c.extend(crc, bytes(view[start : start + _SLICE]))
        return bool(blob.crc32c == crc32c_text(crc))
    digest = hashlib.md5(view, usedforsecurity=False).digest()
    return bool(blob.md5_hash == base64.b64encode(digest).decode())


def _decompresses_to(bucket: Any, blob: Any, view: memoryview, deadline: Deadline) -> bool:
    """Whether an object uncompresses to these bytes (compressed by another release of zstd)."""
    try:
        return _size(blob)[1] and fetch(bucket, blob.name, deadline, len(view)) == view
    except (Damaged, TooLarge):
        return False
