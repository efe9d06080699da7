"""Fatigue: how tired a user is of the episodes that they saw and did nothing with."""

import numpy as np

from feed.arrays.arrays import FloatArray, IntArray, group_sums, lookup_sorted
from feed.scenarios.parameters import ImpressionParameters
from feed.user.hydration import HydratedQuery

_MINUTE_S, _DAY_S = 60, 86_400


def fatigue(query: HydratedQuery, parameters: ImpressionParameters, rows: IntArray) -> FloatArray:
    """(k,) sum over the impressions of each of these rows of 0.5^(age / half-life); 0 for none.

    Impressions of the present visit do not count.
    """
    seen, ages_s = _of_earlier_visits(query, parameters)
    if not len(seen):
        return np.zeros(len(rows))
    shares = np.exp2(-ages_s / (parameters.half_life_days * _DAY_S))
    groups, sums = group_sums(seen, shares[None, :], int(seen.max()) + 1)
    return lookup_sorted(groups, sums[0], rows)


def tired_rows(query: HydratedQuery, parameters: ImpressionParameters) -> IntArray:
    """Rows seen in `limit_sessions` sessions, the last of them within `limit_days`; sorted."""
    seen, ages_s = _of_earlier_visits(query, parameters)
    if not parameters.limit_sessions or not len(seen):
        return seen[:0]
    rows, first, counts = np.unique(seen, return_index=True, return_counts=True)
    newest_s = ages_s[first]  # the newest impression of each row comes first
    often = counts >= parameters.limit_sessions
    tired: IntArray = rows[often & (newest_s <= parameters.limit_days * _DAY_S)]
    return tired


def _of_earlier_visits(
    query: HydratedQuery, parameters: ImpressionParameters
) -> tuple[IntArray, FloatArray]:
    """Rows and ages in seconds of the impressions that count, the newest first."""
    ages_s = query.now_us / 1_000_000 - query.seen_s
    counts = ages_s >= parameters.visit_minutes * _MINUTE_S
    return query.seen_rows[counts], ages_s[counts]
