"""Detail: which episodes each stage of a ranking kept, brought and chose. For the Lab."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feed.arrays.arrays import FloatArray, IntArray
from feed.catalog.catalog import Catalog
from feed.catalog.projection import rounded
from feed.ranking.catalog_features import Standing
from feed.ranking.eligibility import Eligible
from feed.ranking.sources import Pool
from feed.user.features import Taste

MOST_REMOVED = 200
"""of each filter so many are named"""
MOST_PROPOSED = 1000
"""and so many candidates"""


@dataclass(frozen=True)
class Named:
    """An episode in words."""

    id: str
    title: str


@dataclass(frozen=True)
class Candidate(Named):
    """An episode that sources proposed."""

    proposed_by: list[str]
    final_score: float
    queue_position: int | None
    """its place in the queue, from 1 on; None: not chosen"""


@dataclass(frozen=True)
class Interest(Named):
    """An episode that stands for an interest."""

    at: list[float] | None
    """x and y on the map"""


@dataclass(frozen=True)
class Detail:
    """What a trace counts, by name."""

    removed: dict[str, list[Named]]
    """by filter: of those that it removed and no earlier one, the best by quality"""
    candidates: list[Candidate]
    """by final score"""
    user: list[float] | None
    """where the user vector is on the map"""
    interests: list[Interest]


def detail(
    catalog: Catalog,
    standing: Standing,
    likes: Taste,
    found: Eligible,
    pool: Pool,
    scores: FloatArray,
    chosen: IntArray,
) -> Detail:
    """The detail of one ranking.

    `scores` are the final ones of the k candidates in the pool, `chosen` their places in the order
    of the queue.
    """
    vector, plane = likes.user.vector, catalog.projection
    return Detail(
        removed={
            name: [Named(*_named(catalog, row)) for row in _best(rows, standing)]
            for name, rows in found.left_out()
        },
        candidates=list(_candidates(catalog, pool, scores, chosen)),
        user=rounded(plane.place(vector)) if len(plane) and vector is not None else None,
        interests=[
            Interest(*_named(catalog, row), plane.at(row)) for row in likes.interests.tolist()
        ],
    )


def _best(rows: IntArray, standing: Standing) -> list[int]:
    """The best of some rows, as many as are named."""
    best: list[int] = rows[np.argsort(-standing.quality[rows], kind="stable")].tolist()
    return best[:MOST_REMOVED]


def _candidates(
    catalog: Catalog, pool: Pool, scores: FloatArray, chosen: IntArray
) -> Iterator[Candidate]:
    positions = {int(place): position for position, place in enumerate(chosen, 1)}
    order = np.argsort(-scores, kind="stable")[:MOST_PROPOSED]
    for place, names in zip(order.tolist(), pool.names(order), strict=True):
        named = _named(catalog, int(pool.rows[place]))
        score = round(float(scores[place]), 6)
        yield Candidate(*named, names, score, positions.get(place))


def _named(catalog: Catalog, row: int) -> tuple[str, str]:
    return catalog.ids[row], catalog.title(row)
