"""Intent: what a query asks for beside its words: phrases, series, years and new episodes."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from feed.arrays.arrays import BoolArray
from feed.catalog.catalog import Catalog
from feed.model.timestamps import DAY_US, to_us
from feed.search.index import NAME_KINDS, SearchIndex
from feed.search.words import STOP_WORDS, folded_words, terms_of

MAX_TERMS = 20
"""terms of a query that count, and tokens that are looked at for a series"""
_PHRASE = re.compile(r'["\u201c\u201d\u201e](.*?)(?:["\u201c\u201d]|$)')
_RECENT = re.compile(r"\b(?:latest|newest|recent|recently)\b", re.IGNORECASE)
_PERIOD = re.compile(r"\b(?:this|past|last) (week|month|year)\b", re.IGNORECASE)
_PERIOD_DAYS = {"week": 7, "month": 31, "year": 366}
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_FORM = re.compile(r"\b(?:episodes?|podcasts?)\b", re.IGNORECASE)
_SERIES = NAME_KINDS.index("series")
_MAX_WORDS_OF_A_NAME = 5
_STOP_TERMS = frozenset(term for word in STOP_WORDS for term in terms_of(word))


@dataclass(frozen=True)
class Intent:
    """A query, read against one catalog and its index."""

    terms: tuple[str, ...]
    """terms to find, in order, without stop words unless there are no others"""
    is_unfinished: bool
    """whether the last term ends the query, so that it may be the beginning of a word"""
    phrases: tuple[tuple[str, ...], ...] = ()
    """sequences of terms that every episode has to hold"""
    series: frozenset[int] = field(default_factory=frozenset)
    """series that the query names"""
    is_recent: bool = False
    """whether the newest are asked for"""
    since_us: int | None = None
    until_us: int | None = None
    """a time that the query names, microseconds since 1970, UTC; the end excluded"""

    def in_period(self, catalog: Catalog) -> BoolArray | None:
        """(n,) whether each episode is of the time that the query names; None if it names none."""
        if self.since_us is None:
            return None
        found = catalog.published_us >= self.since_us
        if self.until_us is not None:
            found &= catalog.published_us < self.until_us
        return found

    def in_series(self, catalog: Catalog) -> BoolArray | None:
        """(n,) whether each episode is of a series that the query names; None if it names none."""
        return np.isin(catalog.series, list(self.series)) if self.series else None


def read_intent(query: str, index: SearchIndex, now_us: int) -> Intent:
    """Read a query. `now_us` is the time of the request, microseconds since 1970, UTC."""
    phrases = tuple(
        phrase for found in _PHRASE.findall(query) if (phrase := tuple(terms_of(found)))
    )
    text = _PHRASE.sub(r" \1 ", query)
    is_recent = bool(_RECENT.search(text))
    since_us = until_us = None
    if period := _PERIOD.search(text):
        since_us = now_us - _PERIOD_DAYS[period[1].lower()] * DAY_US
    elif year := _YEAR.search(text):
        since_us = to_us(datetime(int(year[0]), 1, 1, tzinfo=UTC))
        until_us = to_us(datetime(int(year[0]) + 1, 1, 1, tzinfo=UTC))
    series, of_names = _named_series(folded_words(text)[:MAX_TERMS], index)
    rest = text
    for pattern in (_RECENT, _PERIOD, _FORM):
        rest = pattern.sub(" ", rest)
    every = terms_of(rest) or terms_of(text)
    unfinished = text[-1:].isalnum() and not _FORM.search(text[-9:])
    # Every episode of a named series holds its name: what else is sought tells them apart.
    terms = [one for one in every if one not in _STOP_TERMS and one not in of_names]
    terms = terms or [one for one in every if one not in _STOP_TERMS] or every
    return Intent(
        terms=tuple(dict.fromkeys(terms))[:MAX_TERMS],
        is_unfinished=unfinished and terms[-1:] == every[-1:],
        phrases=phrases,
        series=frozenset(series),
        is_recent=is_recent,
        since_us=since_us,
        until_us=until_us,
    )


def _named_series(words: list[str], index: SearchIndex) -> tuple[set[int], set[str]]:
    """Series that the query names, and the terms of their names in it.

    A name of several words counts from its first two on; a name of one word may be any word, so it
    counts alone or before "podcast".
    """
    found: set[int] = set()
    of_names: set[str] = set()
    for start in range(len(words)):
        for end in range(min(len(words), start + _MAX_WORDS_OF_A_NAME), start, -1):
            span = words[start:end]
            if all(word in STOP_WORDS for word in span):
                continue
            if len(span) == 1 and len(words) > 1 and not _FORM.fullmatch("".join(words[end:][:1])):
                continue
            named = _series_named(" ".join(span), index, whole=len(span) == 1)
            if named:
                found |= named
                of_names |= set(terms_of(" ".join(span)))
                break
    return found, of_names


def _series_named(text: str, index: SearchIndex, *, whole: bool) -> set[int]:
    found = set()
    for at in index.beginnings_from(text)[:50]:
        name = index.beginning_names[at]
        if index.beginning_places[at] or index.name_kinds[name] != _SERIES:
            continue
        rest = index.beginnings[at][len(text) :]
        if not rest or (not whole and rest.startswith(" ")):
            found.add(int(index.name_targets[name]))
    return found
