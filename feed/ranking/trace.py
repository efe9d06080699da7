"""TraceDetail: which episodes each stage of a ranking kept, brought and chose. For the Lab."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feed.arrays.arrays import FloatArray, IntArray
from feed.catalog.catalog import Catalog
from feed.catalog.projection import rounded
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.eligibility import Eligibility
from feed.ranking.sources import Pool
from feed.user.features import UserFeatures

MAX_REMOVED = 200
"""of each filter so many are named"""
MAX_CANDIDATES = 1000
"""and so many candidates"""


@dataclass(frozen=True)
class EpisodeRef:
    """An episode in words."""

    id: str
    title: str


@dataclass(frozen=True)
class TracedCandidate(EpisodeRef):
    """An episode that sources proposed."""

    proposed_by: list[str]
    final_score: float
    queue_position: int | None
    """its place in the queue, from 1 on; None: not chosen"""


@dataclass(frozen=True)
class TracedInterest(EpisodeRef):
    """An episode that stands for an interest."""

    at: list[float] | None
    """x and y on the map"""


@dataclass(frozen=True)
class TraceDetail:
    """What a trace counts, by name."""

    removed: dict[str, list[EpisodeRef]]
    """by filter: of those that it removed and no earlier one, the best by quality"""
    candidates: list[TracedCandidate]
    """by final score"""
    user: list[float] | None
    """where the user vector is on the map"""
    interests: list[TracedInterest]


def detail(
    catalog: Catalog,
    features: CatalogFeatures,
    user: UserFeatures,
    found: Eligibility,
    pool: Pool,
    scores: FloatArray,
    chosen: IntArray,
) -> TraceDetail:
    """The detail of one ranking.

    `scores` are the final ones of the k candidates in the pool, `chosen` their places in the order
    of the queue.
    """
    vector, plane = user.vector.unit, catalog.projection
    return TraceDetail(
        removed={
            name: [EpisodeRef(*_named(catalog, row)) for row in _best(rows, features)]
            for name, rows in found.removed()
        },
        candidates=list(_candidates(catalog, pool, scores, chosen)),
        user=rounded(plane.place(vector)) if len(plane) and vector is not None else None,
        interests=[
            TracedInterest(*_named(catalog, row), plane.at(row)) for row in user.interests.tolist()
        ],
    )


def _best(rows: IntArray, features: CatalogFeatures) -> list[int]:
    """The best of some rows, as many as are named."""
    best: list[int] = rows[np.argsort(-features.quality[rows], kind="stable")].tolist()
    return best[:MAX_REMOVED]


def _candidates(
    catalog: Catalog, pool: Pool, scores: FloatArray, chosen: IntArray
) -> Iterator[TracedCandidate]:
    positions = {int(place): position for position, place in enumerate(chosen, 1)}
    order = np.argsort(-scores, kind="stable")[:MAX_CANDIDATES]
    for place, names in zip(order.tolist(), pool.names(order), strict=True):
        named = _named(catalog, int(pool.rows[place]))
        score = round(float(scores[place]), 6)
        yield TracedCandidate(*named, names, score, positions.get(place))


def _named(catalog: Catalog, row: int) -> tuple[str, str]:
    return catalog.ids[row], catalog.title(row)
