"""Snapshot: a catalog as one self-contained file, and back, copying nothing.

Layout, all numbers little-endian::

    0   8  magic "EARSHOT" and a newline
    8   4  format version
    12  4  length of the header
    16  8  length of the file
    24 32  SHA-256 of every other byte of the file
    56     header (JSON), then the sections it lists, each aligned to 64 bytes

A section is one array: its dtype, shape and place stand in the header. Nothing in a file is ever
executed. A reader skips sections that it does not know, so that new ones need no new format.
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
from feed.model.timestamps import from_us, to_us
from feed.ports.shelf import Buffer
from feed.snapshot.schema import SECTIONS, counts, optional
from feed.snapshot.validation import check_structure, check_values

FORMAT = 4
_MAGIC = b"EARSHOT\n"
_PREFIX = struct.Struct("<8sIIQ32s")
_ALIGN = 64
_MAX_HEADER = 1 << 20

T = TypeVar("T")


class SnapshotError(ValueError):
    """These bytes are no snapshot that can be read; the message says why."""


class StoredArray(msgspec.Struct, frozen=True):
    """Where one array lies."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int
    size: int
    """bytes"""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot says of itself."""

    catalog_version: str
    created_at: datetime
    model: str
    dimension: int
    counts: dict[str, int]
    sections: list[StoredArray]


def encode(catalog: Catalog) -> bytearray:
    """The catalog as a snapshot file."""
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
            sections=sections,  # offsets from the end of the header, which is not known here
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
    """A version for this catalog: its creation time, and a hash of all its columns.

    Of cards as they are unpacked: no two versions of zlib need pack alike.
    """
    digest = hashlib.sha256(catalog.model.encode())
    for name, array in _arrays(catalog):
        if not name.startswith("cards."):
            digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
            digest.update(_flat(array).data)
    for row in range(len(catalog)):
        card = catalog.cards.raw(row)
        digest.update(b"\n%d\n" % len(card))
        digest.update(card)
    created = from_us(catalog.created_us)
    return f"{created:%Y%m%dT%H%M%SZ}-{digest.hexdigest()[:12]}"


def read_header(buffer: Buffer) -> Header:
    """Check the file as a whole and return what it says of itself. Raises `SnapshotError`."""
    return _checked(memoryview(buffer))[0]


def decode(buffer: Buffer, *, summed: bool = False) -> Catalog:
    """The catalog in these bytes, as views of them. Raises `SnapshotError`, never anything else.

    The buffer must not change afterwards; a mapped file stays mapped while the catalog is used.
    `summed`: whoever read the bytes has seen to it that they are those that were published, so
    the checksum is not computed once more.
    """
    view = memoryview(buffer)
    header, start = _checked(view, summed=summed)
    try:
        held = {s.name: _array(view, start, s) for s in header.sections if s.name in SECTIONS}
        arrays = optional(header.dimension) | held
        check_structure(arrays, header.dimension)
        catalog = _catalog(header, arrays)
        check_values(catalog, header.counts)
    except (TypeError, ValueError, OverflowError) as error:
        raise SnapshotError(f"damaged snapshot: {error}") from error
    return catalog


def _checked(view: memoryview, *, summed: bool = False) -> tuple[Header, int]:
    if not len(view):
        raise SnapshotError("empty: no bytes at all")
    if bytes(view[: len(_MAGIC)]) != _MAGIC[: len(view)]:
        raise SnapshotError("not a snapshot: it does not begin like one")
    if len(view) < _PREFIX.size:
        raise SnapshotError(f"truncated: {len(view)} bytes, shorter than the prefix")
    _, version, header_length, length, digest = _PREFIX.unpack_from(view)
    if version > FORMAT:
        raise SnapshotError(
            f"newer format: {version}, and this reader knows up to {FORMAT}; update the reader"
        )
    if 1 <= version < FORMAT:
        raise SnapshotError(f"older format: {version}, and this reader needs {FORMAT}; build anew")
    if len(view) < length:
        raise SnapshotError(f"truncated: {len(view)} of {length} bytes")
    if len(view) != length or not (summed or _digest(view) == digest):
        raise SnapshotError("altered: the checksum does not agree")
    start = _aligned(_PREFIX.size + header_length)
    if version < 1 or header_length > _MAX_HEADER or start > length:
        raise SnapshotError("damaged snapshot: the prefix makes no sense")
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
    """The bytes of an array, one after another."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


def _aligned(offset: int) -> int:
    return -(-offset // _ALIGN) * _ALIGN


def _arrays(catalog: Catalog) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """The catalog's arrays by section, as the format has them."""
    for name, section in SECTIONS.items():
        yield name, np.asarray(attrgetter(section.attribute)(catalog), np.dtype(section.dtype))


def _array(view: memoryview, start: int, section: StoredArray) -> np.ndarray[Any, Any]:
    _, dtype, shape = SECTIONS[section.name]
    if section.dtype != dtype or len(section.shape) != len(shape) or min(section.shape) < 0:
        raise ValueError(f"{section.name} is {section.dtype} {section.shape}")
    count = 1
    for extent in section.shape:
        count *= extent
    begin, end = start + section.offset, start + section.offset + section.size
    if section.offset < 0 or end > len(view) or count * np.dtype(dtype).itemsize != section.size:
        raise ValueError(f"{section.name} does not lie within the file")
    return np.frombuffer(view[begin:end], dtype).reshape(section.shape)


def _catalog(header: Header, arrays: dict[str, np.ndarray[Any, Any]]) -> Catalog:
    values: dict[str, Any] = {
        "version": header.catalog_version,
        "created_us": to_us(header.created_at),
        "model": header.model,
    }
    for name, section in SECTIONS.items():
        *groups, last = section.attribute.split(".")
        within = values
        for group in groups:
            within = within.setdefault(group, {})
        within[last] = arrays[name]
    return _construct(Catalog, values)


def _construct(kind: type[T], values: dict[str, Any]) -> T:
    """A dataclass of these values, in which a dictionary stands for another dataclass."""
    for name, hint in get_type_hints(kind).items():
        if isinstance(values[name], dict):
            values[name] = _construct(hint, values[name])
        elif hint == BoolArray:
            values[name] = values[name].view(np.bool_)  # a file has bytes, 0 or 1
    return kind(**values)
