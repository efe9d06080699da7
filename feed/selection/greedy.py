"""Greedy selection: fills a queue slot by slot from a shortlist of candidates."""

from dataclasses import dataclass, field

import numpy as np

from feed.arrays.arrays import BoolArray, FloatArray, IntArray
from feed.scenarios.selector import SelectorParameters
from feed.selection.shortlist import Remainder, SelectorInput
from feed.selection.values import CandidateValues


@dataclass(frozen=True)
class Selection:
    """A queue of q candidates, in order."""

    indices: IntArray
    """(q,) index of each among the selector's candidates"""
    propensities: FloatArray
    """(q,) probability with which each got its slot: 1 unless it was explored"""
    explored: BoolArray
    """(q,) whether it was drawn at random for an exploration slot"""
    pinned: BoolArray
    """(q,) whether a rule pinned it to its slot"""
    relaxed: bool
    """whether the limits per series were reset to reach `relax_below`"""
    values: FloatArray = field(default_factory=lambda: np.zeros(0))
    """(q,) value with which each was chosen, the score of one that was explored or pinned; (0,) of
    a queue that was made by other rules"""


class GreedySelection:
    """Fills the slots of one queue: pinned, explored at random, or of the highest value.

    The shortlist is in falling order of score, and its scores are finite. `calibration_gain` (f,)
    is what calibration adds to each of its candidates while the queue is empty.
    """

    def __init__(
        self,
        shortlist: SelectorInput,
        calibration_gain: FloatArray,
        remainder: Remainder,
        parameters: SelectorParameters,
    ) -> None:
        self._pinnable = shortlist.pinnable
        self._scores = shortlist.scores
        self._values = CandidateValues(shortlist, calibration_gain, parameters)
        self._remainder = remainder
        at_first = np.inf if len(remainder.scores) else -np.inf
        self._remainder_bounds = {False: at_first, True: at_first}
        """by whether a slot is a long-tail slot: no value in the remainder is higher"""
        self._parameters = parameters
        self._length = min(parameters.queue, len(shortlist.scores))
        self._popularity_gain = shortlist.popularity_gain
        every = parameters.tail_every if shortlist.popularity_gain is not None else 0
        self._tail_slots = range(every - 1, self._length, every) if every else range(0)
        weights, noise = shortlist.log_weights, shortlist.gumbel_noise
        if weights is None or noise is None:
            weights = noise = np.full(len(shortlist.scores), -np.inf)
        self._pool = np.flatnonzero(weights > -np.inf)
        self._pool_weights, self._pool_noise = weights[self._pool], noise[self._pool]
        self._pool_series = np.array([self._values.series[one] for one in self._pool.tolist()])
        self._chosen: list[int] = []
        self._chosen_values = np.zeros(self._length)
        self._propensities: list[float | None] = []
        """of each chosen; None if it was not explored"""
        self._pinned_slots: list[int] = []
        self._relaxed = False

    def run(self) -> bool:
        """Fill the queue. Returns False if the remainder may hold a candidate that wins a slot."""
        for slot in range(self._length):
            index, propensity, has_value = None, None, False
            if slot + 1 in self._pinnable:
                index = self._pinned_to(slot)
            if index is None and self._pool.size and self._is_exploration_slot(slot):
                index, propensity = self._explore()
            if index is None:
                has_value = True
                tail = slot in self._tail_slots
                index = self._values.best(slot, self._popularity_gain if tail else None)
                value = -np.inf if index is None else self._values.current[index]
                if value <= self._remainder_bounds[tail] and self._remainder_may_win(
                    slot, value, tail=tail
                ):
                    return False
                if index is None:
                    index = self._relax(slot)
            if index is None:
                break
            self._chosen.append(index)
            value_of = self._values.current if has_value else self._scores
            self._chosen_values[slot] = value_of[index]
            self._propensities.append(propensity)
            self._values.choose(index)
        return True

    def selection(self, indices: IntArray) -> Selection:
        """The queue so far; `indices` (f,) are those of the shortlist in the selector's input."""
        chosen = np.array(self._chosen, np.int64)
        pinned = np.zeros(len(chosen), np.bool_)
        pinned[self._pinned_slots] = True
        return Selection(
            indices=indices[chosen],
            values=self._chosen_values[: len(chosen)],
            propensities=np.array(
                [1.0 if p is None else p for p in self._propensities], np.float64
            ),
            explored=np.array([p is not None for p in self._propensities], np.bool_),
            pinned=pinned,
            relaxed=self._relaxed,
        )

    def _pinned_to(self, slot: int) -> int | None:
        """The available candidate of the highest score that a rule pins to this slot, if any."""
        free = np.flatnonzero(self._pinnable[slot + 1] & self._values.available)
        if not len(free):
            return None
        self._pinned_slots.append(slot)
        return int(free[0])

    def _is_exploration_slot(self, slot: int) -> bool:
        every = self._parameters.explore_every
        return slot % every >= every - self._parameters.explore_places

    def _explore(self) -> tuple[int | None, float | None]:
        """A random candidate of the pool, by the Gumbel-max trick, and its probability."""
        possible = self._values.decayed[self._pool] > -np.inf
        free = np.flatnonzero(possible & (self._pool_series != self._values.last_series))
        if not len(free):
            return None, None
        log_weights = self._pool_weights[free]
        drawn = int((log_weights + self._pool_noise[free]).argmax())
        weights = np.exp(log_weights - log_weights.max())
        return int(self._pool[free[drawn]]), float(weights[drawn] / weights.sum())

    def _remainder_may_win(self, slot: int, value: float, *, tail: bool) -> bool:
        """Whether a candidate outside the shortlist may exceed `value`, the best one on it."""
        if not len(self._remainder.scores):
            return False
        if value == -np.inf and slot < self._parameters.relax_below:
            return True
        bound = self._remainder.upper_bound(
            self._parameters, self._values.series_counts, self._values.topic_counts, tail=tail
        )
        self._remainder_bounds[tail] = bound
        return bool(value <= bound > -np.inf)

    def _relax(self, slot: int) -> int | None:
        """The best candidate once the limits per series are reset; None from `relax_below` on."""
        if slot >= self._parameters.relax_below:
            return None
        self._relaxed = True
        self._values.reset_series()
        index = self._values.best(slot)
        if index is None:
            self._values.last_series = None
            index = self._values.best(slot)
        return index
