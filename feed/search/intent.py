"""Intent: what a query asks for: terms and phrases, series, times and lengths."""

import re
from dataclasses import dataclass, field

import numpy as np

from feed.arrays.arrays import BoolArray
from feed.catalog.catalog import Catalog
from feed.search.conditions import Conditions, read_conditions
from feed.search.index import SearchIndex
from feed.search.series_names import FORM_WORDS, named_series
from feed.search.words import STOP_WORDS, folded_words, terms_of

MAX_TERMS = 20
"""terms of a query that count, and words that are looked at for a series"""
_PHRASE = re.compile(r'["\u201c\u201d\u201e](.*?)(?:["\u201c\u201d]|$)')
_IGNORED = frozenset(term for word in STOP_WORDS | FORM_WORDS for term in terms_of(word))


@dataclass(frozen=True)
class Intent:
    """A query, read against one catalog and its index."""

    terms: tuple[str, ...]
    """terms to find, in order; without stop words and what else is understood, unless there are
    no others"""
    is_unfinished: bool
    """whether the last term ends the query, so that it may be the beginning of a word"""
    conditions: Conditions
    phrases: tuple[tuple[str, ...], ...] = ()
    """sequences of terms that every episode has to hold"""
    series: frozenset[int] = field(default_factory=frozenset)
    """series that the query names"""
    likely_series: frozenset[int] = field(default_factory=frozenset)
    """series that it may name"""
    is_about_words: bool = True
    """whether the query has words beside those that are understood"""

    def in_series(self, catalog: Catalog) -> BoolArray | None:
        """(n,) whether each episode is of a series that the query names; None if it names none."""
        return _in_any(catalog, self.series)

    def in_likely_series(self, catalog: Catalog) -> BoolArray | None:
        """(n,) whether each episode is of a series that the query may name; None without one."""
        return _in_any(catalog, self.likely_series)

    def in_period(self, catalog: Catalog, index: SearchIndex) -> BoolArray | None:
        """(n,) whether each episode is of the time that the query names; None if it names none.

        An episode that holds the year in its text is, too.
        """
        since_us, until_us = self.conditions.since_us, self.conditions.until_us
        if since_us is None:
            return None
        found = catalog.published_us >= since_us
        if until_us is not None:
            found &= catalog.published_us < until_us
        year = index.term(self.conditions.year) if self.conditions.year else None
        if year is not None:
            found[index.episodes(year)] = True
        return found

    def of_length(self, index: SearchIndex) -> BoolArray | None:
        """(n,) whether each episode is known to have the length asked for; None if any will do."""
        shortest, longest = self.conditions.min_duration_s, self.conditions.max_duration_s
        if shortest is None and longest is None:
            return None
        return (index.durations_s >= (shortest or 0)) & (index.durations_s <= (longest or np.inf))


def read_intent(query: str, catalog: Catalog, index: SearchIndex, now_us: int) -> Intent:
    """Read a query. `now_us` is the time of the request, microseconds since 1970, UTC."""
    phrases = tuple(
        phrase for found in _PHRASE.findall(query) if (phrase := tuple(terms_of(found)))
    )
    text = _PHRASE.sub(r" \1 ", query)
    conditions = read_conditions(_PHRASE.sub(" ", query), now_us)
    sought = f"{conditions.rest} {' '.join(_PHRASE.findall(query))}" if phrases else conditions.rest
    words = folded_words(sought)[:MAX_TERMS]
    named = named_series(words, catalog, index)
    every = terms_of(text)
    of_names = {term for place in named.places for term in terms_of(words[place])}
    others = [one for one in terms_of(sought) if one not in _IGNORED]
    rest = [one for one in others if one not in of_names]
    terms = rest or others or [one for one in every if one not in _IGNORED] or every
    return Intent(
        terms=tuple(dict.fromkeys(terms))[:MAX_TERMS],
        is_unfinished=text[-1:].isalnum() and terms[-1:] == every[-1:],
        conditions=conditions,
        phrases=phrases,
        series=named.sure,
        likely_series=named.likely,
        is_about_words=bool(rest or phrases),
    )


def _in_any(catalog: Catalog, series: frozenset[int]) -> BoolArray | None:
    return np.isin(catalog.series, list(series)) if series else None
