"""Metrics: the lists that users got against the one episode that each chose next.

`lists` is (u, d): for each of u users at most d catalog rows, best first, padded with -1.
"""

import numpy as np

from feed.arrays.arrays import BoolArray, FloatArray, IntArray


def target_ranks(lists: IntArray, targets: IntArray) -> IntArray:
    """(u,) the place of each target in its list, from 1 on; 0 where it is not in it."""
    hits = lists == targets[:, None]
    return np.where(hits.any(axis=1), hits.argmax(axis=1) + 1, 0)


def recall(ranks: IntArray, k: int) -> FloatArray:
    """(u,) 1 where the target is among the first k. With one target a user, the hit rate."""
    return ((ranks > 0) & (ranks <= k)).astype(np.float64)


def ndcg(ranks: IntArray, k: int) -> FloatArray:
    """(u,) normalised discounted cumulative gain (Järvelin and Kekäläinen, 2002).

    With one target of gain 1 the ideal is 1, so it is 1 / log2(rank + 1), or 0 beyond k.
    """
    gains: FloatArray = recall(ranks, k) / np.log2(np.maximum(ranks, 1) + 1)
    return gains


def reciprocal(ranks: IntArray) -> FloatArray:
    """(u,) 1 / rank, 0 where the target is not in the list; their mean is the MRR."""
    return (ranks > 0) / np.maximum(ranks, 1)


def novelty(lists: IntArray, audience: IntArray, users: int, k: int) -> FloatArray:
    """(u,) mean self-information of the first k, in bits: -log2 of the share who know it.

    Zhou et al. (2010), "Solving the apparent diversity-accuracy dilemma of recommender systems".
    `audience` is (n,), how many users touched each episode. The share is (audience + 1) /
    (users + 1), finite for what nobody has touched. NaN for an empty list.
    """
    bits = -np.log2((audience + 1) / (users + 1))
    shown = lists[:, :k]
    there = shown >= 0
    total = np.where(there, bits[shown], 0.0).sum(axis=1)
    return _mean(total, there.sum(axis=1))


def series_entropy(lists: IntArray, series: IntArray, k: int) -> FloatArray:
    """(u,) Shannon entropy, in bits, of the series among the first k: 0 for one, log2 k for k.

    `series` is (n,), -1 for none: such an episode is a series of its own. NaN for an empty list.
    """
    shown = lists[:, :k]
    there = shown >= 0
    length = there.sum(axis=1)
    own = -2 - np.arange(shown.shape[1])
    named = np.where(there, np.where(series[shown] < 0, own, series[shown]), -1)
    alike = (named[:, :, None] == named[:, None, :]).sum(axis=2)
    share = np.where(there, alike / np.maximum(length, 1)[:, None], 1.0)
    # -sum p log2 p over series is the mean of -log2 p over places.
    return _mean(-np.log2(share).sum(axis=1), length)


def coverage(lists: IntArray, episodes: int, k: int) -> float:
    """The share of the catalog that stands among the first k of anybody."""
    shown = lists[:, :k]
    return len(np.unique(shown[shown >= 0])) / max(episodes, 1)


def cold_auc(scores: FloatArray, untouched: BoolArray, target: int) -> float:
    """The probability that the target scores above another episode that nobody has touched.

    The area under the ROC curve as Mann and Whitney (1947) count it: a tie counts half. NaN where
    there is no other.
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
