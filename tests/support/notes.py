"""Catalogs with notes, for tests."""

from collections.abc import Sequence

import msgspec

from catalog_builder.notes.spool import NotesSpool
from catalog_builder.notes.writer import with_notes
from catalog_builder.publish.publisher import publish
from feed.catalog.catalog import Catalog
from feed.model.episode import Episode
from feed.ports.shelf import Shelf
from feed.snapshot.codec import decode
from tests.support.catalogs import catalog_of, episodes


def publish_notes(
    shelf: Shelf, notes: Sequence[str | None], some: Sequence[Episode] | None = None
) -> Catalog:
    """Publish a catalog of as many episodes with these notes; returns what an instance loads."""
    some = some or episodes(len(notes))
    spool = NotesSpool(shelf)
    noted = [
        msgspec.structs.replace(one, notes_digest=None if text is None else spool.keep(text))
        for one, text in zip(some, notes, strict=True)
    ]
    catalog, built = with_notes(catalog_of(noted), noted, spool)
    pointer = publish(shelf, catalog, built, force=True).pointer
    return decode(shelf.fetch(pointer.version, 5))
