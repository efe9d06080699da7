"""The trace of a ranking: how many episodes each stage removed, returned and chose, and which."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feed.arrays.arrays import IntArray
from feed.catalog.catalog import Catalog
from feed.catalog.projection import round_point
from feed.model.feed_seed import FeedSeed
from feed.ranking.candidates import source_names
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.eligibility import Eligibility
from feed.ranking.score_parts import ScoredCandidates
from feed.selection.greedy import Selection
from feed.user.features import UserFeatures
from feed.user.query import Query

MAX_REMOVED = 200
"""Number of removed episodes, the best by quality, that a detail lists of each filter."""
MAX_CANDIDATES = 1000
"""Number of candidates, the best by score, that a detail lists."""


@dataclass(frozen=True)
class Trace:
    """The numbers of one ranking, stage by stage. k episodes are in the queue."""

    catalog: int
    """number of episodes in the catalog"""
    removed: dict[str, int]
    """by filter, in order: number of episodes that it is the first to remove"""
    window_days: int | None
    """the freshness window in whole days; null for no limit"""
    sources: dict[str, int]
    """by source: number of episodes that it returned"""
    candidates: int
    """number of candidates, each counted once"""
    chosen: int
    """k"""
    parts: dict[str, list[float]]
    """by part of the score: (k,) what it adds to each episode's score, its weight included"""
    proposed_by: list[list[str]]
    """(k,) the sources that returned each episode"""
    propensities: list[float]
    """(k,) probability with which each episode got its slot; 1 where nothing was random"""
    seed: FeedSeed | None = None
    """what the session is about, with what its words found"""


@dataclass(frozen=True)
class EpisodeRef:
    """An episode as the Lab names it."""

    id: str
    title: str


@dataclass(frozen=True)
class TracedCandidate(EpisodeRef):
    """A candidate as a trace's detail lists it."""

    proposed_by: list[str]
    final_score: float
    queue_position: int | None
    """position in the queue, from 1; null where it was not chosen"""


@dataclass(frozen=True)
class TracedInterest(EpisodeRef):
    """An episode that represents one of the user's interests."""

    at: list[float] | None
    """x and y on the map of embeddings"""


@dataclass(frozen=True)
class TraceDetail:
    """The episodes that a `Trace` counts."""

    removed: dict[str, list[EpisodeRef]]
    """by filter, in order: the best by quality of the episodes that it is the first to remove"""
    candidates: list[TracedCandidate]
    """the best by final score"""
    user: list[float] | None
    """x and y of the user vector on the map of embeddings"""
    interests: list[TracedInterest]


def trace(
    query: Query, eligible: Eligibility, candidates: ScoredCandidates, selection: Selection
) -> Trace:
    """Count how many episodes each stage of a ranking removed, returned and chose."""
    chosen = candidates.take(selection.indices)
    return Trace(
        catalog=len(eligible.catalog),
        removed={name: len(rows) for name, rows in eligible.removed()},
        window_days=eligible.window_days,
        sources=dict(candidates.counts_by_source),
        candidates=len(candidates.rows),
        chosen=len(chosen.rows),
        parts={name: np.round(part, 6).tolist() for name, part in chosen.contributions.items()},
        proposed_by=source_names(chosen.sources),
        propensities=np.round(selection.propensities, 6).tolist(),
        seed=query.feed_seed,
    )


def trace_detail(
    features: CatalogFeatures,
    user: UserFeatures,
    eligible: Eligibility,
    candidates: ScoredCandidates,
    selection: Selection,
) -> TraceDetail:
    """Name the episodes that each stage of a ranking removed, returned and chose."""
    catalog, unit, plane = features.catalog, user.vector.unit, features.catalog.projection
    return TraceDetail(
        removed={
            name: [EpisodeRef(*_named(catalog, row)) for row in _best(rows, features)]
            for name, rows in eligible.removed()
        },
        candidates=list(_candidates(catalog, candidates, selection)),
        user=round_point(plane.project(unit)) if len(plane) and unit is not None else None,
        interests=[
            TracedInterest(*_named(catalog, row), plane.point(row))
            for row in user.interests.tolist()
        ],
    )


def _best(rows: IntArray, features: CatalogFeatures) -> list[int]:
    """The best of these rows by quality, at most `MAX_REMOVED`."""
    best: list[int] = rows[np.argsort(-features.quality[rows], kind="stable")].tolist()
    return best[:MAX_REMOVED]


def _candidates(
    catalog: Catalog, candidates: ScoredCandidates, selection: Selection
) -> Iterator[TracedCandidate]:
    positions = {int(index): position for position, index in enumerate(selection.indices, 1)}
    best = np.argsort(-candidates.scores, kind="stable")[:MAX_CANDIDATES]
    for index, names in zip(best.tolist(), source_names(candidates.sources[best]), strict=True):
        score = round(float(candidates.scores[index]), 6)
        named = _named(catalog, int(candidates.rows[index]))
        yield TracedCandidate(*named, names, score, positions.get(index))


def _named(catalog: Catalog, row: int) -> tuple[str, str]:
    return catalog.ids[row], catalog.title(row)
