"""Scoring: the parts of each candidate's score, their weights, and the weighted sum."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from feed.arrays.arrays import FloatArray, IntArray
from feed.ranking import scorers
from feed.ranking.candidates import Candidates
from feed.ranking.catalog_features import CatalogFeatures
from feed.user.features import UserFeatures

ALWAYS_SHOWN = frozenset({"similarity", "quality", "recency"})
"""Parts that every answer shows, whether the scenario gives them a weight or not."""


@dataclass(frozen=True, kw_only=True)
class ScoredCandidates(Candidates):
    """k candidates with their scores and what these are made of."""

    parts: Mapping[str, FloatArray]
    """(k,) each part of the score by name, before its weight"""
    weights: Mapping[str, float]
    """the weight of each part; negative for one that lowers the score"""
    scores: FloatArray
    """(k,) final score"""

    @cached_property
    def contributions(self) -> dict[str, FloatArray]:
        """By part: (k,) what it adds to each candidate's score, its weight included."""
        return {name: self.weights[name] * part for name, part in self.parts.items()}

    def take(self, indices: IntArray) -> "ScoredCandidates":
        """The candidates at these indices, in this order."""
        return replace(
            self,
            rows=self.rows[indices],
            sources=self.sources[indices],
            age_days=self.age_days[indices],
            vectors=None if self.vectors is None else self.vectors[indices],
            similarity=self.similarity[indices],
            interest=self.interest[indices],
            dislike=self.dislike[indices],
            parts={name: part[indices] for name, part in self.parts.items()},
            scores=self.scores[indices],
        )


def score(
    features: CatalogFeatures, user: UserFeatures, candidates: Candidates
) -> ScoredCandidates:
    """Score each candidate: the sum of the scenario's weights x the parts of the score."""
    parts = score_parts(features, user, candidates)
    weights = scorers.weights(features.scenario.blend, parts, user.confidence)
    scores = scorers.blend(weights, parts)
    return ScoredCandidates(**vars(candidates), parts=parts, weights=weights, scores=scores)


def score_parts(
    features: CatalogFeatures, user: UserFeatures, candidates: Candidates
) -> dict[str, FloatArray]:
    """(k,) each part that the scenario gives a weight, and those that are always shown, by name.

    To add a part: a function in `scorers`, a line here, and a weight of its name in the scenario.
    """
    rows, ages, blend = candidates.rows, candidates.age_days, features.scenario.blend
    functions: dict[str, Callable[[], FloatArray]] = {
        "similarity": lambda: (
            features.rescale(candidates.similarity)
            if candidates.has_cosines
            else candidates.similarity
        ),
        "quality": lambda: features.quality[rows],
        "recency": lambda: scorers.recency(ages, blend.recency_decay),
        "interest": lambda: features.rescale(candidates.interest),
        "neighbours": lambda: scorers.neighbours(user, rows, blend.neighbours_unit),
        "trend": lambda: features.trend[rows],
        "popularity": lambda: features.popularity[rows],
        "rise": lambda: features.trend_ratio[rows],
        "completion": lambda: features.completion[rows],
        "promise": lambda: features.predicted_popularity[rows],
        "unseen": lambda: features.is_unheard[rows].astype(np.float64),
        "series": lambda: scorers.series(features.catalog, user, rows),
        "category": lambda: scorers.category(features.catalog, user, rows),
        "unfinished": lambda: scorers.is_among(rows, user.unfinished),
        "era": lambda: scorers.date_affinity(features.catalog, user, rows, blend.era_days),
        "aversion": lambda: np.maximum(features.rescale(candidates.dislike), 0.0),
        "served": lambda: scorers.is_among(rows, user.query.served_rows),
    }
    used = {name for name in functions if getattr(blend, name)} | ALWAYS_SHOWN
    parts = {name: function() for name, function in functions.items() if name in used}
    if features.rules.has_boosts:
        parts["boost"] = features.rules.boost(rows, ages)
    return parts
