"""A scenario as a `Recommender`."""

import msgspec
import numpy as np

from evaluation.data.training import TrainingData, TrainingUser
from feed.arrays.arrays import FloatArray, IntArray
from feed.arrays.hashing import hash_strings
from feed.ranking.pipeline import Ranker, Slate
from feed.scenarios.scenario import Scenario
from feed.session.request import SessionRequest, make_query
from feed.user.query import Query


class ScenarioRecommender:
    """A scenario as a recommender, ranked by the same `Ranker` that the function uses."""

    def __init__(self, training: TrainingData, scenario: Scenario, seed: int = 0) -> None:
        self.name = scenario.name
        self.scenario = scenario
        self.ranker = Ranker(training.catalog, scenario)
        self._now_us = training.now_us
        self._seed = seed

    def rank(self, user: TrainingUser, count: int) -> IntArray:
        """Rows at the head of the user's queue, without episodes to be continued."""
        rows = self.slate(user).rows
        return rows[~np.isin(rows, user.seen)][:count].astype(np.int64)

    def score(self, user: TrainingUser) -> FloatArray:
        """(n,) the score of every episode; -inf where the scenario's score is not finite."""
        scores = self.ranker.score(self.query(user))
        return np.where(np.isfinite(scores), scores, -np.inf)

    def slate(self, user: TrainingUser) -> Slate:
        """The user's whole queue with scores and reasons."""
        return self.ranker.rank(self.query(user))

    def query(self, user: TrainingUser) -> Query:
        """The query of the user's session at the cut.

        Its seed is derived from the user's id, so a list does not depend on which other users are
        evaluated. Episodes beyond the summary's engagements are excluded by id, as an app would.
        """
        request = SessionRequest()
        if user.events > len(user.summary.engagements):
            ids = self.ranker.catalog.ids
            request = SessionRequest(excluded_ids=tuple(ids[row] for row in user.seen.tolist()))
        seed = int(hash_strings([user.user_id])[0]) ^ self._seed
        return make_query(request, user.summary, seed=seed, now_us=self._now_us)


def without_exploration(scenario: Scenario) -> Scenario:
    """The scenario with no exploration slots, and no candidates for them."""
    replace = msgspec.structs.replace
    return replace(
        scenario,
        sources=replace(scenario.sources, exploration=0),
        selector=replace(scenario.selector, explore_every=0),
    )
