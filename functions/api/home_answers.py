"""The answers of the home page."""

from typing import Generic, TypeVar

import msgspec

from feed.home.labels import Label
from feed.scenarios.experiment import Assignment
from feed.session.answers import RankedEpisode
from functions.api.series_answers import RecommendedSeriesCard

E = TypeVar("E")
S = TypeVar("S")


class _Shelf(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    id: str
    """names the shelf on this home page"""
    title: Label
    reason: Label
    episodes: E | msgspec.UnsetType = msgspec.UNSET
    """the first episodes, in order; absent on a shelf of series"""
    series: list[RecommendedSeriesCard] | msgspec.UnsetType = msgspec.UNSET
    """the first series, in order; only on a shelf of series"""
    total: int
    """episodes or series on the whole shelf"""
    shown_count: int
    """of these, how many are in this answer"""
    remaining_count: int
    """of these, how many are still to come"""


class HomeShelf(_Shelf[list[RankedEpisode]], frozen=True, kw_only=True):
    """One shelf of a home page."""


class EncodedHomeShelf(_Shelf[msgspec.Raw], frozen=True, kw_only=True):
    """A `HomeShelf` whose episodes are already encoded."""


class _Home(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    session_id: str
    """16 hexadecimal digits; impressions and engagements name it"""
    shelves: list[S]
    """from top to bottom; each has at least three episodes or series, and no episode is on two"""
    cursor: str | None
    """for the next episodes of any shelf; null if nothing is left"""
    cold_start: bool
    """whether nothing is known of the user's taste"""
    user_vector_episodes: int
    """how many episodes the user vector was made of"""
    catalog_version: str
    home: str
    """name of the description that the shelves follow"""
    scenario: str
    degraded: list[str]
    """everything the home page had to do without; more causes may be added"""
    experiment: Assignment | msgspec.UnsetType = msgspec.UNSET
    """on a home page that is part of an experiment"""


class HomeAnswer(_Home[HomeShelf], frozen=True, kw_only=True):
    """A home page."""


class EncodedHomeAnswer(_Home[EncodedHomeShelf], frozen=True, kw_only=True):
    """A `HomeAnswer` whose episodes are already encoded."""


class _ShelfPage(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    session_id: str
    shelf: str
    """id of the shelf"""
    episodes: E | msgspec.UnsetType = msgspec.UNSET
    """the next episodes, in order; absent for a shelf of series"""
    series: list[RecommendedSeriesCard] | msgspec.UnsetType = msgspec.UNSET
    """the next series, in order; only for a shelf of series"""
    total: int
    """episodes or series on the whole shelf"""
    shown_count: int
    """of these, how many are in this answer and before it, those that were skipped included"""
    remaining_count: int
    """of these, how many are still to come"""
    catalog_version: str
    scenario: str
    degraded: list[str]
    """everything the home page and this answer had to do without"""
    experiment: Assignment | msgspec.UnsetType = msgspec.UNSET
    """on a home page that is part of an experiment"""


class ShelfPage(_ShelfPage[list[RankedEpisode]], frozen=True, kw_only=True):
    """The next episodes of one shelf."""


class EncodedShelfPage(_ShelfPage[msgspec.Raw], frozen=True, kw_only=True):
    """A `ShelfPage` whose episodes are already encoded."""
