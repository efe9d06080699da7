"""Publishing: a catalog onto the shelf, and the care of what lies there."""

import hashlib
from dataclasses import dataclass

from catalog_builder.errors import Refused
from catalog_builder.gate import MIN_COVERAGE, refusals
from feed.catalog import Catalog
from feed.ports import Conflict, Entry, NotFound, Pointer, Shelf
from feed.snapshot import SnapshotError, decode, encode

TIMEOUT_S = 300.0
"""deadline of each call to the shelf"""


@dataclass(frozen=True)
class Published:
    """What a publication did."""

    pointer: Pointer
    unchanged: bool
    """the shelf pointed at this very catalog already"""
    notes: list[str]
    """what whoever published should know"""


def publish(
    shelf: Shelf, catalog: Catalog, *, force: bool = False, min_coverage: float = MIN_COVERAGE
) -> Published:
    """Put the catalog on the shelf and point at it.

    Raises `Refused` where the gate does (unless `force`) or somebody else published meanwhile.
    The pointer moves last: whatever goes wrong before, readers keep the last good catalog.
    """
    before = shelf.current(TIMEOUT_S)
    current, notes = _readable(shelf, before)
    found = refusals(catalog, current, min_coverage)
    if found and not force:
        reasons = "; ".join(f"{r.rule}: {r.detail}" for r in found)
        raise Refused(f"the gate refuses this catalog: {reasons}. --force publishes it anyway")
    notes += [f"forced past {r.rule}: {r.detail}" for r in found]
    if before and current and before.version == catalog.version:
        return Published(before, unchanged=True, notes=notes)
    data = encode(catalog)
    digest = hashlib.sha256(data).hexdigest()
    generation = before.generation if before else 0
    try:
        shelf.put(catalog.version, data, TIMEOUT_S)
        pointer = shelf.promote(catalog.version, len(data), digest, generation, TIMEOUT_S)
    except Conflict as error:
        raise Refused(f"not published: {error}") from error
    return Published(pointer, unchanged=False, notes=notes)


def verify(shelf: Shelf, version: str | None = None) -> Catalog:
    """Read a version (by default the current one) in full. Raises `Refused` with what is wrong."""
    pointer = shelf.current(TIMEOUT_S)
    if version is None and pointer is None:
        raise Refused("nothing is published on this shelf")
    name = version or (pointer.version if pointer else "")
    try:
        data = shelf.fetch(name, TIMEOUT_S)
        catalog = decode(data)
    except (NotFound, SnapshotError) as error:
        raise Refused(f"{name}: {error}") from error
    if pointer and pointer.version == name and pointer.sha256 != hashlib.sha256(data).hexdigest():
        raise Refused(f"{name}: not the bytes that the pointer names")
    return catalog


def rollback(shelf: Shelf, version: str | None = None) -> Pointer:
    """Point at an earlier version again, by default the newest one stored before the current.

    The version is read in full first. Raises `Refused`.
    """
    pointer = shelf.current(TIMEOUT_S)
    if pointer is None:
        raise Refused("nothing is published on this shelf")
    name = version or _previous(shelf.entries(TIMEOUT_S), pointer)
    verify(shelf, name)
    data = shelf.fetch(name, TIMEOUT_S)
    digest = hashlib.sha256(data).hexdigest()
    try:
        return shelf.promote(name, len(data), digest, pointer.generation, TIMEOUT_S)
    except Conflict as error:
        raise Refused(f"not rolled back: {error}") from error


def prune(shelf: Shelf, keep: int) -> list[Entry]:
    """Delete all but the newest `keep` versions, never the current one; returns what went."""
    pointer = shelf.current(TIMEOUT_S)
    entries = shelf.entries(TIMEOUT_S)
    old = entries[: max(0, len(entries) - keep)]
    gone = [e for e in old if pointer is None or e.version != pointer.version]
    for entry in gone:
        shelf.delete(entry.version, TIMEOUT_S)
    return gone


def _readable(shelf: Shelf, pointer: Pointer | None) -> tuple[Catalog | None, list[str]]:
    """The current catalog, or a note why there is nothing to compare with."""
    if pointer is None:
        return None, []
    try:
        return verify(shelf), []
    except Refused as error:
        return None, [f"the current catalog cannot be read, so nothing was compared: {error}"]


def _previous(entries: list[Entry], pointer: Pointer) -> str:
    versions = [e.version for e in entries]
    if pointer.version in versions:
        versions = versions[: versions.index(pointer.version)]
    if not versions:
        raise Refused("there is no earlier version on this shelf")
    return versions[-1]
