"""Titles: the episodes in whose titles the words of an unfinished query are."""

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import IntArray, top_k
from feed.catalog.catalog import Catalog
from feed.search.index import SearchIndex
from feed.search.words import STOP_WORDS, folded_words, terms_of

MAX_COMPLETED = 20
"""terms that the last word may be completed to, the most frequent ones"""
MAX_POSTINGS = 1_000
"""episodes of each term that are looked at: the newest, where the catalog is ordered so"""


def matching_titles(
    catalog: Catalog, index: SearchIndex, query: str, count: int, now_us: int
) -> IntArray:
    """Up to `count` rows of published episodes, the newest first.

    Their titles hold each word of the query, and one that begins like the last. Of many episodes
    with a word only the first are looked at.
    """
    words = folded_words(query)
    if not words:
        return np.empty(0, np.int64)
    *whole, last = words
    rows = _in_titles(index, [*terms_of(last), *_begun(index, last)])
    for word in whole:
        if word not in STOP_WORDS:
            rows = np.intersect1d(rows, _in_titles(index, terms_of(word)), assume_unique=True)
    rows = rows[catalog.published_us[rows] <= now_us]
    published = catalog.published_us[rows].astype(np.float64)
    return top_k(rows, published, count, catalog.source_order)[0]


def _begun(index: SearchIndex, word: str) -> list[str]:
    """The most frequent terms that begin so."""
    places = index.terms_from(word)
    frequencies = index.frequencies[places.start : places.stop].astype(np.int64)
    best = places.start + np.argsort(-frequencies, kind="stable")[:MAX_COMPLETED]
    return [index.terms[place] for place in best.tolist()]


def _in_titles(index: SearchIndex, terms: list[str]) -> npt.NDArray[np.int64]:
    """Rows, ascending, whose titles hold one of the terms."""
    places = {place for term in terms if (place := index.term(term)) is not None}
    found = [
        index.rows(place, MAX_POSTINGS)[index.in_titles(place, MAX_POSTINGS)] for place in places
    ]
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)
