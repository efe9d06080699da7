"""Retrieval: what a question finds in the catalog, whoever asks. It is kept for some minutes."""

import asyncio
from typing import NamedTuple

import numpy as np

from feed.arrays.arrays import FloatArray, IntArray
from feed.model.degradation import Degradation
from feed.ranking import filters
from feed.search.search import search
from feed.search.words import STOP_WORDS, folded_words, terms_of
from functions.serving.loaded_catalog import LoadedCatalog
from functions.serving.service import Service
from functions.telemetry import Timings

KEPT = 100
"""episodes that a question finds, of which a user's own choice is made"""
FEW_WORDS = 3
"""a question with fewer words that say something is searched together with the one before it"""


class Found(NamedTuple):
    """What a question finds in a catalog."""

    rows: IntArray
    """(k,) catalog rows, the best first"""
    scores: FloatArray
    """(k,)"""
    weights: dict[str, float]
    """the rarity of each term that was looked for and found (IDF)"""
    unknown: frozenset[str] = frozenset()
    """terms of the question that no card has; notes or transcripts may"""


NOTHING = Found(np.empty(0, np.int64), np.empty(0), {})


async def retrieve(
    service: Service, loaded: LoadedCatalog, text: str, timings: Timings
) -> tuple[Found, tuple[Degradation, ...]]:
    """Return what a text finds in a catalog, and what went wrong."""
    catalog, kept = loaded.catalog, service.asks.found
    degraded = () if catalog.embeddings.in_memory else (Degradation.VECTORS_UNAVAILABLE,)
    key = catalog.version, text
    if (found := kept.get(key)) is not None:
        return found, degraded
    (index, index_degraded), (vector, vector_degraded) = await asyncio.gather(
        service.search_indexes.of(loaded), service.query_embeddings.of(catalog, text)
    )
    degraded = (*degraded, *index_degraded, *vector_degraded)
    if index is None:
        return NOTHING, degraded
    async with service.ranking_lock:
        with timings.step("search"):
            now_us = service.now_us()
            published = filters.published(catalog, now_us)
            results = search(
                catalog,
                index,
                f"{text} ",  # its last word is whole
                allowed=np.ones(len(catalog), np.bool_) if published is None else published,
                now_us=now_us,
                vector=vector,
            )
    places = {term: index.term(term) for term in results.terms}
    weights = {
        term: float(np.log1p(len(catalog) / index.frequency(at)))
        for term, at in places.items()
        if at is not None
    }
    telling = (word for word in folded_words(text) if word not in STOP_WORDS)
    own = {term for word in telling for term in terms_of(word)}
    unknown = frozenset(term for term in own if index.term(term) is None)
    found = Found(results.rows[:KEPT], results.scores[:KEPT], weights, unknown)
    if not vector_degraded:
        kept.put(key, found)
    return found, degraded


def is_short(question: str) -> bool:
    """Return whether a question says too little to be searched alone, like "And what else?"."""
    words = [one for one in folded_words(question) if one not in STOP_WORDS]
    return len(words) < FEW_WORDS
