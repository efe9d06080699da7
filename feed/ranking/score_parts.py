"""Scoring: the parts of each candidate's score, what each adds, and their sum."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from feed.arrays.arrays import FloatArray, IntArray
from feed.ranking import scorers
from feed.ranking.candidates import Candidates
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.fatigue import fatigue
from feed.user.features import UserFeatures

ALWAYS_SHOWN = frozenset({"similarity", "quality", "recency"})
"""Parts that every answer shows, whether the scenario gives them a weight or not."""


@dataclass(frozen=True, kw_only=True)
class ScoredCandidates(Candidates):
    """k candidates with their scores and what these are made of."""

    parts: Mapping[str, FloatArray]
    """(k,) each part of the score by name, before its weight or curve"""
    contributions: Mapping[str, FloatArray]
    """(k,) what each part adds to the score, by name; negative for one that lowers it"""
    scores: FloatArray
    """(k,) final score, the sum of the contributions"""

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
            seed_similarity=self.seed_similarity[indices],
            parts={name: part[indices] for name, part in self.parts.items()},
            contributions={name: one[indices] for name, one in self.contributions.items()},
            scores=self.scores[indices],
        )


def score(
    features: CatalogFeatures, user: UserFeatures, candidates: Candidates
) -> ScoredCandidates:
    """Score each candidate by the weights and curves that the scenario gives the parts."""
    parts = score_parts(features, user, candidates)
    blend = features.scenario.blend
    share = None
    if blend.beside_neighbours < 1.0 and len(user.neighbours.rows):
        share = np.where(features.is_linked[candidates.rows], blend.beside_neighbours, 1.0)
    contributions = scorers.contributions(blend, parts, user.confidence, share)
    return ScoredCandidates(
        **vars(candidates),
        parts=parts,
        contributions=contributions,
        scores=scorers.blend(contributions),
    )


def score_parts(
    features: CatalogFeatures, user: UserFeatures, candidates: Candidates
) -> dict[str, FloatArray]:
    """(k,) each part that the scenario gives a weight or curve, and those always shown, by name.

    To add a part: a function in `scorers`, a line here, its name in `feed.scenarios.parameters`,
    and a weight or a curve of its name in the scenario.
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
        "age": lambda: scorers.age(ages),
        "interest": lambda: features.rescale(candidates.interest),
        "completion": lambda: features.completion[rows],
        "promise": lambda: features.predicted_popularity[rows],
        "unseen": lambda: features.is_unheard[rows].astype(np.float64),
        "series": lambda: scorers.series(features.catalog, user, rows),
        "category": lambda: scorers.category(features.catalog, user, rows),
        "seed": lambda: scorers.seed(user, rows, features.rescale(candidates.seed_similarity)),
        "unfinished": lambda: scorers.is_among(rows, user.unfinished),
        "era": lambda: scorers.date_affinity(features.catalog, user, rows, blend.era_days),
        "aversion": lambda: np.maximum(features.rescale(candidates.dislike), 0.0),
        "fatigue": lambda: fatigue(user.query, features.scenario.impressions, rows),
        "served": lambda: scorers.is_among(rows, user.query.served_rows),
    }
    used = {name for name in functions if blend.uses(name)} | ALWAYS_SHOWN
    if user.seed is None:
        used.discard("seed")
    parts = {name: function() for name, function in functions.items() if name in used}
    for weighting, name in enumerate(scorers.NEIGHBOURS):
        if blend.uses(name):
            parts[name] = scorers.neighbours(user, rows, weighting)
    parts |= {name: one[rows] for name, one in features.popularity.items() if blend.uses(name)}
    if features.rules.has_boosts:
        parts["boost"] = features.rules.boost(rows, ages)
    return parts
