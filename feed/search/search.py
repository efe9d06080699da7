"""Search: the episodes that match a query best, by their words and by their embeddings.

The score of an episode is its lexical score plus the weighted cosine of its embedding with the
query's. Where no model embeds the query, its embedding is the mean of those of its best lexical
matches, weighted by their scores (Rocchio, 1971, "Relevance feedback in information retrieval"),
which suits the embeddings of any model. What a query asks of series, time and length is a filter
while something passes it. Recency, quality and the user's taste decide between near-equals.
"""

from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, in_sorted, top_k
from feed.catalog.catalog import Catalog
from feed.model.timestamps import DAY_US
from feed.search.index import SearchIndex
from feed.search.intent import Intent, read_intent
from feed.search.interpretation import NOTHING, Understood, understand
from feed.search.lexical import lexical_scores, with_phrases
from feed.vectors.search import nearest

MAX_RESULTS = 300
"""episodes that one search ranks, that its pages reach, and in which it looks for a phrase"""
MAX_SEMANTIC = 50
"""episodes that are found by their embeddings alone"""
FEEDBACK = 10
"""lexical matches that a query's embedding is the mean of, where no model embeds it"""

Vector = npt.NDArray[np.float32]


class Weights(msgspec.Struct, frozen=True):
    """What each part adds to a score, whose lexical part is at most 1."""

    semantic: float = 0.5
    """for a cosine of 1 with the mean embedding of the best matches"""
    embedded: float = 1.5
    """for a cosine of 1 with the query's embedding by a model"""
    series: float = 0.6
    """for an episode of a series that the query names"""
    likely_series: float = 0.3
    """for an episode of a series that the query may name"""
    period: float = 0.25
    """for an episode of the time that the query names"""
    recent: float = 0.4
    """for an episode of today, where the newest are asked for; halves every 60 days"""
    recency: float = 0.003
    """for an episode of today; halves every 365 days"""
    quality: float = 0.003
    """for the best credibility and insight"""
    taste: float = 0.01
    """for a cosine of 1 with the user's embedding"""


DEFAULT = Weights()


@dataclass(frozen=True)
class Results:
    """The episodes that match a query, the best first."""

    rows: IntArray
    """(k,) catalog rows, at most `MAX_RESULTS`"""
    scores: FloatArray
    """(k,)"""
    total: int
    """number of matches, of which `rows` are the best"""
    terms: frozenset[str]
    """the terms that were looked for, repaired and completed"""
    vector: Vector | None = None
    """(D,) the query's embedding, of length 1; None where there is none"""
    understood: Understood = NOTHING


def search(
    catalog: Catalog,
    index: SearchIndex,
    query: str,
    *,
    allowed: BoolArray,
    now_us: int,
    vector: Vector | None = None,
    taste: Vector | None = None,
    weights: Weights = DEFAULT,
) -> Results:
    """Rank the allowed episodes for a query; `allowed` is (n,) by row, `now_us` since 1970, UTC.

    `vector` is the (D,) embedding of the query, of length 1, by the model of the catalog's
    embeddings; None where no model embeds it. `taste` is the (D,) embedding of the user, of
    length 1, where it is known; it reorders matches of nearly equal scores.
    Episodes that share no term with the query are found by their embeddings only where the catalog
    holds these.
    """
    intent = read_intent(query, catalog, index, now_us)
    lexical, terms = lexical_scores(index, intent, len(catalog))
    lexical *= allowed
    matches = (lexical > 0).nonzero()[0]
    rows, scores = top_k(matches, lexical[matches], MAX_RESULTS, catalog.source_order)
    semantic = weights.semantic if vector is None else weights.embedded
    if not catalog.embeddings.in_memory:
        vector = None
    elif vector is None:
        vector = _mean_embedding(catalog, rows[:FEEDBACK], scores[:FEEDBACK])
    understood, passing = understand(catalog, index, intent, allowed, matches)
    if passing is not allowed:
        allowed, matches = passing, matches[passing[matches]]
        rows, scores = top_k(matches, lexical[matches], MAX_RESULTS, catalog.source_order)
    if understood and not intent.is_about_words:
        rows = np.flatnonzero(allowed)
        total = len(rows)
        published = catalog.published_us[rows].astype(np.float64)
        rows, _ = top_k(rows, published, MAX_RESULTS, catalog.source_order)
        scores = _recency(catalog, rows, now_us)
    else:
        total = len(matches)
        if intent.phrases:
            kept = with_phrases(catalog, rows, intent)
            rows, scores, total = rows[kept], scores[kept], int(np.count_nonzero(kept))
        elif vector is not None and semantic:
            more = _neighbours(catalog, rows, vector, allowed, intent)
            rows, scores = np.append(rows, more), np.append(scores, np.zeros(len(more)))
            total += len(more)
        if vector is not None and semantic:
            scores = scores + semantic * (catalog.embeddings[rows] @ vector)
        scores = scores + _boosts(catalog, index, rows, intent, now_us, weights)
        if taste is not None and catalog.embeddings.in_memory:
            scores += weights.taste * (catalog.embeddings[rows] @ taste)
    rows, scores = top_k(rows, scores, MAX_RESULTS, catalog.source_order)
    return Results(rows, scores, total, terms, vector, understood)


def _mean_embedding(catalog: Catalog, rows: IntArray, scores: FloatArray) -> Vector | None:
    """(D,) the mean of the embeddings by score, of length 1; None if the rows have none."""
    vector = scores.astype(np.float32) @ catalog.embeddings[rows]
    length = float(np.linalg.norm(vector))
    return vector / length if length else None


def _neighbours(
    catalog: Catalog, rows: IntArray, vector: Vector, allowed: BoolArray, intent: Intent
) -> IntArray:
    """The allowed episodes nearest to the query's embedding that are not among the rows.

    All episodes of a series that the query names are taken, too, up to `MAX_RESULTS`.
    """
    counts = np.array([MAX_SEMANTIC])
    near, _ = nearest(catalog.embeddings, vector[None], allowed, counts, catalog.source_order)[0]
    named = intent.in_series(catalog)
    if named is not None:
        near = np.union1d(near, np.flatnonzero(named & allowed)[:MAX_RESULTS])
    found: IntArray = near[~in_sorted(np.sort(rows), near)]
    return found


def _boosts(
    catalog: Catalog,
    index: SearchIndex,
    rows: IntArray,
    intent: Intent,
    now_us: int,
    weights: Weights,
) -> FloatArray:
    """(k,) what is added to the score of each episode for all but its words and its embedding."""
    quality = np.nan_to_num(catalog.scores[rows, :2]).sum(axis=1) / 10
    added: FloatArray = weights.quality * quality
    added += weights.recency * _recency(catalog, rows, now_us, 365)
    if intent.conditions.is_recent:
        added += weights.recent * _recency(catalog, rows, now_us)
    for mask, weight in (
        (intent.in_series(catalog), weights.series),
        (intent.in_likely_series(catalog), weights.likely_series),
        (intent.in_period(catalog, index), weights.period),
    ):
        if mask is not None:
            added += weight * mask[rows]
    return added


def _recency(
    catalog: Catalog, rows: IntArray, now_us: int, half_life_days: float = 60
) -> FloatArray:
    """(k,) 1 for an episode of today, halving with its age."""
    age_days = np.maximum((now_us - catalog.published_us[rows]) / DAY_US, 0.0)
    recency: FloatArray = 0.5 ** (age_days / half_life_days)
    return recency
