"""Encodes and decodes texts of a catalog's episodes, of which each is read by itself.

The format is described in `docs/snapshot-format.md`: a prefix, an index with the place and checksum
of each row's frame, digests of the texts that the frames are made of, and the frames.
"""

import hashlib
import struct
import zlib
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from feed.model.transcript import Transcript

FORMAT = 1
PREFIX_BYTES = 64
DIGEST_BYTES = 16
"""of the digest of what an episode's frame is made of: of notes, as their source wrote them"""
MAX_FRAME_BYTES = 1 << 24
"""most bytes of a frame that is decompressed, so that a damaged one cannot exhaust the memory"""
_MAGIC = b"EARNOTES"
_PREFIX = struct.Struct("<8sIIQQ32s")
_LEVEL = 6

Place = tuple[int, int]
"""where a frame begins and ends, in bytes"""


class TextError(ValueError):
    """The bytes are not texts that this version can read; the message says why."""


class Notes(msgspec.Struct, frozen=True):
    """The notes of one episode."""

    html: str
    """sanitised"""
    text: str
    """without markup, one line for each paragraph or item of a list"""


@dataclass(frozen=True)
class TextIndex:
    """Where the texts of each of n rows are stored."""

    starts: npt.NDArray[np.uint64]
    """(n,) where each row's frame begins, in bytes"""
    sizes: npt.NDArray[np.uint32]
    """(n,) bytes of each row's frame; 0 for an episode without one"""
    checksums: npt.NDArray[np.uint32]
    """(n,) CRC-32 of each row's frame"""

    def __len__(self) -> int:
        return len(self.starts)

    def place(self, row: int) -> Place | None:
        """Where a row's frame is; None for an episode without one."""
        size = int(self.sizes[row])
        start = int(self.starts[row])
        return (start, start + size) if size else None

    def check(self, row: int, frame: bytes) -> None:
        """Raise `TextError` unless these are the bytes of a row's frame."""
        if len(frame) != self.sizes[row] or zlib.crc32(frame) != self.checksums[row]:
            raise TextError(f"the texts of row {row} are damaged: their checksum differs")


@dataclass(frozen=True)
class TextHead:
    """All that precedes the frames."""

    policy: int
    """version of the rules by which the frames were made"""
    index: TextIndex
    digests: npt.NDArray[np.uint8]
    """(n, 16) digests of what the frames are made of; zero for an episode without"""
    size: int
    """bytes of the whole object"""


def index_size(rows: int) -> int:
    """Bytes of the prefix and the index of so many rows: what a reader of single texts fetches."""
    return PREFIX_BYTES + 16 * rows


def head_size(rows: int) -> int:
    """Bytes before the first frame."""
    return index_size(rows) + DIGEST_BYTES * rows


def encode_head(head: TextHead) -> bytes:
    """The bytes before the first frame."""
    index, rows = head.index, len(head.index)
    columns = b"".join(
        np.ascontiguousarray(column, dtype).tobytes()
        for column, dtype in (
            (index.starts, "<u8"),
            (index.sizes, "<u4"),
            (index.checksums, "<u4"),
            (head.digests, "|u1"),
        )
    )
    checksum = hashlib.sha256(columns).digest()
    return _PREFIX.pack(_MAGIC, FORMAT, head.policy, rows, head.size, checksum) + columns


def index_sha256(head: bytes | memoryview, rows: int) -> str:
    """SHA-256 of the prefix and the index, in hexadecimal: what a snapshot's header states."""
    return hashlib.sha256(memoryview(head)[: index_size(rows)]).hexdigest()


def decode_index(data: bytes, rows: int, sha256: str) -> TextIndex:
    """The index in the first `index_size` bytes of the texts of a catalog with so many rows.

    Raises `TextError` unless they have this SHA-256, in hexadecimal.
    """
    if len(data) != index_size(rows) or index_sha256(data, rows) != sha256:
        raise TextError("the index of the texts is not the one that the snapshot names")
    _check_prefix(data, rows)
    return _index(data, rows)


def rows_of(prefix: bytes) -> int:
    """The number of rows that the first `PREFIX_BYTES` state. Raises `TextError`."""
    return _check_prefix(prefix, None)[1]


def decode_head(data: bytes) -> TextHead:
    """All that precedes the frames, checked by its own checksum. Raises `TextError`."""
    rows = rows_of(data)
    policy, _, size, checksum = _check_prefix(data, rows)
    if len(data) != head_size(rows) or hashlib.sha256(data[PREFIX_BYTES:]).digest() != checksum:
        raise TextError("the head of the texts is damaged: its checksum differs")
    digests = np.frombuffer(data, np.uint8, offset=index_size(rows)).reshape(rows, DIGEST_BYTES)
    return TextHead(policy, _index(data, rows), digests, size)


def encode_frame(text: Notes | Transcript) -> bytes:
    """The frame of an episode's text: JSON, compressed by itself as a zlib stream (RFC 1950)."""
    return zlib.compress(msgspec.json.encode(text), _LEVEL)


def decode_frame(frame: bytes) -> bytes:
    """The JSON of an episode's `Notes` or `Transcript`. Raises `TextError`."""
    decompressor = zlib.decompressobj()
    try:
        data = decompressor.decompress(frame, MAX_FRAME_BYTES)
    except zlib.error as error:
        raise TextError(f"texts cannot be decompressed: {error}") from error
    if not decompressor.eof:
        raise TextError(f"texts are cut off, or longer than {MAX_FRAME_BYTES} bytes")
    return data


def _check_prefix(data: bytes, rows: int | None) -> tuple[int, int, int, bytes]:
    """Policy, rows, size of the whole, and the checksum. Raises `TextError`."""
    if len(data) < PREFIX_BYTES:
        raise TextError(f"no texts: {len(data)} bytes, and the prefix has {PREFIX_BYTES}")
    magic, version, policy, stated, size, checksum = _PREFIX.unpack_from(data)
    if (magic, version) != (_MAGIC, FORMAT):
        raise TextError(f"no texts of format {FORMAT}: they begin with {bytes(data[:12])!r}")
    if rows is not None and stated != rows:
        raise TextError(f"texts of {stated} episodes; expected {rows}")
    return policy, stated, size, checksum


def _index(data: bytes, rows: int) -> TextIndex:
    starts = np.frombuffer(data, "<u8", rows, PREFIX_BYTES)
    sizes = np.frombuffer(data, "<u4", rows, PREFIX_BYTES + 8 * rows)
    checksums = np.frombuffer(data, "<u4", rows, PREFIX_BYTES + 12 * rows)
    return TextIndex(starts, sizes, checksums)
