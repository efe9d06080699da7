"""The selector: candidates to a queue, under the rules of diversity. Nothing else reorders."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, HashArray, IntArray
from feed.scenarios.scenario import SelectorParameters
from feed.selection.greedy import Chosen, Filling
from feed.selection.shortlist import Field, Outside

_LAST = -1e200
"""what a score that is not finite counts as: less than any, with room to be lowered"""
_SPARE = 2
"""how many times as many candidates as places are looked at, at first"""
_LEAST_FIELD = 64


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


def select(candidates: Candidates, parameters: SelectorParameters) -> Chosen:
    """The chosen candidates, in order.

    Repeatedly the candidate of the highest value, skipping series that are used up and the series
    chosen just before, until none is left. The value is the score x series_decay^(already chosen
    of its series) x topic_decay^(already chosen of its topic), less `mmr` x the cosine with the
    nearest of those chosen lately, plus `calibration` x how much its categories are still wanted.
    A pinned slot goes to the highest score of whom its rule names, whatever the limits say; for an
    open slot one is drawn by lot. Near-duplicates come once. Equal values keep the order by score,
    then `order`. A score that is not finite comes last.

    With `relax_below`, a shorter queue goes on: first the counts begin anew, and when the only
    series left is the one chosen just before, it may follow itself.

    Who can never be worth enough is not looked at: the queue is filled from a field of the most
    promising, and once again from all where somebody outside might have had the place.
    """
    scores = np.where(np.isfinite(candidates.scores), candidates.scores, _LAST)
    ranked = np.lexsort((candidates.order, -scores))
    if candidates.titles is not None:  # of one title the best
        first = np.unique(candidates.titles[ranked], return_index=True)[1]
        ranked = ranked[np.sort(first)]
    lack = np.zeros(len(scores))
    if candidates.mix is not None and candidates.wanted is not None:
        lack = parameters.calibration * (candidates.mix @ candidates.wanted)
    inside = _promising(candidates, ranked, scores + lack, parameters)
    while True:
        places, others = ranked[inside], ranked[~inside]
        filling = Filling(
            _field(candidates, places, scores, lack),
            _outside(candidates, others, scores, lack),
            parameters,
        )
        if filling.fill():
            return filling.chosen(places)
        inside = np.ones(len(ranked), np.bool_)


def _promising(
    candidates: Candidates, ranked: IntArray, most: FloatArray, parameters: SelectorParameters
) -> BoolArray:
    """Who of the ranked is in the field; `most` (k,) is what each may be worth.

    Everybody, where the series have hardly more than a queue to give.
    """
    series = candidates.series[ranked]
    free = 0 if parameters.limit_unnamed else int(np.count_nonzero(series < 0))
    sizes = np.unique(series[series >= 0] if free else series, return_counts=True)[1]
    may_come = free + int(np.minimum(sizes, parameters.max_per_series).sum())
    size = max(_LEAST_FIELD, _SPARE * parameters.queue)
    if may_come <= size or len(ranked) <= size:
        return np.ones(len(ranked), np.bool_)
    most = most[ranked]
    best: BoolArray = most >= np.partition(most, -size)[-size]
    return best | _certain(candidates)[ranked]


def _certain(candidates: Candidates) -> BoolArray:
    """(k,) who is in every field: whom chance or a rule may choose, whatever the score."""
    some = np.zeros(len(candidates.scores), np.bool_)
    if candidates.chance is not None:
        some |= candidates.chance > -np.inf
    for who in candidates.pinned.values():
        some |= who
    return some


def _field(candidates: Candidates, places: IntArray, scores: FloatArray, lack: FloatArray) -> Field:
    def some(column: Any) -> Any:
        return None if column is None else column[places]

    return Field(
        scores=scores[places],
        series=candidates.series[places],
        topics=some(candidates.topics),
        vectors=some(candidates.vectors),
        mix=some(candidates.mix),
        lack=lack[places],
        chance=some(candidates.chance),
        luck=some(candidates.luck),
        pinned={slot: who[places] for slot, who in candidates.pinned.items()},
    )


def _outside(
    candidates: Candidates, places: IntArray, scores: FloatArray, lack: FloatArray
) -> Outside:
    topics = candidates.topics
    return Outside(
        scores=scores[places],
        series=candidates.series[places],
        topics=None if topics is None else topics[places],
        lack=lack[places],
    )
