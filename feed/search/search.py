"""Search: the episodes that match a query best, by their words and by their embeddings.

The score of an episode is its BM25F score as a share of the best one, plus the cosine of its
embedding with the query's. The query's embedding is the mean of those of its best lexical matches,
weighted by their scores (Rocchio, 1971, "Relevance feedback in information retrieval"), so it needs
no model and suits the embeddings of any. What a query names beside its words raises a score, and
recency, quality and the user's taste decide between near-equals.
"""

import math
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, in_sorted, top_k
from feed.catalog.catalog import Catalog
from feed.model.card import Card
from feed.model.timestamps import DAY_US
from feed.search.index import SearchIndex
from feed.search.intent import Intent, read_intent
from feed.search.texts import field_texts
from feed.search.variants import variants
from feed.search.words import terms_of
from feed.vectors.search import nearest

MAX_RESULTS = 300
"""episodes that one search ranks, that its pages reach, and in which it looks for a phrase"""
MAX_SEMANTIC = 50
"""episodes that are found by their embeddings alone"""
MAX_REPAIRED = 5
"""unknown words of a query that are repaired, which takes the most time of all"""
FEEDBACK = 10
"""lexical matches that the query's embedding is the mean of"""


class Weights(msgspec.Struct, frozen=True):
    """What each part adds to a score, whose lexical part is at most 1."""

    semantic: float = 0.6
    """for a cosine of 1"""
    series: float = 0.6
    """for an episode of a series that the query names"""
    period: float = 0.25
    """for an episode of the year or period that the query names"""
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
    vector: npt.NDArray[np.float32] | None = None
    """(D,) the query's embedding, of length 1; None where there is none"""


def search(
    catalog: Catalog,
    index: SearchIndex,
    query: str,
    *,
    allowed: BoolArray,
    now_us: int,
    taste: npt.NDArray[np.float32] | None = None,
    weights: Weights = DEFAULT,
) -> Results:
    """Rank the allowed episodes for a query; `allowed` is (n,) by row, `now_us` since 1970, UTC.

    `taste` is the (D,) embedding of the user, of length 1, where it is known; it reorders matches
    of nearly equal scores.
    Episodes that share no term with the query are found by their embeddings only where the catalog
    holds these.
    """
    intent = read_intent(query, index, now_us)
    lexical, terms = _lexical(index, intent, len(catalog))
    lexical[~allowed] = 0
    rows = np.flatnonzero(lexical)
    total = len(rows)
    rows, values = top_k(rows, lexical[rows], MAX_RESULTS, catalog.source_order)
    if intent.phrases:
        kept = _with_phrases(catalog, rows, intent)
        rows, values, total = rows[kept], values[kept], int(np.count_nonzero(kept))
    scores = values / values.max() if len(values) else values
    vector = _embedding(catalog, rows, scores)
    if vector is not None and weights.semantic:
        rows, scores, added = _with_semantic(
            catalog, rows, scores, vector, allowed, intent, weights
        )
        total += added
    scores = scores + _boosts(catalog, rows, intent, now_us, weights)
    if taste is not None and catalog.embeddings.in_memory:
        scores += weights.taste * (catalog.embeddings[rows] @ taste)
    rows, scores = top_k(rows, scores, MAX_RESULTS, catalog.source_order)
    return Results(rows, scores, total, terms, vector)


def _lexical(
    index: SearchIndex, intent: Intent, count: int
) -> tuple[npt.NDArray[np.float32], frozenset[str]]:
    """(n,) BM25F score of each episode, 0 for no match, and the terms that were found.

    Of the variants of a term the one that scores highest counts.
    """
    scores = np.zeros(count, np.float32)
    found: set[str] = set()
    repairable = MAX_REPAIRED
    for place, term in enumerate(intent.terms):
        is_last = intent.is_unfinished and place == len(intent.terms) - 1
        chosen = variants(index, term, is_last=is_last, may_repair=repairable > 0)
        repairable -= index.term(term) is None
        target = scores if len(chosen) == 1 else np.zeros(count, np.float32)
        for at, weight in chosen.items():
            found.add(index.terms[at])
            span = slice(int(index.starts[at]), int(index.starts[at + 1]))
            frequency = index.frequency(at)
            idf = math.log1p((count - frequency + 0.5) / (frequency + 0.5))
            values = index.weights[span].astype(np.float32)
            values *= np.float32(weight * idf / 255)
            rows = index.rows[span].astype(np.int64)
            (np.add if target is scores else np.maximum).at(target, rows, values)
        if target is not scores:
            scores += target
    return scores, frozenset(found)


def _with_phrases(catalog: Catalog, rows: IntArray, intent: Intent) -> BoolArray:
    """(k,) whether each episode holds every phrase of the query in one of its fields."""
    wanted = [f" {' '.join(phrase)} " for phrase in intent.phrases]

    def holds_all(row: int) -> bool:
        card = msgspec.json.decode(catalog.cards.raw(row), type=Card)
        fields = [f" {' '.join(terms_of(text))} " for text in field_texts(card)]
        return all(any(phrase in text for text in fields) for phrase in wanted)

    return np.fromiter(map(holds_all, rows.tolist()), np.bool_, len(rows))


def _embedding(
    catalog: Catalog, rows: IntArray, scores: FloatArray
) -> npt.NDArray[np.float32] | None:
    """(D,) the mean embedding of the best matches by score, of length 1; None if they have none."""
    if not catalog.embeddings.in_memory:
        return None
    vector = scores[:FEEDBACK].astype(np.float32) @ catalog.embeddings[rows[:FEEDBACK]]
    length = float(np.linalg.norm(vector))
    return vector / length if length else None


def _with_semantic(
    catalog: Catalog,
    rows: IntArray,
    scores: FloatArray,
    vector: npt.NDArray[np.float32],
    allowed: BoolArray,
    intent: Intent,
    weights: Weights,
) -> tuple[IntArray, FloatArray, int]:
    """Rows and scores with the episodes nearest to the query's embedding, and how many were added.

    All episodes of a series that the query names are compared with it, too. Takes lexical matches,
    the best first. Where a phrase has to be held, none is added.
    """
    embeddings = catalog.embeddings
    if not intent.phrases:
        counts = np.array([MAX_SEMANTIC])
        near, _ = nearest(embeddings, vector[None], allowed, counts, catalog.source_order)[0]
        named = intent.in_series(catalog)
        if named is not None:
            near = np.union1d(near, np.flatnonzero(named & allowed)[:MAX_RESULTS])
        more = near[~in_sorted(np.sort(rows), near)]
        rows, scores = np.append(rows, more), np.append(scores, np.zeros(len(more)))
    else:
        more = rows[:0]
    return rows, scores + weights.semantic * (embeddings[rows] @ vector), len(more)


def _boosts(
    catalog: Catalog, rows: IntArray, intent: Intent, now_us: int, weights: Weights
) -> FloatArray:
    """(k,) what is added to the score of each episode for all but its words and its embedding."""
    age_days = np.maximum((now_us - catalog.published_us[rows]) / DAY_US, 0.0)
    quality = np.nan_to_num(catalog.scores[rows, :2]).sum(axis=1) / 10
    added: FloatArray = weights.recency * 0.5 ** (age_days / 365) + weights.quality * quality
    if intent.is_recent:
        added += weights.recent * 0.5 ** (age_days / 60)
    for mask, weight in (
        (intent.in_series(catalog), weights.series),
        (intent.in_period(catalog), weights.period),
    ):
        if mask is not None:
            added += weight * mask[rows]
    return added
