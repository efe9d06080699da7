"""Publishing: a catalog onto the shelf, and the care of what lies there."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace

from catalog_builder.errors import CommandError, Superseded
from catalog_builder.publish.gate import MIN_COVERAGE, refusals
from feed.catalog.catalog import Catalog
from feed.ports.errors import Conflict, Damaged, DamagedPointer, NotFound
from feed.ports.shelf import Entry, Pointer, Shelf
from feed.snapshot.codec import SnapshotError, decode, encode

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

    Raises `CommandError` where the gate does (unless `force`), `Superseded` if somebody published
    meanwhile. The pointer moves last: whatever goes wrong before, readers keep the last good
    catalog.
    """
    before, generation, notes = _pointed(shelf)
    current, unreadable = _readable(shelf, before)
    notes += unreadable
    found = refusals(catalog, current, min_coverage)
    unchanged = current is not None and current.version == catalog.version
    del current  # or else three catalogs are in memory while this one is written
    if found and not force:
        reasons = "; ".join(f"{r.rule}: {r.detail}" for r in found)
        anyway = "--force (with make: FORCE=1) publishes it anyway"
        raise CommandError(f"the gate refuses this catalog: {reasons}. {anyway}")
    notes += [f"forced past {r.rule}: {r.detail}" for r in found]
    if before and unchanged:
        return Published(before, unchanged=True, notes=notes)
    try:
        version, data = _stored(shelf, catalog)
        digest = hashlib.sha256(data).hexdigest()
        pointer = shelf.promote(version, len(data), digest, generation, TIMEOUT_S)
    except Conflict as error:
        raise Superseded(f"not published: {error}") from error
    return Published(pointer, unchanged=False, notes=notes)


def verify(shelf: Shelf, version: str | None = None) -> Catalog:
    """Read a version (by default the current one) in full.

    Raises `CommandError` with what is wrong.
    """
    pointer, _, notes = _pointed(shelf)
    if version is None and pointer is None:
        raise CommandError("; ".join(notes) or "nothing is published on this shelf")
    name = version or (pointer.version if pointer else "")
    catalog, digest, _ = _sound(shelf, name)
    if pointer and pointer.version == name and pointer.sha256 != digest:
        raise CommandError(f"{name}: not the bytes that the pointer names")
    return catalog


def rollback(shelf: Shelf, version: str | None = None) -> Pointer:
    """Point at an earlier version again, by default the newest one stored before the current.

    Where the pointer is gone or cannot be read, that is the newest one stored. The version is read
    in full first. Raises `CommandError`.
    """
    pointer, generation, _ = _pointed(shelf)
    name = version or _previous(shelf.entries(TIMEOUT_S), pointer)
    _, digest, size = _sound(shelf, name)
    try:
        return shelf.promote(name, size, digest, generation, TIMEOUT_S)
    except Conflict as error:
        raise CommandError(f"not rolled back: {error}") from error


def prune(shelf: Shelf, keep: int) -> list[Entry]:
    """Delete all but the newest `keep` versions, never the current one; returns what went."""
    entries = shelf.entries(TIMEOUT_S)
    gone = []
    for entry in entries[: max(0, len(entries) - keep)]:
        pointer = shelf.current(TIMEOUT_S)  # each time: somebody may roll back meanwhile
        if pointer is None or entry.version != pointer.version:
            with suppress(Conflict):  # and has, just now
                shelf.delete(entry.version, TIMEOUT_S)
                gone.append(entry)
    return gone


def _pointed(shelf: Shelf) -> tuple[Pointer | None, int, list[str]]:
    """The pointer, the generation to expect when it is moved, and a note if it cannot be read."""
    try:
        pointer = shelf.current(TIMEOUT_S)
    except DamagedPointer as error:
        return None, error.generation, [f"the pointer cannot be read: {error}"]
    return pointer, pointer.generation if pointer else 0, []


def _stored(shelf: Shelf, catalog: Catalog) -> tuple[str, bytearray]:
    """Store a catalog; returns its version and its bytes.

    A version names its content, so other bytes under it can only be a damaged copy. What is on a
    shelf is never written over, so the sound one gets a name of its own beside it.
    """
    data = encode(catalog)
    try:
        shelf.put(catalog.version, data, TIMEOUT_S)
    except Conflict:
        try:
            decode(shelf.fetch(catalog.version, TIMEOUT_S))
        except (SnapshotError, Damaged):
            catalog = replace(catalog, version=f"{catalog.version}-mended")
            data = encode(catalog)
            shelf.put(catalog.version, data, TIMEOUT_S)
        else:
            raise
    return catalog.version, data


def _sound(shelf: Shelf, version: str) -> tuple[Catalog, str, int]:
    """The catalog of a version, read in full, its SHA-256 and its size. Raises `CommandError`."""
    try:
        data = shelf.fetch(version, TIMEOUT_S)
        return decode(data), hashlib.sha256(data).hexdigest(), len(data)
    except (NotFound, SnapshotError, Damaged) as error:
        raise CommandError(f"{version}: {error}") from error


def _readable(shelf: Shelf, pointer: Pointer | None) -> tuple[Catalog | None, list[str]]:
    """The current catalog, or a note why there is nothing to compare with."""
    if pointer is None:
        return None, []
    try:
        data = shelf.fetch(pointer.version, TIMEOUT_S, sha256=pointer.sha256)
        return decode(data, summed=bool(pointer.sha256)), []
    except (NotFound, SnapshotError, Damaged) as error:
        return None, [f"the current catalog cannot be read, so nothing was compared: {error}"]


def _previous(entries: list[Entry], pointer: Pointer | None) -> str:
    versions = [e.version for e in entries]
    if pointer and pointer.version in versions:
        versions = versions[: versions.index(pointer.version)]
    if not versions:
        said = "there is no earlier version" if pointer else "nothing is published"
        raise CommandError(f"{said} on this shelf")
    return versions[-1]
