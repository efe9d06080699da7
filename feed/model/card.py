"""The card of an episode: what an app shows of it, as JSON in snapshots and answers."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from feed.model.episode import Categories, Episode, Scores


class CardSeries(msgspec.Struct, frozen=True, gc=False):
    """The show that an episode belongs to, with both id and name."""

    id: str
    name: str


class Card(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An episode as an app shows it. Fields that an episode does not have are left out."""

    id: str
    content_id: str
    """what several versions of one episode share; the id where there is only one"""
    title: str
    series: CardSeries | None
    published_at: Annotated[datetime, msgspec.Meta(tz=True)]
    scores: Scores
    key_insight: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    categories: Categories | msgspec.UnsetType = msgspec.UNSET
    entities: list[Any] | msgspec.UnsetType = msgspec.UNSET
    """names or records, as the source delivers them"""
    people: list[Any] | msgspec.UnsetType = msgspec.UNSET
    """names or records, as the source delivers them"""
    authors: list[str] | msgspec.UnsetType = msgspec.UNSET
    """who made it, a person or a company, as the source writes it"""
    image_url: str | msgspec.UnsetType = msgspec.UNSET
    audio_url: str | msgspec.UnsetType = msgspec.UNSET
    url: str | msgspec.UnsetType = msgspec.UNSET
    """the episode's page"""
    duration_s: float | msgspec.UnsetType = msgspec.UNSET
    language: str | msgspec.UnsetType = msgspec.UNSET
    """BCP 47 tag"""
    explicit: bool | msgspec.UnsetType = msgspec.UNSET
    transcript_url: str | msgspec.UnsetType = msgspec.UNSET
    chapters_url: str | msgspec.UnsetType = msgspec.UNSET
    season_number: float | msgspec.UnsetType = msgspec.UNSET
    episode_number: float | msgspec.UnsetType = msgspec.UNSET
    episode_type: str | msgspec.UnsetType = msgspec.UNSET
    """`trailer` or `bonus`; most episodes have none"""
    estimated: list[str] | msgspec.UnsetType = msgspec.UNSET
    """what the builder filled in because the source says nothing of it: `people`, `entities` or
    `categories` of the card; `quality`, for one or both scores that it depends on"""
    evergreen: bool | msgspec.UnsetType = msgspec.UNSET
    """whether it is as worth hearing in a year as today"""
    generated: list[str] | msgspec.UnsetType = msgspec.UNSET
    """names of the fields that a generative model filled in"""


_OPTIONAL = tuple(one.name for one in msgspec.structs.fields(Card) if not one.required)


def card_of(episode: Episode, series: tuple[str, str] | None) -> Card:
    """The card of an episode, in a series of this id and name."""
    given = ((name, getattr(episode, name)) for name in _OPTIONAL)
    return Card(
        id=episode.id,
        content_id=episode.content_id or episode.id,
        title=episode.title,
        series=None if series is None else CardSeries(*series),
        published_at=episode.published_at,
        scores=episode.scores or Scores(),
        **{name: value for name, value in given if value is not None},
    )
