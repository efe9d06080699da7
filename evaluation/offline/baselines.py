"""Baseline recommenders that a scenario has to beat."""

import numpy as np
from scipy import sparse

from evaluation.data.training import TrainingData, TrainingUser
from evaluation.offline.als import Als
from evaluation.offline.baseline import Baseline, choice_matrix
from evaluation.offline.ease import Ease
from evaluation.offline.item_knn import KnnTfidf
from feed.arrays.arrays import FloatArray
from feed.model.timestamps import DAY_US

HALF_LIFE_DAYS = 1.5
"""Half-life of a choice in `RecentPopularity`."""
EVER_WEIGHT = 1e-6
"""Weight of all choices in `RecentPopularity`: as much as one choice 20 half-lives ago."""
LATEST = 3
"""Number of a user's latest episodes whose neighbours are added up."""
SHRINKAGE = 10.0
"""Co-engagement count at which a similarity is shrunk by half."""
CONTENT_EPISODES = 10
"""Number of a user's latest episodes that `Content` averages."""
EPISODES_PER_USER = 500
"""Number of a user's latest episodes that count for similarities: as many as a summary holds."""


class Popularity(Baseline):
    """Ranks by the number of users that ever chose an episode: one list for all users."""

    name = "popularity"

    def __init__(self, training: TrainingData) -> None:
        self._scores = training.choosers().astype(np.float64)

    def score(self, user: TrainingUser) -> FloatArray:  # noqa: ARG002 - the same for all
        """(n,) number of users that chose each episode."""
        return self._scores


class RecentPopularity(Baseline):
    """Ranks by users that chose an episode lately: one list for all users, which ends at the cut.

    A user counts 2^(-days / 1.5), by the time from their latest choice of the episode to the cut.
    Long after the last choice, ranks by the number of users that ever chose it.
    """

    name = "recent_popularity"

    def __init__(self, training: TrainingData) -> None:
        count = len(training.catalog)
        pairs = training.user[training.liked] * count + training.row[training.liked]
        # Events are in the order of time, so the first of the reversed ones is a pair's latest.
        latest, index = np.unique(pairs[::-1], return_index=True)
        ages_us = training.now_us - training.timestamp_us[training.liked][::-1][index]
        lately = np.exp2(-np.maximum(ages_us, 0) / (HALF_LIFE_DAYS * DAY_US))
        ever = training.choosers()
        recent = np.bincount(latest % max(count, 1), lately, count)
        self._scores: FloatArray = recent + EVER_WEIGHT * ever / (ever.max(initial=0) + 1)

    def score(self, user: TrainingUser) -> FloatArray:  # noqa: ARG002 - the same for all
        """(n,) decayed number of users of each episode."""
        return self._scores


class Neighbours(Baseline):
    """Item-item nearest neighbours of the user's latest 3 episodes (Sarwar et al., 2001).

    similarity(i, j) = c / sqrt(c_i c_j) x c / (c + 10), where c users chose both episodes: the
    cosine of their audiences, shrunk if c is small. The score is the sum over the latest 3.
    """

    name = "neighbours"

    def __init__(self, training: TrainingData) -> None:
        self._similarity = _similarity(training)

    def score(self, user: TrainingUser) -> FloatArray:
        """(n,) summed similarity to the user's latest episodes."""
        latest = self._similarity[user.liked[:LATEST]]
        scores: FloatArray = np.asarray(latest.sum(axis=0)).ravel()
        return scores


class Content(Baseline):
    """Cosine with the mean embedding of the user's latest 10 episodes; ignores other users."""

    name = "content"

    def __init__(self, training: TrainingData) -> None:
        self._embeddings = training.catalog.embeddings[:]

    def score(self, user: TrainingUser) -> FloatArray:
        """(n,) cosine of every episode; 0 without an embedding."""
        mean = self._embeddings[user.liked[:CONTENT_EPISODES]].sum(axis=0)
        norm = float(np.linalg.norm(mean))
        scores: FloatArray = self._embeddings @ (mean / norm if norm > 0 else mean)
        return scores


BASELINES: tuple[type[Baseline], ...] = (
    Popularity,
    RecentPopularity,
    Neighbours,
    KnnTfidf,
    Ease,
    Als,
    Content,
)
"""All baselines, in the order of a report."""
UNPERSONALISED: tuple[str, ...] = (Popularity.name, RecentPopularity.name)
"""Names of the baselines that show everybody the same list."""


def _similarity(training: TrainingData) -> sparse.csr_matrix:
    """(n, n) shrunk cosine of the audiences of two episodes."""
    matrix = choice_matrix(training, newest=EPISODES_PER_USER).astype(np.float64)
    both = (matrix.T @ matrix).tocoo()
    apart = both.row != both.col
    row, col, c = both.row[apart], both.col[apart], both.data[apart]
    alone = np.asarray(matrix.sum(axis=0)).ravel()
    values = c / np.sqrt(alone[row] * alone[col]) * c / (c + SHRINKAGE)
    return sparse.csr_matrix((values, (row, col)), shape=both.shape)
