"""Lexical scores: BM25F of every episode for the terms of a query, and phrases."""

import math

import msgspec
import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, IntArray
from feed.catalog.catalog import Catalog
from feed.model.card import Card
from feed.search.index import SearchIndex
from feed.search.intent import Intent
from feed.search.texts import field_texts
from feed.search.variants import variants
from feed.search.words import terms_of

MAX_REPAIRED = 5
"""unknown words of a query that are repaired, which takes the most time of all"""


def lexical_scores(
    index: SearchIndex, intent: Intent, count: int
) -> tuple[npt.NDArray[np.float32], frozenset[str]]:
    """(n,) score of each of `count` episodes, and the terms that were found.

    It is the BM25F score as a share of the highest there can be, that of an episode full of every
    term: it says how much of the query an episode holds. 0 is no match. Of the variants of a term
    the one that scores highest counts.
    """
    scores = np.zeros(count, np.float32)
    found: set[str] = set()
    repairable = MAX_REPAIRED
    highest = 0.0
    for place, term in enumerate(intent.terms):
        is_last = intent.is_unfinished and place == len(intent.terms) - 1
        chosen = variants(index, term, is_last=is_last, may_repair=repairable > 0)
        exact = index.term(term)
        repairable -= exact is None
        highest += _idf(0 if exact is None else index.frequency(exact), count)
        target = scores if len(chosen) == 1 else np.zeros(count, np.float32)
        for at, weight in chosen.items():
            found.add(index.terms[at])
            rows = index.rows(at)
            values = index.shares(at) * np.float32(weight * _idf(index.frequency(at), count))
            (np.add if target is scores else np.maximum).at(target, rows, values)
        if target is not scores:
            scores += target
    return scores / np.float32(highest or 1), frozenset(found)


def with_phrases(catalog: Catalog, rows: IntArray, intent: Intent) -> BoolArray:
    """(k,) whether each episode holds every phrase of the query in one of its fields."""
    wanted = [f" {' '.join(phrase)} " for phrase in intent.phrases]

    def holds_all(row: int) -> bool:
        card = msgspec.json.decode(catalog.cards.raw(row), type=Card)
        fields = [f" {' '.join(terms_of(text))} " for text in field_texts(card)]
        return all(any(phrase in text for text in fields) for phrase in wanted)

    return np.fromiter(map(holds_all, rows.tolist()), np.bool_, len(rows))


def _idf(frequency: int, count: int) -> float:
    """Inverse document frequency of a term that so many of all episodes hold."""
    return math.log1p((count - frequency + 0.5) / (frequency + 0.5))
