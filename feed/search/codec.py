"""Encodes a search index as one file, and decodes it without copying.

The file lies beside its snapshot, which states its size and SHA-256. It begins with a magic number
and the length of a header in JSON, which says where each array lies.
"""

import struct
from dataclasses import fields
from typing import Any

import msgspec
import numpy as np

from feed.arrays.strings import Strings
from feed.ports.shelf import Buffer
from feed.search.index import SearchIndex

_MAGIC = b"EARFIND2"
_PREFIX = struct.Struct("<8sQ")
_ALIGN = 64
_ARRAYS = {
    "letters": "<u4",
    "frequencies": "<u4",
    "first_rows": "<i4",
    "starts": "<u4",
    "gaps": "<u2",
    "weights": "|u1",
    "durations_s": "<f4",
    "name_kinds": "|u1",
    "name_targets": "<i4",
    "name_counts": "<i4",
    "beginning_names": "<i4",
    "beginning_places": "|u1",
}
_STRINGS = ("terms", "names", "beginnings")
_STORED = _ARRAYS | {
    f"{name}.{part}": dtype
    for name in _STRINGS
    for part, dtype in (("offsets", "<i8"), ("data", "|u1"))
}


class SearchIndexError(ValueError):
    """The bytes are not a search index that this version can read; the message says why."""


class _Header(msgspec.Struct, frozen=True):
    lengths: dict[str, int]
    """numbers of each array, in the order of the file"""


def encode(index: SearchIndex) -> bytes:
    """The bytes of an index file, the same for the same index."""
    arrays = {name: np.ascontiguousarray(_value(index, name), _STORED[name]) for name in _STORED}
    header = msgspec.json.encode(_Header({name: len(one) for name, one in arrays.items()}))
    file = bytearray(_PREFIX.pack(_MAGIC, len(header)) + header)
    for array in arrays.values():
        file += bytes(-len(file) % _ALIGN)
        file += array.tobytes()
    return bytes(file)


def decode(buffer: Buffer, episodes: int) -> SearchIndex:
    """The index of a catalog of that many episodes. Raises `SearchIndexError`."""
    view = memoryview(buffer)
    try:
        magic, length = _PREFIX.unpack_from(view)
        if magic != _MAGIC:
            raise ValueError(f"begins with {magic!r}, expected {_MAGIC!r}")
        begin = _PREFIX.size + length
        header = msgspec.json.decode(view[_PREFIX.size : begin], type=_Header)
        found: dict[str, np.ndarray[Any, Any]] = {}
        for name, count in header.lengths.items():
            begin += -begin % _ALIGN
            dtype = np.dtype(_STORED[name])
            found[name] = np.frombuffer(view, dtype, count, begin)
            begin += count * dtype.itemsize
        values: dict[str, Any] = {name: found[name] for name in _ARRAYS}
        for name in _STRINGS:
            values[name] = Strings(found[f"{name}.offsets"], found[f"{name}.data"])
        index = SearchIndex(**{field.name: values[field.name] for field in fields(SearchIndex)})
        if len(index.durations_s) != episodes:
            raise ValueError(f"expected that of a catalog of {episodes} episodes")
    except (struct.error, msgspec.DecodeError, LookupError, ValueError) as error:
        raise SearchIndexError(f"not a search index: {error}") from error
    return index


def _value(index: SearchIndex, name: str) -> np.ndarray[Any, Any]:
    column, _, part = name.partition(".")
    value = getattr(index, column)
    return getattr(value, part) if part else value  # type: ignore[no-any-return]  # an array
