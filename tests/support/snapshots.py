"""Snapshots as they should be, and as somebody might have changed them."""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import msgspec
import numpy as np

from feed.arrays.hash_index import Index
from feed.arrays.strings import Strings
from feed.catalog.cards import Cards
from feed.catalog.catalog import Catalog
from feed.catalog.projection import Projection
from feed.catalog.signals import Signals
from feed.snapshot.codec import FORMAT
from feed.vectors.int16 import Fixed
from feed.vectors.inverted_file import Lists


def same(one: Catalog, other: Catalog) -> bool:
    """Whether every column is, byte for byte."""

    def equal(a: Any, b: Any) -> bool:
        if isinstance(a, Strings | Cards | Index | Signals | Fixed | Lists | Projection):
            return all(equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
        if isinstance(a, np.ndarray):
            return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        return bool(a == b)

    return all(equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))


def altered(catalog: Catalog, column: str, change: Callable[[Any], Any]) -> Catalog:
    """The same with another column, by its name in a snapshot."""
    group, _, name = column.partition(".")
    if not name:
        return replace(catalog, **{group: change(getattr(catalog, group))})
    held: Any = getattr(catalog, group)
    return replace(catalog, **{group: replace(held, **{name: change(getattr(held, name))})})


def resigned(file: bytes, change: Any) -> bytes:
    """A file whose header was changed by somebody who could compute the checksum."""
    length = struct.unpack_from("<I", file, 12)[0]
    header = msgspec.json.decode(file[56 : 56 + length])
    change(header)
    encoded = msgspec.json.encode(header)
    assert len(encoded) <= length + 64
    start = -(-(56 + length) // 64) * 64
    new_start = -(-(56 + len(encoded)) // 64) * 64
    body = encoded + bytes(new_start - 56 - len(encoded)) + file[start:]
    prefix = b"EARSHOT\n" + struct.pack("<IIQ", FORMAT, len(encoded), 56 + len(body))
    return prefix + hashlib.sha256(prefix + body).digest() + body


def forgetting(file: bytes, group: str) -> bytes:
    """A file of a release that had no such sections."""

    def forget(header: Any) -> None:
        header["sections"] = [s for s in header["sections"] if not s["name"].startswith(group)]

    return resigned(file, forget)
