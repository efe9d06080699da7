"""Passages of the notes and the transcripts of episodes, those that suit a query best."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from feed.model.card import Card
from feed.model.degradation import Degradation
from functions.serving.loaded_catalog import LoadedCatalog
from functions.serving.texts import TextReader

if TYPE_CHECKING:  # no session needs them
    from feed.search.passages import Passage

PARTS_AT_ONCE = 40
"""parts of a transcript that are searched before others may go between"""
PASSAGES = 2
"""passages of one episode"""


@dataclass(frozen=True)
class Passages:
    """Passages by episode, and what could not be read for them."""

    by_row: list[list["Passage"]]
    """in the order of the rows, of each the best first; at least one of an episode with a text"""
    degraded: tuple[Degradation, ...]
    """`notes_unavailable` where cards stand in for notes that could not be read, and
    `transcripts_unavailable` where transcripts could not be"""


async def passages(
    notes: TextReader,
    transcripts: TextReader,
    loaded: LoadedCatalog,
    rows: Sequence[int],
    terms: frozenset[str],
    *,
    wait_s: float,
    count: int = PASSAGES,
) -> Passages:
    """Return the best passages of some episodes for the terms of a query.

    They are parts of the transcript and of the notes, or of the insight or description on the card
    where an episode has no notes, or they could not be read within `wait_s` seconds; of equals,
    those of the notes come first. `terms` are folded as `feed.search.words.terms_of` folds them,
    and `count` is the most passages of one episode.
    """
    from feed.model.transcript import Transcript  # noqa: PLC0415
    from feed.search.passages import best_parts, best_passages, likely_parts  # noqa: PLC0415
    from feed.search.texts import body  # noqa: PLC0415
    from feed.snapshot.texts import Notes  # noqa: PLC0415

    (noted, no_notes), (spoken, no_transcripts) = await asyncio.gather(
        notes.read(loaded, rows, wait_s), transcripts.read(loaded, rows, wait_s)
    )
    by_row = []
    for row in rows:
        if row in noted:
            text = msgspec.json.decode(noted[row], type=Notes).text
        else:
            text = body(msgspec.json.decode(loaded.catalog.cards.raw(row), type=Card))
        found = best_passages(text, terms, count)
        await asyncio.sleep(0)  # each takes a millisecond or so: others may go between
        if row in spoken:
            parts = msgspec.json.decode(spoken[row], type=Transcript).parts
            likely = []
            for at in range(0, len(parts), PARTS_AT_ONCE):
                some = likely_parts(parts[at : at + PARTS_AT_ONCE], terms)
                likely += [(terms_of_it, times, at + place) for terms_of_it, times, place in some]
                await asyncio.sleep(0)
            found += best_parts(parts, likely, terms, count)
            found = sorted(found, key=lambda one: -one.score)[:count]
            await asyncio.sleep(0)
        by_row.append(found)
    return Passages(by_row, (*no_notes, *no_transcripts))
