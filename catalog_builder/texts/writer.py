"""Writes the texts of a catalog for the shelf: in a temporary file, whatever their size."""

import mmap
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from heapq import merge

import numpy as np

from catalog_builder.texts.spool import TIMEOUT_S, TextSpool
from feed.catalog.catalog import Catalog
from feed.model.episode import Episode
from feed.model.stored_texts import StoredTexts, TextKind
from feed.ports.shelf import Buffer, Shelf
from feed.snapshot.codec import content_version
from feed.snapshot.texts import (
    DIGEST_BYTES,
    TextHead,
    TextIndex,
    encode_head,
    head_size,
    index_sha256,
)


@dataclass(frozen=True)
class BuiltTexts:
    """The texts of one kind of a catalog, not yet stored."""

    kind: TextKind
    stored: StoredTexts
    """what the snapshot's header says of them"""
    data: Buffer
    """the object, a mapped file; empty if it is that of `copied_from`"""
    copied_from: str = ""
    """version that has exactly these texts"""
    remarks: list[str] = field(default_factory=list)
    """for the report of the build"""

    def store(self, shelf: Shelf, version: str) -> None:
        """Stores the texts under a version. Raises `Conflict`, `NotFound` and `Unavailable`."""
        if self.copied_from:
            shelf.copy_texts(self.kind, self.copied_from, version, TIMEOUT_S)
        else:
            shelf.put_texts(self.kind, version, self.data, TIMEOUT_S)


def with_texts(
    catalog: Catalog, episodes: Sequence[Episode], spools: Iterable[TextSpool]
) -> tuple[Catalog, list[BuiltTexts]]:
    """Returns the catalog of these episodes, in their source's order, with the texts of all kinds.

    A kind without a spool has none. Texts change the catalog's version. Raises `Unavailable`.
    """
    order = catalog.source_order.tolist()
    found: dict[TextKind, BuiltTexts] = {}
    for spool in spools:
        kind = spool.rules.kind
        if built := build_texts([episodes[place].text_digest(kind) for place in order], spool):
            found[kind] = built
    stored = {kind: found[kind].stored if kind in found else None for kind in TextKind}
    if any(stored[kind] != catalog.texts(kind) for kind in TextKind):
        notes, transcripts = stored[TextKind.NOTES], stored[TextKind.TRANSCRIPTS]
        catalog = replace(catalog, notes=notes, transcripts=transcripts)
        catalog = replace(catalog, version=content_version(catalog))
    return catalog, list(found.values())


def build_texts(digests: Sequence[str | None], spool: TextSpool) -> BuiltTexts | None:
    """Returns the texts of a catalog, given by the digest of each row; None if there are none.

    Those that the current snapshot has are copied from there as they are. The bytes depend on the
    texts alone. Raises `Unavailable`.
    """
    if spool.shelf is None or not any(digests):
        return None
    wanted = b"".join(bytes(DIGEST_BYTES) if one is None else bytes.fromhex(one) for one in digests)
    rows = len(digests)
    column = np.frombuffer(wanted, np.uint8).reshape(rows, DIGEST_BYTES).copy()
    remarks, rules = [], spool.rules
    if spool.cut:
        what = f"{rules.kind} of more than {rules.max_chars:,} characters were cut"
        remarks.append(f"{spool.cut:,} {what}")
    before = spool.published
    if before and before.is_whole and np.array_equal(before.head.digests, column):
        sizes = before.head.index.sizes
        sha256 = index_sha256(before.encoded_head, rows)
        stored = StoredTexts(int(np.count_nonzero(sizes)), before.head.size, sha256)
        return BuiltTexts(rules.kind, stored, b"", before.version, remarks)
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
        index = TextIndex(starts, sizes, checksums)
        head = encode_head(TextHead(rules.policy, index, column, end))
        file.seek(0)
        file.write(head)
        file.flush()
        data = mmap.mmap(file.fileno(), end, access=mmap.ACCESS_READ)
    if lost:
        remarks.append(
            f"the {rules.kind} of {lost:,} episodes are lost: damaged on the shelf, or not read "
            "again"
        )
    count = int(np.count_nonzero(sizes))
    stored = StoredTexts(count, end, index_sha256(head, rows))
    return BuiltTexts(rules.kind, stored, data, remarks=remarks)


def _rows_by_digest(wanted: bytes) -> dict[bytes, list[int]]:
    rows: dict[bytes, list[int]] = {}
    for row, at in enumerate(range(0, len(wanted), DIGEST_BYTES)):
        rows.setdefault(wanted[at : at + DIGEST_BYTES], []).append(row)
    rows.pop(bytes(DIGEST_BYTES), None)
    return rows


def _frames(digests: Sequence[bytes], spool: TextSpool) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield each of these digests, which ascend, with its frame; None for one that is lost."""
    kept = [one for one in digests if spool.is_kept(one)]
    published = spool.published.rows if spool.published else {}
    copied = [one for one in digests if not spool.is_kept(one) and one in published]
    gone = set(digests) - set(kept) - set(copied)
    new = ((one, spool.rules.frame(spool.read(one))) for one in kept)
    old = spool.published.frames(copied) if spool.published else ()
    yield from merge(new, old, ((one, None) for one in sorted(gone)), key=lambda pair: pair[0])
