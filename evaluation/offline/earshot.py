"""Earshot: a scenario as a `Recommender`, through the very `Ranker` that the function runs."""

import numpy as np

from evaluation.data.training import Learned, User
from feed.arrays.arrays import FloatArray, IntArray
from feed.arrays.hashing import hash_strings
from feed.ranking.pipeline import Ranker, Slate
from feed.scenarios.scenario import Scenario
from feed.session.request import SessionRequest, make_query
from feed.user.query import Query


class Earshot:
    """A scenario over the learned catalog."""

    def __init__(self, learned: Learned, scenario: Scenario, seed: int = 0) -> None:
        self.name = scenario.name
        self.ranker = Ranker(learned.catalog, scenario)
        self._now_us = learned.now_us
        self._seed = seed

    def rank(self, user: User, count: int) -> IntArray:
        """The head of the user's queue, without what was left unfinished and comes back."""
        rows = self.slate(user).rows
        return rows[~np.isin(rows, user.seen)][:count].astype(np.int64)

    def score(self, user: User) -> FloatArray:
        """(n,) the blend of every episode; what is not finite is last, as in a queue."""
        scores = self.ranker.score(self.query(user))
        return np.where(np.isfinite(scores), scores, -np.inf)

    def slate(self, user: User) -> Slate:
        """The user's whole queue, with its scores and reasons."""
        return self.ranker.rank(self.query(user))

    def query(self, user: User) -> Query:
        """The session that the user would ask for at the cut.

        The seed follows from the user's id, so that nobody's list depends on who else is asked.
        What lies beyond the summary is excluded as an app would, by id.
        """
        request = SessionRequest()
        if user.events > len(user.summary.engagements):
            ids = self.ranker.catalog.ids
            request = SessionRequest(excluded_ids=tuple(ids[row] for row in user.seen.tolist()))
        seed = int(hash_strings([user.user_id])[0]) ^ self._seed
        return make_query(request, user.summary, seed=seed, now_us=self._now_us)
