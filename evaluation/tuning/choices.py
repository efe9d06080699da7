"""Replayed choices: what a scenario had to choose from for each user, and what the user chose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.offline.replay import scenario_recommender
from evaluation.offline.run import OfflineRun
from evaluation.offline.signal_refresh import RefreshedRecommender
from feed.arrays.arrays import FloatArray, IntArray
from feed.ranking.candidates import generate_candidates
from feed.ranking.eligibility import find_eligible
from feed.ranking.pipeline import Ranker
from feed.ranking.score_parts import ScoredCandidates, score
from feed.scenarios.scenario import Scenario
from feed.user.features import UserFeatures
from feed.user.hydration import hydrate
from feed.user.query import Query

OTHERS = 100
"""Number of candidates that are kept of each user beside the chosen one, drawn at random."""


@dataclass(frozen=True)
class Choices:
    """What u users chose from, m candidates in all, and the c of them that were chosen.

    The candidates of a user are next to each other. A user may have chosen several.
    """

    parts: Mapping[str, FloatArray]
    """(m,) each fitted part of the score by name"""
    fixed: FloatArray
    """(m,) the sum of what all other parts add to the score"""
    starts: IntArray
    """(u,) index of each user's first candidate"""
    chosen: IntArray
    """(c,) index of each chosen candidate"""
    weights: FloatArray
    """(c,) how much each choice counts"""

    @classmethod
    def joined(cls, shared: Sequence[tuple["Choices", float]]) -> "Choices":
        """The choices of several data sets as one, in which each set counts its share."""
        several = [one for one, _ in shared]
        sizes = np.array([len(one.fixed) for one in several])
        before = np.cumsum(sizes) - sizes
        total = sum(len(one.starts) for one in several) / len(several)
        pairs = list(zip(several, before.tolist(), strict=True))
        return cls(
            parts={
                name: np.concatenate([one.parts[name] for one in several])
                for name in several[0].parts
            },
            fixed=np.concatenate([one.fixed for one in several]),
            starts=np.concatenate([one.starts + offset for one, offset in pairs]),
            chosen=np.concatenate([one.chosen + offset for one, offset in pairs]),
            weights=np.concatenate(
                [one.weights * (share * total / one.weights.sum()) for one, share in shared]
            ),
        )


def replayed_choices(run: OfflineRun, scenario: Scenario, seed: int) -> Choices | None:
    """The candidates of each evaluated user and the next choice; None where no source found any.

    A part is fitted if the scenario gives it a curve. A user whose choice is no candidate is left
    out: no score could have put it into the queue.
    """
    ranking = scenario_recommender(run.training, scenario, seed, run.signals)
    rng = np.random.default_rng(seed)
    found, chosen = [], []
    for user, target in zip(run.targets.users, run.targets.rows.tolist(), strict=True):
        now = ranking.at(user) if isinstance(ranking, RefreshedRecommender) else ranking
        scored = scored_candidates(now.ranker, now.query(user))
        at = np.flatnonzero(scored.rows == target)
        if len(at):
            others = np.flatnonzero(scored.rows != target)
            drawn = rng.permutation(others)[:OTHERS]
            found.append(scored.take(np.append(drawn, at)))
            chosen.append(len(drawn))
    if not found:
        return None
    ends = np.cumsum([len(one.rows) for one in found])
    starts = ends - [len(one.rows) for one in found]
    curves = scenario.blend.curves
    fixed = [one.scores - sum(one.contributions[name] for name in curves) for one in found]
    return Choices(
        parts={name: np.concatenate([one.parts[name] for one in found]) for name in curves},
        fixed=np.concatenate(fixed),
        starts=starts,
        chosen=starts + np.array(chosen, np.int64),
        weights=np.ones(len(starts)),
    )


def scored_candidates(ranker: Ranker, query: Query) -> ScoredCandidates:
    """The candidates of a query with the parts of their scores."""
    features, scenario = ranker.features, ranker.scenario
    user = UserFeatures(ranker.catalog, hydrate(query, ranker.catalog), scenario.interests)
    eligible = find_eligible(features, user)
    return score(features, user, generate_candidates(features, user, eligible, None))
