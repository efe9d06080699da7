"""Metrics of recommendation lists against the one episode that each user chose next.

`lists` is (u, d): for each of u users at most d catalog rows, best first, padded with -1.
"""

import numpy as np

from feed.arrays.arrays import BoolArray, FloatArray, IntArray


def target_ranks(lists: IntArray, targets: IntArray) -> IntArray:
    """(u,) position of each target (u,) in its list, from 1 on; 0 if it is not in the list."""
    hits = lists == targets[:, None]
    return np.where(hits.any(axis=1), hits.argmax(axis=1) + 1, 0)


def recall(ranks: IntArray, k: int) -> FloatArray:
    """(u,) 1 if the target is among the first k, else 0: with one target per user, the hit rate."""
    return ((ranks > 0) & (ranks <= k)).astype(np.float64)


def ndcg(ranks: IntArray, k: int) -> FloatArray:
    """(u,) normalized discounted cumulative gain at k (Järvelin and Kekäläinen, 2002).

    With one target of gain 1 the ideal is 1, so the value is 1 / log2(rank + 1), or 0 beyond k.
    """
    gains: FloatArray = recall(ranks, k) / np.log2(np.maximum(ranks, 1) + 1)
    return gains


def reciprocal(ranks: IntArray) -> FloatArray:
    """(u,) reciprocal rank of the target, 0 if it is not in the list; the mean is the MRR."""
    return (ranks > 0) / np.maximum(ranks, 1)


def novelty(lists: IntArray, audience: IntArray, users: int, k: int) -> FloatArray:
    """(u,) mean self-information of the first k, in bits; NaN for an empty list.

    The self-information of an episode is -log2 of the share of users that engaged with it, here
    (audience + 1) / (users + 1), so that it is finite; `audience` (n,) counts these users.
    Zhou et al. (2010), "Solving the apparent diversity-accuracy dilemma of recommender systems".
    """
    bits = -np.log2((audience + 1) / (users + 1))
    shown = lists[:, :k]
    there = shown >= 0
    total = np.where(there, bits[shown], 0.0).sum(axis=1)
    return _mean(total, there.sum(axis=1))


def series_entropy(lists: IntArray, series: IntArray, k: int) -> FloatArray:
    """(u,) Shannon entropy in bits of the series among the first k: 0 for one, log2 k for k.

    `series` (n,) is -1 for an episode without one, which counts as a series of its own. NaN for
    an empty list.
    """
    shown = lists[:, :k]
    there = shown >= 0
    length = there.sum(axis=1)
    own = -2 - np.arange(shown.shape[1])
    named = np.where(there, np.where(series[shown] < 0, own, series[shown]), -1)
    alike = (named[:, :, None] == named[:, None, :]).sum(axis=2)
    share = np.where(there, alike / np.maximum(length, 1)[:, None], 1.0)
    # -sum p log2 p over series is the mean of -log2 p over positions.
    return _mean(-np.log2(share).sum(axis=1), length)


def coverage(lists: IntArray, episodes: int, k: int) -> float:
    """The share of the catalog's `episodes` that is among the first k of any list."""
    shown = lists[:, :k]
    return len(np.unique(shown[shown >= 0])) / max(episodes, 1)


def cold_auc(scores: FloatArray, untouched: BoolArray, target: int) -> float:
    """Probability that the target row scores above another row without any engagement.

    The area under the ROC curve by Mann and Whitney (1947): a tie counts half. `scores` and
    `untouched` are (n,). NaN if there is no other such row.
    """
    others = untouched.copy()
    others[target] = False
    rest = scores[others]
    if not len(rest):
        return float("nan")
    above = np.count_nonzero(rest < scores[target]) + 0.5 * np.count_nonzero(rest == scores[target])
    return float(above / len(rest))


def _mean(total: FloatArray, length: IntArray) -> FloatArray:
    means: FloatArray = np.where(length > 0, total / np.maximum(length, 1), np.nan)
    return means
