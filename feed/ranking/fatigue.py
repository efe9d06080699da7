"""Fatigue: how tired a user is of the episodes that they saw and did nothing with."""

import numpy as np

from feed.arrays.arrays import FloatArray, IntArray, group_sums, lookup_sorted
from feed.scenarios.parameters import ImpressionParameters
from feed.user.hydration import HydratedQuery

_MINUTE_S, _DAY_S = 60, 86_400


def fatigue(query: HydratedQuery, parameters: ImpressionParameters, rows: IntArray) -> FloatArray:
    """(k,) sum over the visits that saw each of these rows of 0.5^(age / half-life); 0 for none.

    The present visit does not count.
    """
    seen, ages_s = _of_earlier_visits(query, parameters)
    if not len(seen):
        return np.zeros(len(rows))
    shares = np.exp2(-ages_s / (parameters.half_life_days * _DAY_S))
    groups, sums = group_sums(seen, shares[None, :], int(seen.max()) + 1)
    return lookup_sorted(groups, sums[0], rows)


def tired_rows(query: HydratedQuery, parameters: ImpressionParameters) -> IntArray:
    """Rows seen in `limit_visits` visits, the last of them within `limit_days`; sorted."""
    seen, ages_s = _of_earlier_visits(query, parameters)
    if not parameters.limit_visits or not len(seen):
        return seen[:0]
    rows, first, counts = np.unique(seen, return_index=True, return_counts=True)
    newest_s = ages_s[first]  # the newest impression of each row comes first
    often = counts >= parameters.limit_visits
    tired: IntArray = rows[often & (newest_s <= parameters.limit_days * _DAY_S)]
    return tired


def _of_earlier_visits(
    query: HydratedQuery, parameters: ImpressionParameters
) -> tuple[IntArray, FloatArray]:
    """A row and an age in seconds for each visit that saw it, by row, the newest visit first.

    Impressions of one row belong to one visit while less than `visit_minutes` lie between them.
    """
    rows, ages_s = query.seen_rows, query.now_us / 1_000_000 - query.seen_s
    if not len(rows):
        return rows, ages_s
    order = np.lexsort((ages_s, rows))
    rows, ages_s = rows[order], ages_s[order]
    visit_s = parameters.visit_minutes * _MINUTE_S
    newest = np.ones(len(rows), np.bool_)
    newest[1:] = (rows[1:] != rows[:-1]) | (np.diff(ages_s) >= visit_s)
    counts = newest & (ages_s >= visit_s)
    return rows[counts], ages_s[counts]
