"""Graded queries: what a search finds for queries whose best episodes are known."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt

from catalog_builder.errors import CommandError
from catalog_builder.search_index import build_search_index
from feed.catalog.catalog import Catalog
from feed.search.search import DEFAULT, Weights, search

NDCG_AT = 10
SUCCESS_AT = 5
RELEVANT = 2
"""the grade from which on an episode is a success"""


class GradedQuery(msgspec.Struct, frozen=True):
    """A query, and the episodes that answer it."""

    q: str
    kind: str
    """what is hard about it, such as `typo`"""
    relevant: dict[str, Annotated[int, msgspec.Meta(ge=0, le=3)]]
    """by id: 3 for exactly it, 2 for clearly relevant, 1 for partly"""


class QueryScore(msgspec.Struct, frozen=True):
    """How well one query, or the mean of several, is answered."""

    ndcg: float
    """normalised discounted cumulative gain at 10, with gain 2^grade - 1 (Burges et al., 2005)"""
    success: float
    """1 if an episode of grade 2 or more is among the first 5, else 0"""


def read_queries(path: Path) -> list[GradedQuery]:
    """Read a JSON array of graded queries. Raises `CommandError`."""
    try:
        queries = msgspec.json.decode(path.read_bytes(), type=list[GradedQuery])
    except (OSError, msgspec.DecodeError) as error:
        raise CommandError(f"{path}: {error}") from error
    if not queries:
        raise CommandError(f"{path}: expected at least one query")
    return queries


def score_queries(
    catalog: Catalog,
    queries: Sequence[GradedQuery],
    now_us: int,
    weights: Weights = DEFAULT,
    vectors: npt.NDArray[np.float32] | None = None,
) -> dict[str, QueryScore]:
    """Search for every query; returns the means by kind and, under `all`, of all queries.

    `vectors` are the (queries, D) embeddings of the queries, where a model embeds them.
    """
    index = build_search_index(catalog)
    allowed = np.ones(len(catalog), np.bool_)
    by_kind: dict[str, list[QueryScore]] = {}
    for place, one in enumerate(queries):
        vector = None if vectors is None else vectors[place]
        rows = search(
            catalog, index, one.q, allowed=allowed, now_us=now_us, vector=vector, weights=weights
        ).rows
        found = [catalog.ids[row] for row in rows[:NDCG_AT].tolist()]
        by_kind.setdefault(one.kind, []).append(query_score(found, one))
    every = [score for scores in by_kind.values() for score in scores]
    return {kind: _mean(scores) for kind, scores in {**by_kind, "all": every}.items()}


def query_score(found: Sequence[str], query: GradedQuery) -> QueryScore:
    """The score of the ids that a search found, the best first."""
    grades = [query.relevant.get(one, 0) for one in found[:NDCG_AT]]
    ideal = _gain(sorted(query.relevant.values(), reverse=True)[:NDCG_AT])
    success = any(grade >= RELEVANT for grade in grades[:SUCCESS_AT])
    return QueryScore(_gain(grades) / ideal if ideal else 0.0, float(success))


def _gain(grades: Sequence[int]) -> float:
    """Discounted cumulative gain of grades in the order of results."""
    ranks = np.arange(len(grades))
    return float(((2.0 ** np.array(grades) - 1) / np.log2(ranks + 2)).sum()) if grades else 0.0


def _mean(scores: Sequence[QueryScore]) -> QueryScore:
    return QueryScore(
        float(np.mean([one.ndcg for one in scores])),
        float(np.mean([one.success for one in scores])),
    )
