"""An episode as a source delivers it: what catalogs are built from."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from feed.model.stored_texts import TextKind

MAX_ID_BYTES = 512
"""in UTF-8; accepted by Firestore and Pinecone alike"""
MAX_DESCRIPTION_CHARS = 2_000
"""of a description on a card; the full one is part of the notes"""
MAX_DURATION_S = 7 * 86_400
"""longer than any episode: a larger number is probably milliseconds, or a date"""

Score = Annotated[float, msgspec.Meta(ge=0, le=5)]
"""An editorial score, 0 to 5."""


class Series(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The show that an episode belongs to. If only an id or a name is given, it serves as both."""

    id: str | None = None
    name: str | None = None


class Scores(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Editorial scores of an episode, each 0 to 5 or missing."""

    credibility: Score | None = None
    insight: Score | None = None
    information: Score | None = None
    entertainment: Score | None = None


class Categories(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The topics of an episode: major categories and subcategories."""

    major: list[str] | None = None
    subcategories: list[str] | None = None


class Episode(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One episode. Only `id`, `title` and `published_at` are required; null counts as missing."""

    id: Annotated[str, msgspec.Meta(min_length=1)]
    title: Annotated[str, msgspec.Meta(min_length=1)]
    published_at: Annotated[datetime, msgspec.Meta(tz=True)]
    content_id: str | None = None
    series: Series | None = None
    scores: Scores | None = None
    key_insight: str | None = None
    description: str | None = None
    categories: Categories | None = None
    entities: list[Any] | None = None
    people: list[Any] | None = None
    authors: list[str] | None = None
    image_url: str | None = None
    audio_url: str | None = None
    url: str | None = None
    duration_s: Annotated[float, msgspec.Meta(ge=0, le=MAX_DURATION_S)] | None = None
    language: str | None = None
    explicit: bool | None = None
    transcript_url: str | None = None
    chapters_url: str | None = None
    season_number: float | None = None
    episode_number: float | None = None
    episode_type: str | None = None
    estimated: list[str] | None = None
    """what the builder filled in: `quality`, `people`, `entities`, `categories`; it sets this"""
    evergreen: bool | None = None
    """whether it is as worth hearing in a year as today"""
    generated: list[str] | None = None
    """names of the fields that a generative model filled in"""
    notes_digest: str | None = None
    """of its full notes, which a `NotesKeeper` has; the builder sets it"""
    transcript_digest: str | None = None
    """of its chapters and transcript, if they were fetched; the builder sets it"""
    spoken: str | None = None
    """telling words of its transcript, for the search index; the builder sets it"""

    def text_digest(self, kind: TextKind) -> str | None:
        """The digest of its text of one kind; None where it has none."""
        return self.notes_digest if kind is TextKind.NOTES else self.transcript_digest

    @property
    def text(self) -> str:
        """Title and insight, or description: the text that an embedder reads."""
        return f"{self.title}\n{self.key_insight or self.description or ''}"


_NORWEGIAN = {"nb": "no"}
"""Feeds say `no`, browsers `nb`: written Norwegian is Bokmål unless it says `nn` (as in CLDR)."""


def primary_subtag(tag: str) -> str:
    """The language of a BCP 47 tag, lower case: `en` of `en-US`, and `no` of `nb-NO`."""
    language = tag.replace("_", "-").partition("-")[0].lower()
    return _NORWEGIAN.get(language, language)
