"""Filling a queue: greedily, one place after the other, from a field of candidates.

The innermost loop of a session. Its arrays are small, so that what counts is how many operations a
place takes: what concerns a few candidates is done one by one, and what concerns all in place.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, IntArray
from feed.scenarios.scenario import SelectorParameters
from feed.selection.shortlist import LEAST, Field, Outside


@dataclass(frozen=True)
class Chosen:
    """A queue, as places among the candidates."""

    places: IntArray
    propensities: FloatArray
    """(q,) with what probability each came into its place: 1 unless it was drawn"""
    drawn: BoolArray
    """(q,) whether it came by lot into an open slot"""
    pinned: BoolArray
    """(q,) whether a rule put it there"""
    relaxed: bool
    """whether the limits began anew"""


class Filling:
    """What has been chosen so far, and what that makes of the others."""

    def __init__(self, field: Field, outside: Outside, parameters: SelectorParameters) -> None:
        self._field = field
        self._outside = outside
        self._parameters = parameters
        self._ceiling = outside.highest(parameters)
        count = len(field.scores)
        self._scores: list[float] = field.scores.tolist()
        self._series: list[int] = field.series.tolist()
        if not parameters.limit_unnamed:  # each its own series, below every real one
            self._series = [one if one >= 0 else -1 - at for at, one in enumerate(self._series)]
        self._of_series = _places_by(self._series)
        self._times: dict[int, int] = defaultdict(int)
        """by series: how often it was chosen"""
        self._topics: list[int] = [] if field.topics is None else field.topics.tolist()
        self._topic_step = _topic_step(field.scores, parameters)
        """what one more of its topic does to each"""
        self._steps: dict[int, FloatArray] = {}
        """by topic: the same for who is of it, and 1 for all others"""
        self._topic_times: dict[int, int] = defaultdict(int)
        self._left = np.ones(count, np.bool_)
        """who has neither been chosen nor is a near-duplicate of who has"""
        self._value = field.scores.copy()
        """score with the decays of its series and topic; -inf for who may not come"""
        self._cosines, self._twins = _alike(field.vectors, parameters)
        self._near = np.zeros(count)
        """`mmr` x cosine with the nearest chosen, fading"""
        self._shared = None if field.mix is None else field.mix @ field.mix.T
        """(f, f) how much two have of the same categories"""
        self._got = np.zeros(count)
        """how much was chosen of its categories"""
        self._lot = np.zeros(0, np.int64)
        if field.chance is not None:
            self._lot = np.flatnonzero(field.chance > -np.inf)
        self._lot_series = np.array([self._series[place] for place in self._lot.tolist()])
        self._now, self._spare = np.empty(count), np.empty(count)
        self._last: int | None = None
        self._taken: list[int] = []
        self._propensities: list[float | None] = []
        """of each; None where no chance was in it"""
        self._pins: list[int] = []
        """which of them a rule chose, by place in the queue"""
        self._relaxed = False

    def fill(self) -> bool:
        """Choose all; false where somebody outside of the field might have had a place."""
        for slot in range(min(self._parameters.queue, len(self._scores))):
            place, propensity = None, None
            if slot + 1 in self._field.pinned:
                place = self._pinned(slot)
            if place is None and self._drawn_for(slot):
                place, propensity = self._draw()
            if place is None:
                place = self._highest()
                if place is None or self._now[place] <= self._ceiling:
                    if self._may_be_outside(place):
                        return False
                    if place is None:
                        place = self._relax()
            if place is None:
                break
            self._take(place, propensity)
        return True

    def chosen(self, places: IntArray) -> Chosen:
        """What was chosen, where the field's candidates have these places."""
        at = np.array(self._taken, np.int64)
        drawn = np.array([one is not None for one in self._propensities], np.bool_)
        propensities = [1.0 if one is None else one for one in self._propensities]
        pinned = np.zeros(len(at), np.bool_)
        pinned[self._pins] = True
        return Chosen(places[at], np.array(propensities, np.float64), drawn, pinned, self._relaxed)

    def _drawn_for(self, slot: int) -> bool:
        every = self._parameters.explore_every
        return bool(self._lot.size) and slot % every >= every - self._parameters.explore_places

    def _pinned(self, slot: int) -> int | None:
        """The highest score of whom this slot is pinned for; None if there is none."""
        free = np.flatnonzero(self._field.pinned[slot + 1] & self._left)
        if not len(free):
            return None
        self._pins.append(slot)
        return int(free[0])

    def _draw(self) -> tuple[int | None, float | None]:
        """One drawn by lot of who may come, and the probability that it would be."""
        assert self._field.chance is not None  # noqa: S101  # for the type checker
        assert self._field.luck is not None  # noqa: S101  # as above
        may_come = self._value[self._lot] > -np.inf
        free = self._lot[may_come & (self._lot_series != self._last)]
        if not len(free):
            return None, None
        chance = self._field.chance[free]
        at = int((chance + self._field.luck[free]).argmax())
        weights = np.exp(chance - chance.max())
        return int(free[at]), float(weights[at] / weights.sum())

    def _may_be_outside(self, place: int | None) -> bool:
        """Whether somebody outside might be worth more than the best of the field."""
        if not len(self._outside.scores):
            return False
        if place is None and len(self._taken) < self._parameters.relax_below:
            return True
        self._ceiling = self._outside.ceiling(self._parameters, self._times, self._topic_times)
        value = -np.inf if place is None else self._now[place]
        return bool(value <= self._ceiling > -np.inf)

    def _relax(self) -> int | None:
        """Where nobody may come: the highest value once the limits are relaxed, if they may be."""
        if len(self._taken) >= self._parameters.relax_below:
            return None
        self._relaxed = True
        self._times.clear()
        decayed = self._field.scores
        if self._topics:
            times = [self._topic_times[topic] if topic >= 0 else 0 for topic in self._topics]
            decayed = decayed * self._topic_step ** np.array(times)
        self._value = np.where(self._left, decayed, -np.inf)
        place = self._highest()
        if place is None:
            self._last = None
            place = self._highest()
        return place

    def _highest(self) -> int | None:
        """The highest value outside the series chosen just before, the first among equals."""
        now = self._now
        if self._cosines is None:
            np.copyto(now, self._value)
        else:
            np.subtract(self._value, self._near, out=now)
        if self._shared is not None:
            share = self._parameters.calibration / max(1, len(self._taken))
            now -= np.multiply(self._got, share, out=self._spare)
            now += self._field.lack
        if self._last is not None:
            for place in self._of_series[self._last]:
                now[place] = -np.inf
        place = int(now.argmax()) if len(now) else 0
        return place if len(now) and now[place] > -np.inf else None

    def _take(self, place: int, propensity: float | None) -> None:
        """Choose one, and let the others feel it."""
        parameters = self._parameters
        self._taken.append(place)
        self._propensities.append(propensity)
        self._left[place] = False
        self._value[place] = -np.inf
        self._last = self._series[place]
        if self._topics and (topic := self._topics[place]) >= 0:
            self._topic_times[topic] += 1
            self._value *= self._step_of(topic)
        self._count(self._last)
        if self._cosines is not None:
            self._near *= parameters.mmr_memory
            np.maximum(self._near, self._cosines[place], out=self._near)
        if place in self._twins:
            twins = self._twins[place]
            self._left[twins] = False
            self._value[twins] = -np.inf
        if self._shared is not None:
            self._got += self._shared[place]

    def _step_of(self, topic: int) -> FloatArray:
        if topic not in self._steps:
            self._steps[topic] = np.where(self._field.topics == topic, self._topic_step, 1.0)
        return self._steps[topic]

    def _count(self, series: int) -> None:
        """One more of a series: the others of it are worth less, or it is used up."""
        self._times[series] += 1
        mine = self._of_series[series]
        if len(mine) == 1:
            return
        times = self._times[series]
        if times >= self._parameters.max_per_series:
            for place in mine:
                self._value[place] = -np.inf
            return
        factor = self._parameters.series_decay**times
        for place in mine:
            if self._value[place] > -np.inf:
                self._value[place] = self._decayed(place, factor)

    def _decayed(self, place: int, factor: float) -> float:
        """Its score with this decay of its series, and that of its topic."""
        score = self._scores[place]
        if score > 0 or self._parameters.decay_below_zero:
            score *= factor
        else:  # lower either way: a smaller factor on a negative score would raise it
            score /= max(factor, LEAST)
        if self._topics and (topic := self._topics[place]) >= 0:
            score *= float(self._topic_step[place]) ** self._topic_times[topic]
        return score


def _topic_step(scores: FloatArray, parameters: SelectorParameters) -> FloatArray:
    step = max(parameters.topic_decay, LEAST)
    falls = (scores > 0) | parameters.decay_below_zero
    return np.where(falls, step, 1.0 / step)


def _alike(
    vectors: npt.NDArray[np.float32] | None, parameters: SelectorParameters
) -> tuple[FloatArray | None, dict[int, list[int]]]:
    """(f, f) `mmr` x cosine, where that takes part, and the near-duplicates of each.

    All at once: for a field as small as this one product of matrices takes less than one of a
    matrix and a vector for each place.
    """
    if vectors is None:
        return None, {}
    cosines = vectors @ vectors.T
    twins: dict[int, list[int]] = defaultdict(list)
    if parameters.near_duplicate <= 1.0:
        alike = cosines > parameters.near_duplicate
        np.fill_diagonal(alike, val=False)
        if alike.any():
            for one, other in np.argwhere(alike).tolist():
                twins[one].append(other)
    return parameters.mmr * cosines.astype(np.float64) if parameters.mmr else None, dict(twins)


def _places_by(groups: list[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for place, group in enumerate(groups):
        found[group].append(place)
    return dict(found)
