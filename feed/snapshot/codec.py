"""Encodes a catalog as one self-contained file, and decodes it without copying.

The format is described in `docs/snapshot-format.md`. Nothing in a file is ever executed. A reader
skips sections that it does not know, so that new ones need no new format version.
"""

import hashlib
import struct
from collections.abc import Iterator
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar, get_type_hints

import msgspec
import numpy as np

from feed.arrays.arrays import BoolArray
from feed.catalog.catalog import Catalog
from feed.model.stored_index import StoredIndex
from feed.model.stored_texts import StoredTexts, TextKind
from feed.model.timestamps import from_us, to_us
from feed.ports.shelf import Buffer
from feed.snapshot.schema import SECTIONS, counts, optional_sections
from feed.snapshot.validation import check_structure, check_values

FORMAT = 4
_MAGIC = b"EARSHOT\n"
_PREFIX = struct.Struct("<8sIIQ32s")
_ALIGN = 64
_MAX_HEADER = 1 << 20

T = TypeVar("T")


class SnapshotError(ValueError):
    """The bytes are not a snapshot that this version can read; the message says why."""


class StoredArray(msgspec.Struct, frozen=True):
    """Where a file stores the array of one section."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int
    """bytes from where the sections begin: the end of the header, rounded up to 64"""
    size: int
    """bytes"""


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The JSON header of a snapshot."""

    catalog_version: str
    created_at: datetime
    model: str
    dimension: int
    counts: dict[str, int]
    sections: list[StoredArray]
    search_index: StoredIndex | None = None
    """the search index beside this snapshot, if there is one"""
    notes: StoredTexts | None = None
    """the notes of the episodes beside this snapshot, if any has some"""
    transcripts: StoredTexts | None = None
    """their chapters and transcripts beside this snapshot, if any has some"""


def encode(catalog: Catalog) -> bytearray:
    """The bytes of a snapshot file of this catalog."""
    arrays = dict(_arrays(catalog))
    sections, end = [], 0
    for name, array in arrays.items():
        sections.append(StoredArray(name, array.dtype.str, array.shape, end, array.nbytes))
        end = _aligned(end + array.nbytes)
    header = msgspec.json.encode(
        Header(
            catalog_version=catalog.version,
            created_at=from_us(catalog.created_us),
            model=catalog.model,
            dimension=catalog.dimension,
            counts=counts(catalog),
            sections=sections,
            search_index=catalog.search_index,
            notes=catalog.notes,
            transcripts=catalog.transcripts,
        )
    )
    start = _aligned(_PREFIX.size + len(header))
    file = bytearray(start + end)
    file[_PREFIX.size : _PREFIX.size + len(header)] = header
    body = np.frombuffer(file, np.uint8)[start:]
    for section, array in zip(sections, arrays.values(), strict=True):
        body[section.offset : section.offset + section.size] = _flat(array)
    prefix = (_MAGIC, FORMAT, len(header), len(file))
    _PREFIX.pack_into(file, 0, *prefix, bytes(32))
    _PREFIX.pack_into(file, 0, *prefix, _digest(memoryview(file)))
    return file


def content_version(catalog: Catalog) -> str:
    """The catalog's version: its creation time, and a hash of its model, all its columns and texts.

    Cards are hashed unpacked, because versions of zlib may compress differently. Durations are in
    them: hashing these, too, would give old content a new version.
    """
    digest = hashlib.sha256(catalog.model.encode())
    for name, array in _arrays(catalog):
        if not name.startswith(("cards.", "durations_s")):
            digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
            digest.update(_flat(array).data)
    for row in range(len(catalog)):
        card = catalog.cards.raw(row)
        digest.update(b"\n%d\n" % len(card))
        digest.update(card)
    for kind in TextKind:
        if (stored := catalog.texts(kind)) is not None:
            digest.update(f"\n{kind} {stored.sha256}".encode())
    created = from_us(catalog.created_us)
    return f"{created:%Y%m%dT%H%M%SZ}-{digest.hexdigest()[:12]}"


def read_header(buffer: Buffer) -> Header:
    """Check a file's prefix and checksum, and return its header. Raises `SnapshotError`."""
    return _read_header(memoryview(buffer))[0]


