"""Fill: a queue that takes about a given time to hear, chosen as a knapsack.

Every second of an episode is worth the episode's value above the lowest one, and a second that is
left of the time is worth nothing. A fill is the set of episodes whose mean worth per second is
highest. Lengths in whole steps make that exact: for each total the set of the highest worth
(dynamic programming; Bellman, 1957), then the best total. Other than the sum of values, this
prefers neither short episodes nor too much or too little of the time, and does not change if a
number is added to all values.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from feed.arrays.arrays import FloatArray, IntArray
from feed.scenarios.selector import SelectorParameters
from feed.selection.greedy import Selection
from feed.selection.selector import NOT_FINITE, select
from feed.selection.shortlist import SelectorInput

TOLERANCE_PERCENT = 5
"""how far from the time that was asked for a fill may be"""
MAX_STEPS = 3600
"""Lengths are rounded up to whole seconds, or to this part of the time where that is longer."""
MAX_EPISODES = 150
"""Greatest number of episodes of a fill, whatever the scenario says: as many as a cursor holds."""


@dataclass(frozen=True)
class Fill:
    """A queue and the time that it takes."""

    selection: Selection
    total_s: float
    """what its episodes take together"""
    is_full: bool
    """whether that is within `TOLERANCE_PERCENT` of the time that was asked for"""


@dataclass(frozen=True)
class _Choice:
    """What a fill is chosen from: k candidates, of each group at most one."""

    indices: IntArray
    """(k,) of the selector's candidates"""
    values: FloatArray
    """(k,)"""
    groups: IntArray
    """(k,)"""


def longest_s(asked_s: int) -> float:
    """The length from which on an episode is too long for a fill of a time."""
    return asked_s * (100 + TOLERANCE_PERCENT) / 100


def fill(
    candidates: SelectorInput, lengths_s: FloatArray, asked_s: int, parameters: SelectorParameters
) -> Fill:
    """Choose a queue that takes `asked_s` seconds within `TOLERANCE_PERCENT`.

    `lengths_s` (k,) are the lengths of the candidates, above 0 and at most `longest_s`. Chooses
    from the queue that `select` makes of the candidates, at the values with which it chose them and
    one episode of each series; if no such set takes the time, from the best candidates by their
    scores, as many as `MAX_EPISODES`, one of each series; and then from the queue with as many of a
    series as it has. If none does, the set of those three that takes the longest below is chosen.
    Pinned episodes come first, as far as they fit. There are no exploration and no long-tail slots:
    these are of a long queue.

    The order is that of the selector among the chosen.
    """
    scores = np.where(np.isfinite(candidates.scores), candidates.scores, NOT_FINITE)
    candidates = replace(
        candidates, scores=scores, popularity_gain=None, log_weights=None, gumbel_noise=None
    )
    step_s = -(-asked_s // MAX_STEPS)
    lengths = np.maximum(np.ceil(lengths_s / step_s), 1).astype(np.int64)
    low = -(-asked_s * (100 - TOLERANCE_PERCENT) // (100 * step_s))
    high = asked_s * (100 + TOLERANCE_PERCENT) // (100 * step_s)
    queue = select(candidates, parameters)
    pinned = queue.indices[queue.pinned]
    pinned = pinned[np.cumsum(lengths[pinned]) <= high]
    best, most = pinned, -1
    for choice in _choices(candidates, queue, pinned, parameters):
        places = best_subset(
            lengths[choice.indices],
            choice.values,
            choice.groups,
            (low, asked_s // step_s, high),
            int(lengths[pinned].sum()),
        )
        found = np.append(pinned, choice.indices[places])
        total = int(lengths[found].sum())
        if total > most:
            best, most = found, total
        if total >= low:
            break
    selection = _ordered(candidates, best, parameters)
    total_s = float(lengths_s[selection.indices].sum())
    return Fill(selection, total_s, total_s * 100 >= asked_s * (100 - TOLERANCE_PERCENT))


def best_subset(
    lengths: IntArray,
    values: FloatArray,
    groups: IntArray,
    bounds: tuple[int, int, int],
    fixed: int = 0,
) -> IntArray:
    """Indices of the subset of k items, at most one of each group, that fills a time best.

    That is the one of the highest sum of `lengths` (k,), which are positive, x `values` (k,) above
    the lowest value, over the time or over the subset's total length where that is longer; of
    equals the shortest. `bounds` are the lowest total length, the time and the highest total
    length. If no total is within them, it is the best subset of the largest total below. `fixed`
    is the length of what the subset is added to; its value takes no part.

    Exact, in O(k x the upper bound): a multiple-choice knapsack (Kellerer, Pferschy and Pisinger,
    2004, chapter 11).
    """
    low, asked, high = (max(bound - fixed, 0) for bound in bounds)
    worth = (values - values.min(initial=np.inf)) * lengths
    totals = np.full(high + 1, -np.inf)
    totals[0] = 0.0
    taken: list[IntArray] = []
    for group in dict.fromkeys(groups.tolist()):
        best, item = totals.copy(), np.full(high + 1, -1, np.int32)
        for one in np.flatnonzero(groups == group).tolist():
            length = int(lengths[one])
            if length > high:
                continue
            longer = totals[: high + 1 - length] + worth[one]
            better = longer > best[length:]
            np.copyto(best[length:], longer, where=better)
            np.copyto(item[length:], one, where=better)
        totals = best
        taken.append(item)
    total = _best_total(totals, low, max(asked, 1))
    found: list[int] = []
    for item in reversed(taken):
        if (one := int(item[total])) >= 0:
            found.append(one)
            total -= int(lengths[one])
    return np.array(found[::-1], np.int64)


def _best_total(totals: FloatArray, low: int, asked: int) -> int:
    """The total from `low` on with the highest mean worth, or else the largest that there is."""
    reachable = np.flatnonzero(totals > -np.inf)
    enough = reachable[reachable >= low]
    if not len(enough):
        return int(reachable[-1])
    return int(enough[np.argmax(totals[enough] / np.maximum(enough, asked))])


def _choices(
    candidates: SelectorInput, queue: Selection, pinned: IntArray, parameters: SelectorParameters
) -> Iterator[_Choice]:
    """Yield what a fill may be chosen from beside what is pinned, the best first."""
    alone = -2 - np.arange(len(candidates.scores))
    series = candidates.series
    if not parameters.limit_unnamed:
        series = np.where(series >= 0, series, alone)
    open_series = ~np.isin(series, series[pinned])
    in_queue = open_series[queue.indices]
    indices = queue.indices[in_queue]
    yield _Choice(indices, queue.values[in_queue], series[indices])
    ranked = np.lexsort((candidates.tie_order, -candidates.scores))
    if candidates.title_hashes is not None:
        ranked = ranked[np.sort(np.unique(candidates.title_hashes[ranked], return_index=True)[1])]
    ranked = ranked[open_series[ranked]][: MAX_EPISODES - len(pinned)]
    yield _Choice(ranked, candidates.scores[ranked], series[ranked])
    others = ~np.isin(queue.indices, pinned)
    indices = queue.indices[others]
    yield _Choice(indices, queue.values[others], alone[indices])


def _ordered(
    candidates: SelectorInput, chosen: IntArray, parameters: SelectorParameters
) -> Selection:
    """The chosen candidates as the selector orders them."""
    count = len(chosen)
    parameters = msgspec.structs.replace(parameters, queue=max(count, 1), relax_below=count)
    selection = select(candidates.take(chosen), parameters)
    return replace(selection, indices=chosen[selection.indices])
