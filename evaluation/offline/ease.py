"""Baseline: EASE, a linear item-item model in closed form."""

import numpy as np
from scipy import linalg

from evaluation.data.training import TrainingData, TrainingUser
from evaluation.offline.baseline import Baseline, choice_matrix
from feed.arrays.arrays import FloatArray

REGULARISATION = 250.0
"""The L2 penalty, lambda."""
MOST_EPISODES = 20_000
"""Largest number of episodes in the model, the most chosen ones: its matrix has their square."""
_BLOCK = 1000
"""columns that are mirrored at once, which bounds memory"""


class Ease(Baseline):
    """Embarrassingly shallow autoencoder (Steck, 2019).

    Of all item-item matrices B with a diagonal of 0 it takes the one that reproduces the matrix of
    choices X best: argmin |X - X B|^2 + lambda |B|^2. With P = (X'X + lambda I)^-1 this is
    B = -P / diag(P), column by column. The score is the sum of the rows of B that the user chose.
    """

    name = "ease"

    def __init__(self, training: TrainingData) -> None:
        choices = choice_matrix(training)
        audience = np.asarray(choices.sum(axis=0)).ravel()
        most = np.argsort(-audience, kind="stable")[:MOST_EPISODES]
        self._rows = np.sort(most[audience[most] > 0])
        self._place = np.full(len(training.catalog), -1, np.int64)
        self._place[self._rows] = np.arange(len(self._rows))
        chosen = choices[:, self._rows]
        self._weights = _item_weights((chosen.T @ chosen).toarray(order="F"))

    def score(self, user: TrainingUser) -> FloatArray:
        """(n,) predicted choice of each episode; 0 for an episode outside the model."""
        places = self._place[user.liked]
        scores = np.zeros(len(self._place))
        scores[self._rows] = self._weights[places[places >= 0]].sum(axis=0, dtype=np.float64)
        return scores


def _item_weights(gram: FloatArray) -> FloatArray:
    """(n, n) the matrix B from X'X, in columns of single precision, whose memory it takes over."""
    diagonal = np.diag_indices_from(gram)
    gram[diagonal] += REGULARISATION
    # By Cholesky and in place: a third of the time of a general inverse. The penalty keeps the
    # matrix well conditioned, so that single precision is enough.
    factor, _ = linalg.lapack.spotrf(gram, lower=True, overwrite_a=True)
    inverse, _ = linalg.lapack.spotri(factor, lower=True, overwrite_c=True)
    weights: FloatArray = inverse.T  # symmetric: in rows now, with the upper triangle filled
    for start in range(0, len(weights), _BLOCK):
        end = start + _BLOCK
        block = weights[start:end, start:end]
        block[:] = np.triu(block) + np.triu(block, 1).T
        weights[end:, start:end] = weights[start:end, end:].T
    weights /= -np.diagonal(weights).copy()
    weights[diagonal] = 0.0
    return weights
