"""Baseline recommenders that a scenario has to beat."""

from abc import ABC, abstractmethod

import numpy as np
from scipy import sparse

from evaluation.data.training import TrainingData, TrainingUser
from evaluation.offline.recommender import top_unseen
from feed.arrays.arrays import FloatArray, IntArray
from feed.model.timestamps import DAY_US

RECENT_DAYS = 7
"""Window of `RecentPopularity`."""
LATEST = 3
"""Number of a user's latest episodes whose neighbours are added up."""
SHRINKAGE = 10.0
"""Co-engagement count at which a similarity is shrunk by half."""
CONTENT_EPISODES = 10
"""Number of a user's latest episodes that `Content` averages."""
EPISODES_PER_USER = 500
"""Number of a user's latest episodes that count for similarities: as many as a summary holds."""


class Baseline(ABC):
    """A recommender that sorts episodes by a score."""

    name: str

    def __init__(self, training: TrainingData) -> None:
        self._learned = training

    @abstractmethod
    def score(self, user: TrainingUser) -> FloatArray:
        """(n,) score of every episode for the user."""

    def rank(self, user: TrainingUser, count: int) -> IntArray:
        """Rows of the `count` unseen episodes of highest score, best first."""
        return top_unseen(self.score(user), user.seen, count)


class Popularity(Baseline):
    """Ranks by the number of users that ever chose an episode: one list for all users."""

    name = "popularity"

    def __init__(self, training: TrainingData) -> None:
        super().__init__(training)
        self._scores = _audience(training)

    def score(self, user: TrainingUser) -> FloatArray:  # noqa: ARG002 - the same for all
        """(n,) number of users that chose each episode."""
        return self._scores


class RecentPopularity(Baseline):
    """Ranks by the number of users that chose an episode in the last 7 days; ties, by ever."""

    name = "recent_popularity"

    def __init__(self, training: TrainingData) -> None:
        super().__init__(training)
        ever = _audience(training)
        recent = _audience(training, since_us=training.now_us - RECENT_DAYS * DAY_US)
        self._scores: FloatArray = recent + ever / (ever.max(initial=0.0) + 1.0)

    def score(self, user: TrainingUser) -> FloatArray:  # noqa: ARG002 - the same for all
        """(n,) number of recent users of each episode, plus a fraction below 1 for all users."""
        return self._scores


class Neighbours(Baseline):
    """Item-item nearest neighbours of the user's latest 3 episodes (Sarwar et al., 2001).

    similarity(i, j) = c / sqrt(c_i c_j) x c / (c + 10), where c users chose both episodes: the
    cosine of their audiences, shrunk if c is small. The score is the sum over the latest 3.
    """

    name = "neighbours"

    def __init__(self, training: TrainingData) -> None:
        super().__init__(training)
        self._similarity = _similarity(training)

    def score(self, user: TrainingUser) -> FloatArray:
        """(n,) summed similarity to the user's latest episodes."""
        latest = self._similarity[user.liked[:LATEST]]
        scores: FloatArray = np.asarray(latest.sum(axis=0)).ravel()
        return scores


class Content(Baseline):
    """Cosine with the mean embedding of the user's latest 10 episodes; ignores other users."""

    name = "content"

    def score(self, user: TrainingUser) -> FloatArray:
        """(n,) cosine of every episode; 0 without an embedding."""
        embeddings = self._learned.catalog.embeddings[:]
        mean = embeddings[user.liked[:CONTENT_EPISODES]].sum(axis=0)
        norm = float(np.linalg.norm(mean))
        scores: FloatArray = embeddings @ (mean / norm if norm > 0 else mean)
        return scores


BASELINES: tuple[type[Baseline], ...] = (Popularity, RecentPopularity, Neighbours, Content)


def _audience(training: TrainingData, since_us: int | None = None) -> FloatArray:
    """(n,) number of users that chose each episode, at all or since a time."""
    kept = (
        training.liked if since_us is None else training.liked & (training.timestamp_us >= since_us)
    )
    count = len(training.catalog)
    pairs = np.unique(training.user[kept] * count + training.row[kept])
    return np.bincount(pairs % max(count, 1), minlength=count).astype(np.float64)


def _similarity(training: TrainingData) -> sparse.csr_matrix:
    """(n, n) shrunk cosine of the audiences of two episodes."""
    rows_by_user = [user.liked[:EPISODES_PER_USER] for user in training.users.values()]
    owners = np.repeat(np.arange(len(rows_by_user)), [len(rows) for rows in rows_by_user])
    chosen = np.concatenate([*rows_by_user, np.zeros(0, np.int64)])
    shape = (len(rows_by_user), len(training.catalog))
    matrix = sparse.csr_matrix((np.ones(len(chosen)), (owners, chosen)), shape=shape)
    both = (matrix.T @ matrix).tocoo()
    apart = both.row != both.col
    row, col, c = both.row[apart], both.col[apart], both.data[apart]
    alone = np.asarray(matrix.sum(axis=0)).ravel()
    values = c / np.sqrt(alone[row] * alone[col]) * c / (c + SHRINKAGE)
    return sparse.csr_matrix((values, (row, col)), shape=both.shape)
