"""Baseline: item-item nearest neighbours with TF-IDF weights."""

import numpy as np
from scipy import sparse

from evaluation.data.training import TrainingData, TrainingUser
from evaluation.offline.baseline import Baseline, choice_matrix
from feed.arrays.arrays import FloatArray

NEIGHBOURS = 100
"""Number of nearest neighbours that each episode keeps."""
_BLOCK = 500
"""episodes whose similarities are computed at once, which bounds memory"""


class KnnTfidf(Baseline):
    """Sums, over an episode's nearest neighbours that the user chose, their similarity.

    An episode is the vector of the users that chose it, each weighted by log(n / (1 + choices)):
    a person that chooses everything says little about what belongs together (TF-IDF with users as
    terms). The similarity is the cosine; each episode keeps its 100 nearest. Deshpande and Karypis
    (2004), "Item-based top-N recommendation algorithms".
    """

    name = "knn_tfidf"

    def __init__(self, training: TrainingData) -> None:
        self._supported = _nearest(_weighted(choice_matrix(training))).T.tocsr()

    def score(self, user: TrainingUser) -> FloatArray:
        """(n,) summed similarity of each episode to those of its neighbours that the user chose."""
        return np.asarray(self._supported[user.liked].sum(axis=0), np.float64).ravel()


def _weighted(choices: sparse.csr_matrix) -> sparse.csr_matrix:
    """(n, users) rows of unit length: the users that chose each episode, by inverse frequency."""
    users, episodes = choices.shape
    chosen = np.asarray(choices.sum(axis=1)).ravel()
    weights = np.maximum(np.log(max(episodes, 1) / (1.0 + chosen)), 0.0)
    weighted = (sparse.diags(weights, shape=(users, users)) @ choices).T.tocsr()
    length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return sparse.diags(1.0 / np.where(length > 0, length, 1.0)) @ weighted


def _nearest(vectors: sparse.csr_matrix) -> sparse.csr_matrix:
    """(n, n) cosines of each row with its nearest other rows; all others are 0."""
    count = vectors.shape[0]
    keep = min(NEIGHBOURS, count)
    columns = vectors.T.tocsr()
    blocks = [sparse.csr_matrix((0, count))]
    for start in range(0, count, _BLOCK):
        cosines = (vectors[start : start + _BLOCK] @ columns).toarray()
        own = np.arange(len(cosines))
        cosines[own, start + own] = 0.0
        least = np.partition(cosines, count - keep, axis=1)[:, count - keep, None]
        blocks.append(sparse.csr_matrix(np.where(cosines >= least, cosines, 0.0)))
    return sparse.vstack(blocks, format="csr")
