"""Fatigue: how tired a user is of the episodes that they saw and did nothing with."""

import numpy as np

from feed.arrays.arrays import FloatArray, IntArray, group_sum, lookup_sorted
from feed.scenarios.parameters import ImpressionParameters
from feed.user.hydration import HydratedQuery

_DAY_S = 86_400


def fatigue(query: HydratedQuery, parameters: ImpressionParameters, rows: IntArray) -> FloatArray:
    """(k,) sum over the visits that saw each of these rows of 0.5^(age / half-life); 0 for none.

    The present visit does not count, and neither does one before the user's last engagement with
    the episode.
    """
    seen = query.seen_rows
    if not len(seen):
        return np.zeros(len(rows))
    shares = np.exp2(-_ages_days(query) / parameters.half_life_days)
    return lookup_sorted(*group_sum(seen, shares, int(seen.max()) + 1), rows)


def tired_rows(query: HydratedQuery, parameters: ImpressionParameters) -> IntArray:
    """Rows seen in `limit_visits` visits, the last of them within `limit_days`; sorted.

    The visits are those that `fatigue` counts.
    """
    seen = query.seen_rows
    if not parameters.limit_visits or not len(seen):
        return seen[:0]
    rows, newest, counts = np.unique(seen, return_index=True, return_counts=True)
    is_often = counts >= parameters.limit_visits
    tired: IntArray = rows[is_often & (_ages_days(query)[newest] <= parameters.limit_days)]
    return tired


def _ages_days(query: HydratedQuery) -> FloatArray:
    """(s,) how long ago each visit saw its episode."""
    ages: FloatArray = (query.now_us / 1_000_000 - query.seen_s) / _DAY_S
    return ages
