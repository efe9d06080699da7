"""What all baselines share: a ranking by one score per episode, and the matrix of choices."""

from abc import ABC, abstractmethod

import numpy as np
from scipy import sparse

from evaluation.data.training import TrainingData, TrainingUser
from evaluation.offline.recommender import top_unseen
from feed.arrays.arrays import FloatArray, IntArray


class Baseline(ABC):
    """A recommender that sorts episodes by a score."""

    name: str

    @abstractmethod
    def __init__(self, training: TrainingData) -> None:
        """Fit the ranking to the training data."""

    @abstractmethod
    def score(self, user: TrainingUser) -> FloatArray:
        """(n,) score of every episode for the user."""

    def rank(self, user: TrainingUser, count: int) -> IntArray:
        """Rows of the `count` unseen episodes of highest score, best first."""
        return top_unseen(self.score(user), user.seen, count)


def choice_matrix(training: TrainingData, newest: int | None = None) -> sparse.csr_matrix:
    """(users, n) matrix with 1 where a user chose an episode; users in the order of `users`.

    `newest` limits each user to that many of their latest choices.
    """
    rows_by_user = [user.liked[:newest] for user in training.users.values()]
    lengths = [len(rows) for rows in rows_by_user]
    starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    chosen = np.concatenate([*rows_by_user, np.zeros(0, np.int64)])
    shape = (len(rows_by_user), len(training.catalog))
    matrix = sparse.csr_matrix((np.ones(len(chosen), np.float32), chosen, starts), shape=shape)
    matrix.sort_indices()
    return matrix
