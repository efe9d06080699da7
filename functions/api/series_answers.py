"""The answers about shows: what is known of one, which are similar, which a user may want."""

from typing import Generic, TypeVar

import msgspec

from feed.model.card import Card
from feed.session.answers import Reason
from functions.api.answers import NamedSeries, Time

E = TypeVar("E")


class SeriesCard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A show as an app shows it."""

    id: str
    name: str
    episodes: int
    """number of its episodes"""
    topics: list[str]
    """the most frequent categories of its newest episodes"""
    newest_at: Time | None
    """when its newest episode was published; null if none is"""
    image_url: str | msgspec.UnsetType = msgspec.UNSET
    """artwork of its newest episode"""


class ListedSeries(NamedSeries, frozen=True, omit_defaults=True):
    """A show that was asked for by its id."""

    image_url: str | msgspec.UnsetType = msgspec.UNSET
    """artwork of its newest episode"""


class SeriesList(msgspec.Struct, frozen=True):
    """The shows that were asked for, without unknown ones."""

    series: list[ListedSeries]
    catalog_version: str


class _SeriesPage(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    series: SeriesCard
    episodes: E
    """the newest first"""
    next_cursor: str | None
    """for the next page; null if there is none"""
    catalog_version: str
    degraded: list[str]


class SeriesPage(_SeriesPage[list[Card]], frozen=True, kw_only=True):
    """A series, and one page of its episodes."""


class EncodedSeriesPage(_SeriesPage[msgspec.Raw], frozen=True, kw_only=True):
    """A `SeriesPage` whose episodes are already encoded."""


class SimilarSeries(msgspec.Struct, frozen=True, kw_only=True):
    """The series that are most similar to one."""

    series_id: str
    series: list[SeriesCard]
    """the most similar first"""
    scores: list[float]
    """one for each series; comparable within one answer only"""
    catalog_version: str
    degraded: list[str]


class RecommendedSeriesCard(SeriesCard, frozen=True, kw_only=True):
    """A show that a user may want to follow."""

    score: float
    """comparable within one answer only; the list is also ordered so that it is diverse"""
    reason: Reason


class RecommendedSeriesList(msgspec.Struct, frozen=True, kw_only=True):
    """Shows that a user does not know yet and may want to follow."""

    series: list[RecommendedSeriesCard]
    """the best first"""
    cold_start: bool
    """whether nothing is known of the user: these are the best shows for everybody"""
    catalog_version: str
    degraded: list[str]