def decode(buffer: Buffer, *, is_verified: bool = False) -> Catalog:
    """The catalog in a snapshot file, as views of these bytes. Raises `SnapshotError` alone.

    The buffer must not change afterwards; a mapped file stays mapped while the catalog is used.
    With `is_verified` the caller has compared the bytes with their published checksum already, so
    the file's own is not computed.
    """
    view = memoryview(buffer)
    header, start = _read_header(view, is_verified=is_verified)
    try:
        stored = {s.name: _array(view, start, s) for s in header.sections if s.name in SECTIONS}
        arrays = optional_sections(header.dimension) | stored
        check_structure(arrays, header.dimension)
        catalog = _catalog(header, arrays)
        check_values(catalog, header.counts)
    except (TypeError, ValueError, OverflowError) as error:
        raise SnapshotError(f"damaged snapshot: {error}") from error
    return catalog


def _read_header(view: memoryview, *, is_verified: bool = False) -> tuple[Header, int]:
    """The header, and where the sections begin."""
    if not len(view):
        raise SnapshotError("empty: expected a snapshot, got no bytes")
    if bytes(view[: len(_MAGIC)]) != _MAGIC[: len(view)]:
        raise SnapshotError(f"not a snapshot: expected it to begin with {_MAGIC!r}")
    if len(view) < _PREFIX.size:
        raise SnapshotError(f"truncated: {len(view)} bytes; the prefix alone has {_PREFIX.size}")
    _, version, header_length, length, digest = _PREFIX.unpack_from(view)
    if version not in (0, FORMAT):
        age, advice = ("newer", "update it") if version > FORMAT else ("older", "build again")
        raise SnapshotError(f"{age} format: {version}; this reader needs {FORMAT}: {advice}")
    if len(view) < length:
        raise SnapshotError(f"truncated: {len(view)} of {length} bytes")
    if len(view) != length:
        raise SnapshotError(f"altered: {len(view)} bytes; expected {length}")
    if not (is_verified or _digest(view) == digest):
        raise SnapshotError("altered: the checksum in the prefix is not that of the file")
    start = _aligned(_PREFIX.size + header_length)
    if version < 1 or header_length > _MAX_HEADER or start > length:
        raise SnapshotError("damaged snapshot: the prefix states an impossible length or version")
    try:
        header = msgspec.json.decode(view[_PREFIX.size : _PREFIX.size + header_length], type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SnapshotError(f"damaged snapshot: header: {error}") from error
    return header, start


def _digest(view: memoryview) -> bytes:
    digest = hashlib.sha256(view[:24])
    digest.update(view[_PREFIX.size :])
    return digest.digest()


def _flat(array: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """(size,) the bytes of an array in C order."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


def _aligned(offset: int) -> int:
    return -(-offset // _ALIGN) * _ALIGN


def _arrays(catalog: Catalog) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Each section's name and array, with the dtype of the format."""
    for name, section in SECTIONS.items():
        yield name, np.asarray(attrgetter(section.attribute)(catalog), np.dtype(section.dtype))


def _array(view: memoryview, start: int, section: StoredArray) -> np.ndarray[Any, Any]:
    _, dtype, shape = SECTIONS[section.name]
    if section.dtype != dtype or len(section.shape) != len(shape) or min(section.shape) < 0:
        raise ValueError(
            f"section {section.name} is {section.dtype} {section.shape}; expected {dtype} {shape}"
        )
    count = 1
    for extent in section.shape:
        count *= extent
    begin, end = start + section.offset, start + section.offset + section.size
    if section.offset < 0 or end > len(view) or count * np.dtype(dtype).itemsize != section.size:
        raise ValueError(f"section {section.name}: expected offset and size within the file")
    return np.frombuffer(view[begin:end], dtype).reshape(section.shape)


def _catalog(header: Header, arrays: dict[str, np.ndarray[Any, Any]]) -> Catalog:
    values: dict[str, Any] = {
        "version": header.catalog_version,
        "created_us": to_us(header.created_at),
        "model": header.model,
        "search_index": header.search_index,
        "notes": header.notes,
        "transcripts": header.transcripts,
    }
    for name, section in SECTIONS.items():
        *groups, last = section.attribute.split(".")
        within = values
        for group in groups:
            within = within.setdefault(group, {})
        within[last] = arrays[name]
    return _construct(Catalog, values)


def _construct(kind: type[T], values: dict[str, Any]) -> T:
    """A dataclass from its field values; a dictionary stands for a nested dataclass."""
    for name, hint in get_type_hints(kind).items():
        if isinstance(values[name], dict):
            values[name] = _construct(hint, values[name])
        elif hint == BoolArray:
            values[name] = values[name].view(np.bool_)  # stored as bytes, 0 or 1
    return kind(**values)
