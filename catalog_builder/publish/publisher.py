"""Publishes catalogs on a shelf: stores snapshots, moves the pointer, deletes old versions."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from catalog_builder.errors import CommandError, Superseded
from catalog_builder.publish.gate import MIN_COVERAGE, gate_violations
from catalog_builder.search_index import build_search_index, is_index_of_both
from catalog_builder.texts.spool import PublishedTexts
from catalog_builder.texts.writer import BuiltTexts
from feed.catalog.catalog import Catalog
from feed.model.stored_index import StoredIndex
from feed.model.stored_texts import TextKind
from feed.ports.errors import Conflict, Damaged, DamagedPointer, NotFound, TooLarge
from feed.ports.shelf import Buffer, LookTimes, Shelf, ShelfEntry, ShelfPointer
from feed.search.codec import SearchIndexError
from feed.search.codec import decode as decode_index
from feed.search.codec import encode as encode_index
from feed.snapshot.codec import SnapshotError, decode, encode
from feed.snapshot.texts import TextError, head_size, index_size
from feed.snapshot.texts import decode_index as decode_text_index

TIMEOUT_S = 300.0
"""Deadline of each call to the shelf."""


@dataclass(frozen=True)
class Publication:
    """The result of publishing a catalog."""

    pointer: ShelfPointer
    """what the shelf now points at"""
    unchanged: bool
    """whether it already pointed at this catalog"""
    notes: list[str]
    """remarks for the operator"""


def publish(
    shelf: Shelf,
    catalog: Catalog,
    texts: Sequence[BuiltTexts] = (),
    spoken: Sequence[str] = (),
    *,
    force: bool = False,
    min_coverage: float = MIN_COVERAGE,
    looks: LookTimes | None = None,
) -> Publication:
    """Stores a catalog on the shelf and makes it the current one, with the times of `looks`.

    `texts` are those of its episodes, of each kind of which there are any, and `spoken` the telling
    words of each row's transcript, for the search index.

    The pointer moves last: until then, and after any error, readers keep the last catalog. Raises
    `CommandError` if the gate refuses the catalog and `force` is not set, and `Superseded` if
    another catalog was published in the meantime.
    """
    before, generation, remarks = _read_pointer(shelf)
    current, unreadable = _load_current(shelf, before)
    remarks += unreadable
    violations = gate_violations(catalog, current, min_coverage)
    unchanged = current is not None and current.version == catalog.version
    index = _same_index(shelf, current, catalog)
    del current  # otherwise three catalogs are in memory while this one is encoded
    if violations and not force:
        reasons = "; ".join(f"{one.rule}: {one.detail}" for one in violations)
        anyway = "--force (with make: FORCE=1) publishes it anyway"
        raise CommandError(f"the gate refuses this catalog: {reasons}. {anyway}")
    remarks += [f"forced past {one.rule}: {one.detail}" for one in violations]
    if before and unchanged:
        return Publication(before, unchanged=True, notes=remarks)
    try:
        version, data = _store(shelf, catalog, index, texts, spoken)
        digest = hashlib.sha256(data).hexdigest()
        pointer = shelf.promote(version, len(data), digest, generation, TIMEOUT_S, looks)
    except (Conflict, NotFound) as error:  # or the texts to copy were deleted meanwhile
        raise Superseded(f"not published: {error}") from error
    return Publication(pointer, unchanged=False, notes=remarks)


def current_pointer(shelf: Shelf) -> ShelfPointer | None:
    """Returns the pointer of the shelf; None if there is none, or it is damaged."""
    return _read_pointer(shelf)[0]


def note_looks(shelf: Shelf, pointer: ShelfPointer, looks: LookTimes) -> None:
    """Notes at the pointer when the schedule last looked. Raises `Superseded` if it has moved."""
    try:
        shelf.promote(
            pointer.version, pointer.size, pointer.sha256, pointer.generation, TIMEOUT_S, looks
        )
    except Conflict as error:
        raise Superseded(f"not noted: {error}") from error


def current_catalog(shelf: Shelf) -> Catalog | None:
    """Returns the catalog that the shelf points at; None if there is none, or it is damaged."""
    return _load_current(shelf, _read_pointer(shelf)[0])[0]


def verify(shelf: Shelf, version: str | None = None) -> Catalog:
    """Reads a version in full, by default the current one, and returns its catalog.

    That includes its search index, notes and transcripts, if it has them. Raises `CommandError`,
    which says what is wrong.
    """
    pointer, _, notes = _read_pointer(shelf)
    if version is None and pointer is None:
        raise CommandError("; ".join(notes) or "nothing is published on this shelf")
    name = version or (pointer.version if pointer else "")
    catalog, digest, _ = _load(shelf, name)
    if pointer and pointer.version == name and pointer.sha256 != digest:
        raise CommandError(f"{name}: its SHA-256 is not the one that the pointer names")
    try:
        _check_search_index(shelf, name, catalog)
        for kind in TextKind:
            _check_texts(shelf, kind, name, catalog)
    except (SearchIndexError, TextError, Damaged, NotFound, TooLarge) as error:
        raise CommandError(f"{name}: {error}") from error
    return catalog


def rollback(shelf: Shelf, version: str | None = None) -> ShelfPointer:
    """Makes an earlier version current, by default the newest one stored before the current one.

    Without a readable pointer the default is the newest stored version. The version is read in full
    first. Raises `CommandError`.
    """
    pointer, generation, _ = _read_pointer(shelf)
    name = version or _previous_version(shelf.entries(TIMEOUT_S), pointer)
    _, digest, size = _load(shelf, name)
    try:
        return shelf.promote(name, size, digest, generation, TIMEOUT_S)
    except Conflict as error:
        raise CommandError(f"not rolled back: {error}") from error


def prune(shelf: Shelf, keep: int) -> list[ShelfEntry]:
    """Deletes all but the newest `keep` versions, never the current one; returns the deleted."""
    entries = shelf.entries(TIMEOUT_S)
    deleted = []
    for entry in entries[: max(0, len(entries) - keep)]:
        pointer = shelf.current(TIMEOUT_S)  # read again each time: a rollback may move it
        if pointer is None or entry.version != pointer.version:
            with suppress(Conflict):  # a rollback to this version came in between
                shelf.delete(entry.version, TIMEOUT_S)
                deleted.append(entry)
    return deleted


def _read_pointer(shelf: Shelf) -> tuple[ShelfPointer | None, int, list[str]]:
    """The pointer, the generation to expect when it moves, and a note if it cannot be read."""
    try:
        pointer = shelf.current(TIMEOUT_S)
    except DamagedPointer as error:
        return None, error.generation, [f"the pointer cannot be read: {error}"]
    return pointer, pointer.generation if pointer else 0, []


def _same_index(shelf: Shelf, current: Catalog | None, catalog: Catalog) -> Buffer | None:
    """The search index of the current catalog where nothing that it is made of has changed.

    Most builds renew the signals alone, and building an index takes far longer than reading it.
    """
    stored = current.search_index if current else None
    if stored is None or current is None or not is_index_of_both(current, catalog):
        return None
    try:
        index = shelf.fetch_index(current.version, TIMEOUT_S, stored.size, stored.sha256)
        decode_index(index, len(catalog))
    except (Damaged, NotFound, TooLarge, SearchIndexError):
        return None
    return index


def _store(
    shelf: Shelf,
    catalog: Catalog,
    index: Buffer | None,
    texts: Sequence[BuiltTexts],
    spoken: Sequence[str],
) -> tuple[str, bytearray]:
    """Stores a catalog with its search index and texts; returns its version and its bytes.

    Builds the index unless it is given.

    A version names its content, so other bytes under it are a damaged copy, or one without an
    index. Nothing on a shelf is overwritten: the new copy gets a version of its own.
    """
    if index is None:
        index = encode_index(build_search_index(catalog, spoken))
    reference = StoredIndex(len(index), hashlib.sha256(index).hexdigest())
    stored = {one.kind: one.stored for one in texts}
    catalog = replace(
        catalog,
        search_index=reference,
        notes=stored.get(TextKind.NOTES),
        transcripts=stored.get(TextKind.TRANSCRIPTS),
    )
    try:
        data = _put(shelf, catalog, index, texts)
    except Conflict:
        if _is_sound(shelf, catalog.version):
            raise
        catalog = replace(catalog, version=f"{catalog.version}-mended")
        data = _put(shelf, catalog, index, texts)
    return catalog.version, data


def _put(shelf: Shelf, catalog: Catalog, index: Buffer, texts: Sequence[BuiltTexts]) -> bytearray:
    """Stores all that belongs to a version, the snapshot last. Raises `Conflict`."""
    data = encode(catalog)
    for one in texts:
        one.store(shelf, catalog.version)
    shelf.put_index(catalog.version, index, TIMEOUT_S)
    shelf.put(catalog.version, data, TIMEOUT_S)
    return data


def _is_sound(shelf: Shelf, version: str) -> bool:
    """Whether a version is stored with its index and texts, all as they were written."""
    try:
        catalog = decode(shelf.fetch(version, TIMEOUT_S))
        stored = catalog.search_index
        if stored is not None:
            shelf.fetch_index(version, TIMEOUT_S, stored.size, stored.sha256)
        for kind in TextKind:
            if (texts := catalog.texts(kind)) is not None:
                head = shelf.fetch_texts(kind, version, 0, index_size(len(catalog)), TIMEOUT_S)
                decode_text_index(head, len(catalog), texts.sha256)
                shelf.fetch_texts(kind, version, texts.size - 1, texts.size, TIMEOUT_S)
    except (SnapshotError, TextError, Damaged, NotFound, TooLarge):
        return False
    return stored is not None


def _check_search_index(shelf: Shelf, version: str, catalog: Catalog) -> None:
    """Reads the search index of a version, if it has one.

    Raises `Damaged`, `NotFound`, `SearchIndexError` and `TooLarge`.
    """
    if (stored := catalog.search_index) is not None:
        data = shelf.fetch_index(version, TIMEOUT_S, stored.size, stored.sha256)
        decode_index(data, len(catalog))


def _check_texts(shelf: Shelf, kind: TextKind, version: str, catalog: Catalog) -> None:
    """Reads all texts of a version, part by part. Raises `Damaged`, `NotFound` and `TextError`."""
    if (stored := catalog.texts(kind)) is None:
        return
    head = shelf.fetch_texts(kind, version, 0, head_size(len(catalog)), TIMEOUT_S)
    decode_text_index(head[: index_size(len(catalog))], len(catalog), stored.sha256)
    published = PublishedTexts(shelf, kind, version, head)
    frames = published.frames(sorted(published.rows))
    if damaged := sum(frame is None for _, frame in frames):
        raise TextError(f"of its {kind} {damaged:,} are damaged")


def _load(shelf: Shelf, version: str) -> tuple[Catalog, str, int]:
    """The catalog of a version, read in full, its SHA-256 and its size in bytes.

    Raises `CommandError` if it is missing or damaged.
    """
    try:
        data = shelf.fetch(version, TIMEOUT_S)
        return decode(data), hashlib.sha256(data).hexdigest(), len(data)
    except (NotFound, SnapshotError, Damaged) as error:
        raise CommandError(f"{version}: {error}") from error


def _load_current(shelf: Shelf, pointer: ShelfPointer | None) -> tuple[Catalog | None, list[str]]:
    """The current catalog, and a note if there is one that cannot be read."""
    if pointer is None:
        return None, []
    try:
        data = shelf.fetch(pointer.version, TIMEOUT_S, sha256=pointer.sha256)
        return decode(data, is_verified=bool(pointer.sha256)), []
    except (NotFound, SnapshotError, Damaged) as error:
        return None, [f"the current catalog cannot be read, so nothing was compared: {error}"]


def _previous_version(entries: list[ShelfEntry], pointer: ShelfPointer | None) -> str:
    versions = [e.version for e in entries]
    if pointer and pointer.version in versions:
        versions = versions[: versions.index(pointer.version)]
    if not versions:
        found = "there is no earlier version" if pointer else "nothing is published"
        raise CommandError(f"{found} on this shelf")
    return versions[-1]
