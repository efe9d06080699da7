"""The explanation of one episode: what each stage of a ranking made of it, chosen or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from feed.arrays.arrays import BoolArray, FloatArray
from feed.ranking.candidates import source_names, these_episodes
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.eligibility import Eligibility
from feed.ranking.episode_ref import EpisodeRef, id_and_title
from feed.ranking.score_parts import ScoredCandidates, score
from feed.ranking.scoring import Scoring
from feed.selection.greedy import Selection

PassedOver = Literal["near_duplicate", "series_limit", "outranked", "same_series", "length"]


@dataclass(frozen=True)
class EpisodeExplanation(EpisodeRef):
    """What became of one episode in each stage of a ranking."""

    removed_by: list[str]
    """every filter that it does not pass, in order"""
    proposed_by: list[str]
    """the sources that returned it; none, and it is no candidate"""
    parts: dict[str, float]
    """by part of the score: what it adds, its weight included; also where it is no candidate"""
    final_score: float
    """the sum of the parts"""
    rank: int | None
    """its place among the candidates by final score, from 1; null where it is none"""
    queue_position: int | None
    """its place in the queue, from 1; null where it was not chosen"""
    passed_over: PassedOver | None
    """why the selector did not choose a candidate: `near_duplicate` of one in the queue, or of one
    with a higher score and the same title; `series_limit`; `outranked`: the queue was full before
    its turn; `same_series`: the queue ended, since the last one chosen is of its series; `length`:
    it is in no set that takes the time asked for"""


def explain_episode(
    features: CatalogFeatures, scoring: Scoring, selection: Selection, episode_id: str
) -> EpisodeExplanation | None:
    """Explain the episode of an id or content id; None where the catalog has none."""
    catalog, candidates = features.catalog, scoring.candidates
    rows = catalog.rows([episode_id])
    row = int(rows[0])
    if row < 0:
        return None
    at = np.flatnonzero(candidates.rows == row)
    index = int(at[0]) if len(at) else None
    if index is None:
        alone = these_episodes(features, scoring.user, rows, scoring.search_result)
        scored = score(features, scoring.user, alone)
    else:
        scored = candidates.take(at)
    rank = place = passed_over = None
    if index is not None:
        rank = _position(np.argsort(-candidates.scores, kind="stable") == index)
        place = _position(selection.indices == index)
        if place is None:
            passed_over = _passed_over(features, scoring, selection, index)
    return EpisodeExplanation(
        *id_and_title(catalog, row),
        removed_by=_removed_by(scoring.eligible, row),
        proposed_by=source_names(scored.sources)[0],
        parts=_first(scored.contributions),
        final_score=round(float(scored.scores[0]), 6),
        rank=rank,
        queue_position=place,
        passed_over=passed_over,
    )


def _removed_by(eligible: Eligibility, row: int) -> list[str]:
    return [name for name, mask in eligible.every_mask() if mask is not None and not mask[row]]


def _first(parts: Mapping[str, FloatArray]) -> dict[str, float]:
    return {name: round(float(part[0]), 6) for name, part in parts.items()}


def _position(is_it: BoolArray) -> int | None:
    """The first place, from 1, where an array is true."""
    places = np.flatnonzero(is_it)
    return int(places[0]) + 1 if len(places) else None


def _passed_over(
    features: CatalogFeatures, scoring: Scoring, selection: Selection, index: int
) -> PassedOver:
    """Why the selector did not choose a candidate, by its own rules and in their order."""
    candidates, rules = scoring.candidates, features.scenario.selector
    chosen = candidates.take(selection.indices)
    if scoring.query.fill_s is not None:
        return "length"
    if rules.near_duplicate <= 1.0 and _is_repeated(features, candidates, chosen, index):
        return "near_duplicate"
    series = features.catalog.series
    own = series[candidates.rows[index]]
    is_limited = (own >= 0 or rules.limit_unnamed) and not selection.relaxed
    if is_limited and np.count_nonzero(series[chosen.rows] == own) >= rules.max_per_series:
        return "series_limit"
    return "outranked" if len(chosen.rows) >= rules.queue else "same_series"


def _is_repeated(
    features: CatalogFeatures, candidates: ScoredCandidates, chosen: ScoredCandidates, index: int
) -> bool:
    """Whether a candidate is a near-duplicate of a chosen one, or comes after one of its title."""
    titles = features.catalog.title_hashes
    is_namesake = titles[candidates.rows] == titles[candidates.rows[index]]
    is_first = (candidates.scores > candidates.scores[index]) | np.isin(
        candidates.rows, chosen.rows
    )
    if np.any(is_namesake & is_first):
        return True
    if candidates.vectors is None or chosen.vectors is None:
        return False
    cosines = chosen.vectors @ candidates.vectors[index]
    return bool(np.any(cosines > features.scenario.selector.near_duplicate))
