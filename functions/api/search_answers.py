"""The answers of search and suggestion."""

from typing import Generic, Literal, TypeVar

import msgspec

from feed.model.card import Card
from functions.api.answers import NamedSeries

E = TypeVar("E")


class Snippet(msgspec.Struct, frozen=True):
    """A part of an episode's insight or description, or its title where that alone matches."""

    text: str
    ranges: list[tuple[int, int]]
    """begin and end of each matching word in `text`, counted in UTF-16 units as in JavaScript,
    Kotlin and Swift's `utf16`"""


class FoundEpisode(Card, frozen=True, kw_only=True):
    """The card of an episode that a search found, and how it matches."""

    score: float
    """how well; comparable within one search only"""
    matched: list[Literal["title", "series", "names", "text"]]
    """the fields that hold a word of the query: `names` are people, entities and categories, `text`
    is the insight or description; none where the episode is merely similar to those that do"""
    snippet: Snippet


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """What the words of a query were read as, beside words to find; null where nothing was."""

    series: list[NamedSeries]
    """only episodes of these; none where every series may be"""
    since: str | None
    """only episodes published then or later, or with the year that the query names in their text"""
    until: str | None
    """only episodes published earlier, or with that year in their text"""
    min_duration_s: int | None
    """only episodes that are known to be at least as long"""
    max_duration_s: int | None
    """only episodes that are known to be no longer"""
    newest: bool
    """whether new episodes were raised"""


class _SearchPage(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    episodes: E
    """the next matches, the best first"""
    total: int
    """number of matches"""
    next_cursor: str | None
    """for the next page; null if there is none"""
    series: list[NamedSeries]
    """series with a word that begins like the query"""
    people: list[str]
    """names with a word that begins like the query"""
    topics: list[str]
    """categories with a word that begins like the query"""
    understood: Understood
    catalog_version: str
    degraded: list[str]
    """everything the search had to do without; more causes may be added"""


class SearchPage(_SearchPage[list[FoundEpisode]], frozen=True, kw_only=True):
    """One page of what a search found."""


class EncodedSearchPage(_SearchPage[msgspec.Raw], frozen=True, kw_only=True):
    """A `SearchPage` whose episodes are already encoded."""


class Suggestion(msgspec.Struct, frozen=True):
    """What a query may become."""

    kind: Literal["series", "person", "topic", "title"]
    text: str
    id: str | None
    """of the series or episode; null for a person or a topic"""


class SuggestionList(msgspec.Struct, frozen=True):
    """Suggestions for the beginning of a query, the best first."""

    suggestions: list[Suggestion]
    catalog_version: str
    degraded: list[str]
