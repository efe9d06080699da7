"""The selector: candidates to a queue under the series rules. Nothing else reorders."""

import numpy as np

from feed.columns import FloatArray, IntArray
from feed.scenario import Selector

_LAST = -1e300
"""what a score that is not finite counts as: less than any, with room to be lowered"""


def select(
    scores: FloatArray, series: IntArray, order: IntArray, parameters: Selector
) -> tuple[IntArray, bool]:
    """The chosen candidates in order, as places in `scores`, and whether the limits were relaxed.

    Repeatedly the candidate with the highest score x series_decay^(already chosen from its
    series), skipping series that are used up and the series chosen just before, until none is
    left. Equal scores keep the order by undecayed score, then `order`. `series` is -1 for none.
    NaN and infinite scores come after every finite one.

    With `relax_below`, a shorter queue goes on: first the counts begin anew, and when the only
    series left is the one chosen just before, it may follow itself.
    """
    scores = np.where(np.isfinite(scores), scores, _LAST)
    ranked = np.lexsort((order, -scores))
    scores, series = scores[ranked], series[ranked]
    if not parameters.limit_unnamed:
        # Each its own series, below every real one.
        series = np.where(series < 0, -1 - np.arange(len(series)), series)
    members = _places_by_series(series)
    decayed = scores.copy()
    left = np.ones(len(scores), np.bool_)
    used: dict[int, int] = {}
    chosen: list[int] = []
    last: int | None = None
    relaxed = False
    while len(chosen) < min(parameters.queue, len(scores)):
        place = _best(decayed, members.get(last) if last is not None else None)
        if place is None and len(chosen) < parameters.relax_below:
            relaxed = True
            used.clear()
            decayed = np.where(left, scores, -np.inf)
            place = _best(decayed, members.get(last) if last is not None else None)
            place = _best(decayed, None) if place is None else place
        if place is None:
            break
        last = int(series[place])
        chosen.append(place)
        left[place] = False
        used[last] = used.get(last, 0) + 1
        mine = members[last]
        if used[last] >= parameters.max_per_series:
            decayed[mine] = -np.inf
        else:
            decayed[mine] = _decayed(scores[mine], used[last], parameters)
            decayed[mine[~left[mine]]] = -np.inf
    return ranked[np.array(chosen, np.int64)], relaxed


def _decayed(scores: FloatArray, times: int, parameters: Selector) -> FloatArray:
    factor = parameters.series_decay**times
    if parameters.decay_below_zero:
        return scores * factor
    # Lower either way: a smaller factor on a negative score would raise it.
    return np.where(scores > 0, scores * factor, scores / max(factor, 1e-6))


def _places_by_series(series: IntArray) -> dict[int, IntArray]:
    by_series = np.argsort(series, kind="stable")
    names, starts = np.unique(series[by_series], return_index=True)
    return dict(zip(names.tolist(), np.split(by_series, starts)[1:], strict=True))


def _best(decayed: FloatArray, barred: IntArray | None) -> int | None:
    """The place of the highest score outside `barred`; the first among equals; None if none."""
    if barred is not None:
        held = decayed[barred]
        decayed[barred] = -np.inf
    place = int(np.argmax(decayed))
    found = bool(decayed[place] > -np.inf)
    if barred is not None:
        decayed[barred] = held
    return place if found else None
