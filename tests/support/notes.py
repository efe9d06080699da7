"""Catalogs with notes and transcripts, for tests."""

from collections.abc import Mapping, Sequence

import msgspec

from catalog_builder.notes.sanitizer import NOTES
from catalog_builder.publish.publisher import publish
from catalog_builder.texts.spool import TextSpool
from catalog_builder.texts.writer import with_texts
from catalog_builder.transcripts.rules import TRANSCRIPTS, spool_text
from feed.catalog.catalog import Catalog
from feed.model.episode import Episode
from feed.model.transcript import Transcript
from feed.ports.shelf import Shelf
from feed.snapshot.codec import decode
from tests.support.catalogs import catalog_of, episodes


def publish_notes(
    shelf: Shelf,
    notes: Sequence[str | None],
    some: Sequence[Episode] | None = None,
    transcripts: Mapping[int, Transcript] | None = None,
) -> Catalog:
    """Publish a catalog of as many episodes with these notes; returns what an instance loads.

    `transcripts` are those of some of them, by their place.
    """
    some = some or episodes(len(notes))
    spool = TextSpool(shelf, NOTES)
    noted = [
        msgspec.structs.replace(one, notes_digest=None if text is None else spool.keep(text))
        for one, text in zip(some, notes, strict=True)
    ]
    spoken = TextSpool(shelf, TRANSCRIPTS)
    for place, transcript in (transcripts or {}).items():
        digest = spoken.keep(spool_text(transcript))
        noted[place] = msgspec.structs.replace(noted[place], transcript_digest=digest)
    catalog, built = with_texts(catalog_of(noted), noted, [spool, spoken])
    pointer = publish(shelf, catalog, built, force=True).pointer
    return decode(shelf.fetch(pointer.version, 5))
