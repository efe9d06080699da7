"""Baselines: what a feed has to beat. Each is a `Recommender` of a few lines."""

from abc import ABC, abstractmethod

import numpy as np
from scipy import sparse

from evaluation.data.training import Learned, User
from evaluation.offline.recommender import best
from feed.arrays.arrays import FloatArray, IntArray
from feed.model.timestamps import DAY_US

RECENT_DAYS = 7
LATEST = 3
"""Of how many of a user's episodes neighbours are looked up."""
SHRINKAGE = 10.0
TASTE = 10
"""How many of a user's episodes make the mean of the content baseline."""
KEPT = 500
"""From how many of a user's episodes neighbours are counted: as many as a summary holds."""


class Baseline(ABC):
    """A ranking by its scores alone."""

    name: str

    def __init__(self, learned: Learned) -> None:
        self._learned = learned

    @abstractmethod
    def score(self, user: User) -> FloatArray:
        """(n,) the score of every episode."""

    def rank(self, user: User, count: int) -> IntArray:
        """The unseen episodes of highest score."""
        return best(self.score(user), user.seen, count)


class Popularity(Baseline):
    """How many users ever chose an episode: the same list for everybody."""

    name = "popularity"

    def __init__(self, learned: Learned) -> None:
        super().__init__(learned)
        self._scores = _listeners(learned)

    def score(self, user: User) -> FloatArray:  # noqa: ARG002 - the same for all
        """How many users chose each episode."""
        return self._scores


class RecentPopularity(Baseline):
    """How many users chose an episode in the last 7 days; among equals, ever."""

    name = "recent_popularity"

    def __init__(self, learned: Learned) -> None:
        super().__init__(learned)
        ever = _listeners(learned)
        recent = _listeners(learned, since_us=learned.now_us - RECENT_DAYS * DAY_US)
        self._scores: FloatArray = recent + ever / (ever.max(initial=0.0) + 1.0)

    def score(self, user: User) -> FloatArray:  # noqa: ARG002 - the same for all
        """How many users chose each episode lately."""
        return self._scores


class Neighbours(Baseline):
    """Item-item neighbours of the user's last 3 episodes (Sarwar et al., 2001).

    similarity(i, j) = c / sqrt(c_i c_j) x c / (c + 10): the cosine of who chose them, shrunk
    where few stand behind it; c users chose both. The score is the sum over the last 3.
    """

    name = "neighbours"

    def __init__(self, learned: Learned) -> None:
        super().__init__(learned)
        self._similarity = _similarity(learned)

    def score(self, user: User) -> FloatArray:
        """The summed similarity to the last episodes."""
        latest = self._similarity[user.liked[:LATEST]]
        scores: FloatArray = np.asarray(latest.sum(axis=0)).ravel()
        return scores


class Content(Baseline):
    """Cosine with the mean embedding of the user's last 10 episodes: no other user counts."""

    name = "content"

    def score(self, user: User) -> FloatArray:
        """The cosine of every episode, 0 where there is no embedding."""
        embeddings = self._learned.catalog.embeddings[:]
        mean = embeddings[user.liked[:TASTE]].sum(axis=0)
        norm = float(np.linalg.norm(mean))
        scores: FloatArray = embeddings @ (mean / norm if norm > 0 else mean)
        return scores


BASELINES: tuple[type[Baseline], ...] = (Popularity, RecentPopularity, Neighbours, Content)


def _listeners(learned: Learned, since_us: int | None = None) -> FloatArray:
    """(n,) how many users chose each episode, or did so since then."""
    kept = learned.liked if since_us is None else learned.liked & (learned.timestamp_us >= since_us)
    count = len(learned.catalog)
    pairs = np.unique(learned.user[kept] * count + learned.row[kept])
    return np.bincount(pairs % max(count, 1), minlength=count).astype(np.float64)


def _similarity(learned: Learned) -> sparse.csr_matrix:
    """(n, n) how alike the audiences of two episodes are."""
    theirs = [user.liked[:KEPT] for user in learned.users.values()]
    owners = np.repeat(np.arange(len(theirs)), [len(rows) for rows in theirs])
    chosen = np.concatenate([*theirs, np.zeros(0, np.int64)])
    shape = (len(theirs), len(learned.catalog))
    matrix = sparse.csr_matrix((np.ones(len(chosen)), (owners, chosen)), shape=shape)
    both = (matrix.T @ matrix).tocoo()
    apart = both.row != both.col
    row, col, c = both.row[apart], both.col[apart], both.data[apart]
    alone = np.asarray(matrix.sum(axis=0)).ravel()
    values = c / np.sqrt(alone[row] * alone[col]) * c / (c + SHRINKAGE)
    return sparse.csr_matrix((values, (row, col)), shape=both.shape)
