"""The selector: candidates to a queue, under the rules of diversity. Nothing else reorders."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from feed.columns import BoolArray, FloatArray, HashArray, IntArray
from feed.scenario import Selector

_LEAST = 1e-3
"""a decay is no less, so that what is decayed often stays a number"""
_LAST = -1e200
"""what a score that is not finite counts as: less than any, with room to be lowered"""


@dataclass(frozen=True)
class Candidates:
    """k candidates, as the selector looks at them. What is None takes no part."""

    scores: FloatArray
    order: IntArray
    """what breaks ties: lower comes first"""
    series: IntArray
    """-1 for none"""
    topics: IntArray | None = None
    """the main category of each, -1 for none"""
    vectors: npt.NDArray[np.float32] | None = None
    """(k, D) unit rows"""
    titles: HashArray | None = None
    mix: FloatArray | None = None
    """(k, c) share of each category in each candidate"""
    wanted: FloatArray | None = None
    """(c,) share of each category in what the user chose"""
    chance: FloatArray | None = None
    """(k,) log-weight of each in the lot for an open slot; -inf: not to be drawn"""
    luck: FloatArray | None = None
    """(k,) Gumbel noise that decides the lot"""
    pinned: Mapping[int, BoolArray] = field(default_factory=dict)
    """by slot from 1 on: (k,) who may be pinned to it"""

    def ranked(self) -> tuple["Candidates", IntArray]:
        """The same in the order of their scores, and where each was. NaN and infinities last."""
        scores = np.where(np.isfinite(self.scores), self.scores, _LAST)
        by = np.lexsort((self.order, -scores))
        taken = {
            name: getattr(self, name)[by]
            for name in ("order", "series", "topics", "vectors", "titles", "mix", "chance", "luck")
            if getattr(self, name) is not None
        }
        pinned = {slot: who[by] for slot, who in self.pinned.items()}
        return replace(self, scores=scores[by], pinned=pinned, **taken), by


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


def select(candidates: Candidates, parameters: Selector) -> Chosen:
    """The chosen candidates, in order.

    Repeatedly the candidate of the highest value, skipping series that are used up and the series
    chosen just before, until none is left. The value is the score x series_decay^(already chosen
    of its series) x topic_decay^(already chosen of its topic), less `mmr` x the cosine with the
    nearest of those chosen lately, plus `calibration` x how much its categories are still wanted.
    A pinned slot goes to the highest score of whom its rule names, whatever the limits say; for an
    open slot one is drawn by lot. Near-duplicates come once. Equal values keep the order by score,
    then `order`.

    With `relax_below`, a shorter queue goes on: first the counts begin anew, and when the only
    series left is the one chosen just before, it may follow itself.
    """
    ranked, by = candidates.ranked()
    queue = _Queue(ranked, parameters)
    while len(queue.chosen) < min(parameters.queue, len(by)):
        place, propensity = queue.pinned(), None
        if place is None and queue.is_open:
            place, propensity = queue.draw()
        if place is None:
            place = queue.next()
        if place is None:
            break
        queue.take(place, propensity)
    places = np.array(queue.chosen, np.int64)
    drawn = np.array([one is not None for one in queue.propensities], np.bool_)
    propensities = np.array([1.0 if p is None else p for p in queue.propensities], np.float64)
    pinned = np.isin(np.arange(len(places)), queue.pins)
    return Chosen(by[places], propensities, drawn, pinned, queue.relaxed)


class _Queue:
    """What has been chosen so far, and what that makes of the others."""

    def __init__(self, candidates: Candidates, parameters: Selector) -> None:
        self._all = candidates
        self._parameters = parameters
        series = candidates.series
        if not parameters.limit_unnamed:
            # Each its own series, below every real one.
            series = np.where(series < 0, -1 - np.arange(len(series)), series)
        self._series = series
        self._of_series = _places_by(series)
        self._of_topic = {} if candidates.topics is None else _places_by(candidates.topics)
        self._left = np.ones(len(series), np.bool_)
        if candidates.titles is not None:  # of one title the best is left
            self._left[:] = False
            self._left[np.unique(candidates.titles, return_index=True)[1]] = True
        self._open = self._left.copy()
        """who is left, and of a series that is not used up"""
        self._series_times = np.zeros(len(series), np.int64)
        self._value = np.where(self._left, candidates.scores, -np.inf)
        """score with the decay of its series; -inf for who is not open"""
        self._near = np.zeros(len(series))
        """cosine with the nearest chosen, fading"""
        self._positive = candidates.scores > 0
        self._series_factors = parameters.series_decay ** np.arange(len(series) + 1)
        """by how often its series was chosen already"""
        lower = max(parameters.topic_decay, _LEAST)
        self._topic_step = np.where(
            self._positive | parameters.decay_below_zero, lower, 1.0 / lower
        )
        self._topic_factor = np.ones(len(series))
        """the decay of its topic, and what one more of that does to it"""
        self._wanted, self._got = np.zeros(len(series)), np.zeros(len(series))
        """what its categories being wanted adds, and how much was chosen of them"""
        if candidates.mix is not None and candidates.wanted is not None:
            self._wanted = parameters.calibration * (candidates.mix @ candidates.wanted)
        self._last: int | None = None
        self.chosen: list[int] = []
        self.propensities: list[float | None] = []
        """of each; None where no chance was in it"""
        self.pins: list[int] = []
        """which of them a rule chose, by place in the queue"""
        self.relaxed = False

    @property
    def is_open(self) -> bool:
        """Whether the next slot is one that is drawn for."""
        every = self._parameters.explore_every
        return (
            self._all.chance is not None
            and (len(self.chosen) % every) >= every - self._parameters.explore_places
        )

    def pinned(self) -> int | None:
        """The highest score of whom the next slot is pinned for; None if there is none."""
        who = self._all.pinned.get(len(self.chosen) + 1)
        if who is None:
            return None
        place = self._first(np.where(who & self._left, self._all.scores, -np.inf))
        if place is not None:
            self.pins.append(len(self.chosen))
        return place

    def draw(self) -> tuple[int | None, float | None]:
        """One drawn by lot of who is open, and the probability that it would be."""
        assert self._all.chance is not None  # noqa: S101  # for the type checker
        assert self._all.luck is not None  # noqa: S101  # as above
        chance = self._barred(np.where(self._open, self._all.chance, -np.inf))
        place = self._first(chance + self._all.luck)
        if place is None:
            return None, None
        weights = np.exp(chance - chance.max())
        return place, float(weights[place] / weights.sum())

    def next(self) -> int | None:
        """The highest value; where there is none, once the limits are relaxed, if they may be."""
        place = self._first(self._barred(self._adjusted()))
        if place is None and len(self.chosen) < self._parameters.relax_below:
            self.relaxed = True
            self._series_times[:] = 0
            self._open = self._left.copy()
            self._revalue(slice(None))
            place = self._first(self._barred(self._adjusted()))
            if place is None and self._left.any():
                place = int(np.argmax(np.where(self._left, self._adjusted(), -np.inf)))
        return place

    def take(self, place: int, propensity: float | None) -> None:
        """Choose one, and let the others feel it."""
        parameters, candidates = self._parameters, self._all
        self.chosen.append(place)
        self.propensities.append(propensity)
        self._last = int(self._series[place])
        self._left[place] = self._open[place] = False
        self._value[place] = -np.inf
        mine = self._of_series[self._last]
        self._series_times[mine] += 1
        if self._series_times[place] >= parameters.max_per_series:
            self._open[mine] = False
        if len(mine) > 1:
            self._revalue(mine)
        if candidates.topics is not None and candidates.topics[place] >= 0:
            alike = self._of_topic[int(candidates.topics[place])]
            self._topic_factor[alike] *= self._topic_step[alike]
        if candidates.vectors is not None:
            cosines = candidates.vectors @ candidates.vectors[place]
            if parameters.mmr:
                self._near *= parameters.mmr_memory
                np.maximum(self._near, cosines, out=self._near)
            twins = (cosines > parameters.near_duplicate).nonzero()[0]
            if len(twins) > 1:  # it is one of its own
                self._left[twins] = self._open[twins] = False
                self._value[twins] = -np.inf
        if candidates.mix is not None:
            self._got += candidates.mix @ candidates.mix[place]

    def _adjusted(self) -> FloatArray:
        parameters, candidates = self._parameters, self._all
        value = self._value
        if candidates.topics is not None:
            value = value * self._topic_factor
        if parameters.mmr and candidates.vectors is not None:
            value = value - parameters.mmr * self._near
        if candidates.mix is not None:
            share = parameters.calibration / max(1, len(self.chosen))
            value = value + (self._wanted - share * self._got)
        return value

    def _barred(self, value: FloatArray) -> FloatArray:
        """The same, without the series chosen just before."""
        mine = self._of_series.get(self._last) if self._last is not None else None
        if mine is None or len(mine) == 1:  # who is alone was chosen
            return value
        value = value.copy()
        value[mine] = -np.inf
        return value

    def _first(self, value: FloatArray) -> int | None:
        """The place of the highest value, the first among equals; None if there is none."""
        place = int(value.argmax())
        return place if value[place] > -np.inf else None

    def _revalue(self, who: IntArray | slice) -> None:
        parameters, scores = self._parameters, self._all.scores[who]
        factor = self._series_factors[self._series_times[who]]
        if parameters.decay_below_zero:
            value = scores * factor
        else:  # lower either way: a smaller factor on a negative score would raise it
            raised = scores / np.maximum(factor, _LEAST)
            value = np.where(self._positive[who], scores * factor, raised)
        self._value[who] = np.where(self._open[who], value, -np.inf)


def _places_by(groups: IntArray) -> dict[int, IntArray]:
    by_group = np.argsort(groups, kind="stable")
    names, starts = np.unique(groups[by_group], return_index=True)
    return dict(zip(names.tolist(), np.split(by_group, starts)[1:], strict=True))
