"""The shortlist: the candidates worth comparing in full, and a bound on the value of all others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, HashArray, IntArray
from feed.scenarios.selector import SelectorParameters

MIN_DECAY = 1e-3
"""Lowest decay applied, so that dividing by it repeatedly stays finite."""
_QUEUES = 2
"""Length of a shortlist, in queues."""
_MIN_LENGTH = 64


@dataclass(frozen=True)
class SelectorInput:
    """What the selector knows of k candidates. A field that is None takes no part."""

    scores: FloatArray
    """(k,) final scores"""
    tie_order: IntArray
    """(k,) rank among equal scores, lowest first"""
    series: IntArray
    """(k,) row of the series of each, -1 for none"""
    topics: IntArray | None = None
    """(k,) row of the main category of each, -1 for none"""
    vectors: npt.NDArray[np.float32] | None = None
    """(k, D) embeddings of length 1"""
    title_hashes: HashArray | None = None
    """(k,) hash of the title: of equal ones the best candidate is kept"""
    category_shares: FloatArray | None = None
    """(k, c) share of each category in each candidate"""
    target_shares: FloatArray | None = None
    """(c,) share of each category that the queue should have"""
    popularity_gain: FloatArray | None = None
    """(k,) what popularity adds to each score, which does not count in long-tail slots"""
    log_weights: FloatArray | None = None
    """(k,) log-weight of each for a random draw; -inf for candidates outside the pool"""
    gumbel_noise: FloatArray | None = None
    """(k,) standard Gumbel noise that decides the draws"""
    pinnable: Mapping[int, BoolArray] = field(default_factory=dict)
    """by slot, counted from 1: (k,) whether a rule may pin the candidate to it"""

    def take(self, indices: IntArray) -> "SelectorInput":
        """The candidates at these indices, in this order."""
        columns = {
            name: column[indices]
            for name, column in vars(self).items()
            if name not in {"target_shares", "pinnable"} and column is not None
        }
        pinnable = {slot: mask[indices] for slot, mask in self.pinnable.items()}
        return replace(self, **columns, pinnable=pinnable)


@dataclass(frozen=True)
class Remainder:
    """The r candidates that are not on the shortlist."""

    scores: FloatArray
    """(r,) final scores"""
    series: IntArray
    """(r,) row of the series of each, -1 for none"""
    topics: IntArray | None
    """(r,) row of the main category of each, -1 for none; None if topics take no part"""
    calibration_gain: FloatArray
    """(r,) what calibration adds to each while the queue is empty"""
    popularity_gain: FloatArray | None
    """(r,) what a long-tail slot subtracts from each; None where there are no such slots"""

    def upper_bound(
        self,
        parameters: SelectorParameters,
        series_counts: Mapping[int, int],
        topic_counts: Mapping[int, int],
        *,
        tail: bool,
    ) -> float:
        """A value that no candidate reaches beyond in slots of a kind, whatever else is chosen.

        The kind is long-tail slots or, without `tail`, all others. The counts say how many
        episodes of each series and topic are chosen already. The bound is
        -inf if every candidate is of a series that has reached `max_per_series`.
        """
        chosen = _counts(self.series, series_counts)
        if not parameters.limit_unnamed:
            chosen[self.series < 0] = 0
        factors = parameters.series_decay**chosen
        if self.topics is not None:
            of_topic = _counts(self.topics, topic_counts)
            factors *= max(parameters.topic_decay, MIN_DECAY) ** of_topic
        decayed = self.scores * factors
        if parameters.decay_below_zero:  # further decay raises a negative score, to 0 at most
            bounds = np.maximum(decayed, 0.0)
        else:
            bounds = np.where(self.scores > 0, decayed, self.scores)
        bounds += self.calibration_gain
        if tail and self.popularity_gain is not None:
            bounds -= self.popularity_gain
        bounds = np.where(chosen < parameters.max_per_series, bounds, -np.inf)
        return float(bounds.max(initial=-np.inf))


def _counts(groups: IntArray, counts: Mapping[int, int]) -> IntArray:
    """(r,) the count of the group of each; 0 for a group without a count."""
    if not counts:
        return np.zeros(len(groups), np.int64)
    return np.array([counts.get(group, 0) for group in groups.tolist()], np.int64)


def on_shortlist(
    candidates: SelectorInput,
    ranked: IntArray,
    bounds: Sequence[FloatArray],
    parameters: SelectorParameters,
) -> BoolArray:
    """Decide which candidates belong on the shortlist: one truth value for each of `ranked`.

    `ranked` holds indices of candidates by falling score, and each of `bounds` (k,) the highest
    value that each candidate can reach in slots of one kind. On the list are those of the highest
    bounds of each kind, and all that exploration or a rule may choose whatever their score. If the
    limit per series lets hardly more than a shortlist into the queue, all candidates are on it.
    """
    length = max(_MIN_LENGTH, _QUEUES * parameters.queue)
    if _most_chosen(candidates.series[ranked], parameters) <= length or len(ranked) <= length:
        return np.ones(len(ranked), np.bool_)
    found = np.zeros(len(ranked), np.bool_)
    for bound in bounds:
        highest = bound[ranked]
        found |= highest >= np.partition(highest, -length)[-length]
    if candidates.log_weights is not None:
        found |= candidates.log_weights[ranked] > -np.inf
    for mask in candidates.pinnable.values():
        found |= mask[ranked]
    return found


def _most_chosen(series: IntArray, parameters: SelectorParameters) -> int:
    """How many candidates of these series the limit per series lets into one queue."""
    unnamed = 0 if parameters.limit_unnamed else int(np.count_nonzero(series < 0))
    sizes = np.unique(series[series >= 0] if unnamed else series, return_counts=True)[1]
    return unnamed + int(np.minimum(sizes, parameters.max_per_series).sum())
