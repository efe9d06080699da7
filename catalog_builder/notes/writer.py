"""Writes the notes of a catalog for the shelf: in a temporary file, whatever their size."""

import mmap
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from heapq import merge

import numpy as np

from catalog_builder.notes.sanitizer import POLICY, sanitize
from catalog_builder.notes.spool import MAX_NOTES_CHARS, TIMEOUT_S, NotesSpool
from feed.catalog.catalog import Catalog
from feed.model.episode import Episode
from feed.model.stored_notes import StoredNotes
from feed.ports.shelf import Buffer, Shelf
from feed.snapshot.codec import content_version
from feed.snapshot.notes import (
    DIGEST_BYTES,
    NotesHead,
    NotesIndex,
    encode_frame,
    encode_head,
    head_size,
    index_sha256,
)


@dataclass(frozen=True)
class BuiltNotes:
    """The notes of a catalog, not yet stored."""

    stored: StoredNotes
    """what the snapshot's header says of them"""
    data: Buffer
    """the object, a mapped file; empty if it is that of `copied_from`"""
    copied_from: str = ""
    """version that has exactly these notes"""
    remarks: list[str] = field(default_factory=list)
    """for the report of the build"""

    def store(self, shelf: Shelf, version: str) -> None:
        """Stores the notes under a version. Raises `Conflict`, `NotFound` and `Unavailable`."""
        if self.copied_from:
            shelf.copy_notes(self.copied_from, version, TIMEOUT_S)
        else:
            shelf.put_notes(version, self.data, TIMEOUT_S)


def with_notes(
    catalog: Catalog, episodes: Sequence[Episode], spool: NotesSpool
) -> tuple[Catalog, BuiltNotes | None]:
    """Returns the catalog of these episodes, in their source's order, with their notes.

    Notes change the catalog's version. Raises `Unavailable`.
    """
    order = catalog.source_order.tolist()
    built = build_notes([episodes[place].notes_digest for place in order], spool)
    stored = built.stored if built else None
    if stored != catalog.notes:
        catalog = replace(catalog, notes=stored)
        catalog = replace(catalog, version=content_version(catalog))
    return catalog, built


def build_notes(digests: Sequence[str | None], spool: NotesSpool) -> BuiltNotes | None:
    """Returns the notes of a catalog, given by the digest of each row; None if there are none.

    Those that the current snapshot has are copied from there as they are. The bytes depend on the
    notes alone. Raises `Unavailable`.
    """
    if spool.shelf is None or not any(digests):
        return None
    wanted = b"".join(bytes(DIGEST_BYTES) if one is None else bytes.fromhex(one) for one in digests)
    rows = len(digests)
    column = np.frombuffer(wanted, np.uint8).reshape(rows, DIGEST_BYTES).copy()
    remarks = []
    if spool.cut:
        what = f"notes of more than {MAX_NOTES_CHARS:,} characters were cut"
        remarks.append(f"{spool.cut:,} {what}")
    before = spool.published
    if before is not None and np.array_equal(before.head.digests, column):
        sizes = before.head.index.sizes
        sha256 = index_sha256(before.encoded_head, rows)
        stored = StoredNotes(int(np.count_nonzero(sizes)), before.head.size, sha256)
        return BuiltNotes(stored, b"", before.version, remarks)
    starts = np.zeros(rows, np.uint64)
    sizes, checksums = np.zeros(rows, np.uint32), np.zeros(rows, np.uint32)
    by_digest = _rows_by_digest(wanted)
    spool.require(by_digest)
    lost = 0
    with tempfile.TemporaryFile() as file:
        end = head_size(rows)
        file.seek(end)
        for digest, frame in _frames(sorted(by_digest), spool):
            members = by_digest[digest]
            if frame is None:  # without its digest, the next build that reads it keeps it
                lost += len(members)
                column[members] = 0
                continue
            file.write(frame)
            starts[members], sizes[members] = end, len(frame)
            checksums[members] = zlib.crc32(frame)
            end += len(frame)
        index = NotesIndex(starts, sizes, checksums)
        head = encode_head(NotesHead(POLICY, index, column, end))
        file.seek(0)
        file.write(head)
        file.flush()
        data = mmap.mmap(file.fileno(), end, access=mmap.ACCESS_READ)
    if lost:
        remarks.append(
            f"the notes of {lost:,} episodes are lost: damaged on the shelf, or not read again"
        )
    count = int(np.count_nonzero(sizes))
    stored = StoredNotes(count, end, index_sha256(head, rows))
    return BuiltNotes(stored, data, remarks=remarks)


def _rows_by_digest(wanted: bytes) -> dict[bytes, list[int]]:
    rows: dict[bytes, list[int]] = {}
    for row, at in enumerate(range(0, len(wanted), DIGEST_BYTES)):
        rows.setdefault(wanted[at : at + DIGEST_BYTES], []).append(row)
    rows.pop(bytes(DIGEST_BYTES), None)
    return rows


def _frames(digests: Sequence[bytes], spool: NotesSpool) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield each of these digests, which ascend, with its frame; None for one that is lost."""
    kept = [one for one in digests if spool.is_kept(one)]
    published = spool.published.rows if spool.published else {}
    copied = [one for one in digests if not spool.is_kept(one) and one in published]
    gone = set(digests) - set(kept) - set(copied)
    new = ((one, _new_frame(spool.read(one))) for one in kept)
    old = spool.published.frames(copied) if spool.published else ()
    yield from merge(new, old, ((one, None) for one in sorted(gone)), key=lambda pair: pair[0])


def _new_frame(notes: str) -> bytes:
    """The frame of notes as a source wrote them; empty if nothing is left of them."""
    clean = sanitize(notes)
    return b"" if clean is None else encode_frame(clean)
