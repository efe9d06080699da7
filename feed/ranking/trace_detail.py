"""The detail of a trace: the episodes that each stage of a ranking removed, returned and chose."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feed.arrays.arrays import IntArray
from feed.catalog.catalog import Catalog
from feed.catalog.projection import round_point
from feed.model.timestamps import rfc3339
from feed.ranking.candidates import source_names
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.episode_ref import EpisodeRef, id_and_title
from feed.ranking.explanation import EpisodeExplanation, explain_episode
from feed.ranking.queue_mix import QueueMix, queue_mix
from feed.ranking.score_parts import ScoredCandidates
from feed.ranking.scoring import Scoring
from feed.scenarios.writer import to_toml
from feed.selection.greedy import Selection

MAX_REMOVED = 200
"""Number of removed episodes, the best by quality, that a detail lists of each filter."""
MAX_CANDIDATES = 1000
"""Number of candidates, the best by score, that a detail lists."""


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
class EngagedEpisode:
    """An episode that the user engaged with, by the id of the engagement."""

    id: str
    title: str | None
    """null: the catalog does not have the episode"""


@dataclass(frozen=True)
class TraceDetail:
    """The episodes that a `Trace` counts."""

    now: str
    """time of the ranking (RFC 3339)"""
    scenario: str
    """the scenario, with its changes, as a TOML file"""
    engaged: list[EngagedEpisode]
    """each once, the last engagement first"""
    removed: dict[str, list[EpisodeRef]]
    """by filter, in order: the best by quality of the episodes that it is the first to remove"""
    candidates: list[TracedCandidate]
    """the best by final score"""
    mix: QueueMix
    """what the beginning of the queue is about"""
    explained: EpisodeExplanation | None
    """what became of the episode that the request asks for; null if the catalog has none"""
    user: list[float] | None
    """x and y of the user vector on the map of embeddings"""
    interests: list[TracedInterest]


def trace_detail(
    features: CatalogFeatures, scoring: Scoring, selection: Selection, explained_id: str | None
) -> TraceDetail:
    """Name the episodes that each stage of a ranking removed, returned and chose."""
    catalog, plane = features.catalog, features.catalog.projection
    user, eligible, candidates = scoring.user, scoring.eligible, scoring.candidates
    unit, chosen = user.vector.unit, candidates.rows[selection.indices]
    return TraceDetail(
        now=rfc3339(scoring.query.now_us),
        scenario=to_toml(features.scenario),
        engaged=list(_engaged(catalog, scoring)),
        removed={
            name: [EpisodeRef(*id_and_title(catalog, row)) for row in _best(rows, features)]
            for name, rows in eligible.removed()
        },
        candidates=list(_candidates(catalog, candidates, selection)),
        mix=queue_mix(features, user.query, eligible, chosen),
        explained=None
        if explained_id is None
        else explain_episode(features, scoring, selection, explained_id),
        user=round_point(plane.project(unit)) if len(plane) and unit is not None else None,
        interests=[
            TracedInterest(*id_and_title(catalog, row), plane.point(row))
            for row in user.interests.tolist()
        ],
    )


def _engaged(catalog: Catalog, scoring: Scoring) -> Iterator[EngagedEpisode]:
    ids = [one.episode_id for one in scoring.query.engagements]
    rows = dict(zip(ids, scoring.user.query.rows.tolist(), strict=True))
    for episode_id, row in rows.items():
        yield EngagedEpisode(episode_id, catalog.title(row) if row >= 0 else None)


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
        yield TracedCandidate(
            *id_and_title(catalog, int(candidates.rows[index])), names, score, positions.get(index)
        )
