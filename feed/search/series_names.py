"""Series names: which series a query names, by all or by the telling part of their names."""

from typing import NamedTuple

import numpy as np

from feed.catalog.catalog import Catalog
from feed.search.index import SearchIndex
from feed.search.words import STOP_WORDS, terms_of

FORM_WORDS = frozenset({"episode", "episodes", "podcast", "podcasts", "show"})
"""words of a query that say what an episode is part of"""
TELLING = 0.5
"""of the episodes with some words, the share of series of that name, above which they name them"""
_MAX_WORDS = 5
_QUESTION = frozenset(
    {"how", "why", "what", "when", "where", "which", "who", "whose", "is", "are", "was", "were"}
    | {"can", "could", "do", "does", "did", "should", "will", "would"}
)
"""first words of a question"""


class NamedSeries(NamedTuple):
    """Series that a query names."""

    sure: frozenset[int]
    """by words that tell them from other episodes"""
    likely: frozenset[int]
    """by a single word, or by first words that other episodes use, too"""
    places: frozenset[int]
    """of the words of the query that name those that are sure"""


def named_series(words: list[str], catalog: Catalog, index: SearchIndex) -> NamedSeries:
    """The series that the (folded) words of a query name.

    Words name the series whose names begin with them, or have them as an abbreviation in
    parentheses, where most episodes that hold all of them are of these series; or where they are
    the whole name up to a colon or "with", and the query has no others, or "podcast" beside them.
    A single word among others is likely to: it may be meant as a word. In a question it is.
    """
    sure: set[int] = set()
    likely: set[int] = set()
    places: set[int] = set()
    content = [at for at, word in enumerate(words) if word not in STOP_WORDS | FORM_WORDS]
    covered = 0
    is_question = bool(words) and words[0] in _QUESTION
    for start in range(len(words)):
        if start in places or start < covered:
            continue
        for end in range(min(len(words), start + _MAX_WORDS), start, -1):
            span = words[start:end]
            inside = [at for at in content if start <= at < end]
            if not inside or (len(span) == 1 and is_question):
                continue
            named, wholly = _named(span, index)
            has_form = not FORM_WORDS.isdisjoint(words[start : end + 1])
            if wholly and (has_form or inside == content):
                named = wholly
            elif not named or not _is_telling(span, named, catalog, index):
                if wholly and start == 0 and not is_question:
                    likely |= wholly
                    covered = end
                continue
            if len(span) > 1 or inside == content or has_form:
                sure |= named
                places |= set(range(start, end))
            else:
                likely |= named
            break
    return NamedSeries(frozenset(sure), frozenset(likely - sure), frozenset(places))


def _named(span: list[str], index: SearchIndex) -> tuple[set[int], set[int]]:
    """Series whose names begin with these words, and those whose heads are these words."""
    begun, wholly = set(), set()
    for name in index.series_by_word.get(span[0], ()):
        is_abbreviation = len(span) == 1 and name.words[0] != span[0]
        if is_abbreviation or list(name.words[: len(span)]) == span:
            begun.add(name.series)
            head = list(name.head)
            if head == span or (head[:-1] == span and head[-1] in FORM_WORDS):
                wholly.add(name.series)
    return begun, wholly


def _is_telling(span: list[str], series: set[int], catalog: Catalog, index: SearchIndex) -> bool:
    """Whether most episodes that hold all these words are of one of the series."""
    rows: np.ndarray | None = None
    for term in {term for word in span for term in terms_of(word)}:
        at = index.term(term)
        if at is None:
            return False
        found = index.episodes(at)
        rows = found if rows is None else np.intersect1d(rows, found, assume_unique=True)
    if rows is None or not len(rows):
        return False
    share = np.isin(catalog.series[rows], list(series)).mean()
    return bool(share > TELLING)
