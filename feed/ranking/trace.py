"""The trace of a ranking: how many episodes each stage removed, returned and chose."""

from dataclasses import dataclass

import numpy as np

from feed.model.feed_seed import FeedSeed
from feed.ranking.candidates import source_names
from feed.ranking.eligibility import Eligibility
from feed.ranking.score_parts import ScoredCandidates
from feed.selection.greedy import Selection
from feed.user.query import Query


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
