"""Helpers that compare catalogs and alter snapshot files."""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np

from feed.catalog.catalog import Catalog
from feed.snapshot.codec import FORMAT
from feed.snapshot.schema import SECTIONS, Section


def same(one: Catalog, other: Catalog) -> bool:
    """Whether two catalogs are equal, every column byte for byte."""

    def equal(section: Section) -> bool:
        a, b = attrgetter(section.attribute)(one), attrgetter(section.attribute)(other)
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")

    facts = attrgetter("version", "created_us", "model")
    return bool(facts(one) == facts(other)) and all(map(equal, SECTIONS.values()))


def with_column(catalog: Catalog, section: str, change: Callable[[Any], Any]) -> Catalog:
    """A copy of the catalog in which one column, by its section's name, is changed."""

    def changed(whole: Any, path: str) -> Any:
        name, _, rest = path.partition(".")
        part = getattr(whole, name)
        return replace(whole, **{name: changed(part, rest) if rest else change(part)})

    copy: Catalog = changed(catalog, SECTIONS[section].attribute)
    return copy


def with_header(file: bytes, change: Any) -> bytes:
    """A file with a changed header and a valid checksum."""
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


def without_sections(file: bytes, group: str) -> bytes:
    """A file of a release that had no such sections."""

    def forget(header: Any) -> None:
        header["sections"] = [s for s in header["sections"] if not s["name"].startswith(group)]

    return with_header(file, forget)
