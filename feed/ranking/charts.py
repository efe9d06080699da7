"""Charts: episodes in one order for everybody, such as the most popular of a week."""

from typing import Literal

import numpy as np

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, top_k
from feed.model.timestamps import DAY_US
from feed.ranking import filters
from feed.ranking.catalog_features import CatalogFeatures

Window = Literal["day", "week", "month", "ever"]
WINDOW_DAYS: dict[Window, int | None] = {"day": 1, "week": 7, "month": 30, "ever": None}

Values = tuple[FloatArray, BoolArray]
"""(n,) the value of each episode, and which episodes the chart lists"""


def popular(features: CatalogFeatures, window: Window) -> Values:
    """Listeners of each episode, those of a window ago counting half (`Signals.popularity`).

    "ever" counts all listeners alike. Lists episodes with enough listeners to be counted.
    """
    signals = features.catalog.signals
    columns = ("day", "week", "month")
    counts = (
        signals.listeners if window == "ever" else signals.popularity[:, columns.index(window)]
    ).astype(np.float64)
    return counts, counts > 0


def trending(features: CatalogFeatures, window: Literal["day", "week", "month"]) -> Values:
    """The logarithm of each episode's listeners over those that longer counts let expect.

    That is `rise_day`, `rise_week` or `rise_month` of `feed.ranking.scorers.popularity_parts`.
    Lists episodes that rise and have enough listeners to be counted.
    """
    rise = features.popularity[f"rise_{window}"]
    _, counted = popular(features, window)
    return rise, counted & (rise > 0)


def newest(features: CatalogFeatures, window: Window, now_us: int) -> Values:
    """The time of publication of each episode; lists those that are not older than a window."""
    published_us = features.catalog.published_us
    days = WINDOW_DAYS[window]
    earliest_us = published_us.min(initial=0) if days is None else now_us - days * DAY_US
    return published_us.astype(np.float64), published_us >= earliest_us


def chart(
    features: CatalogFeatures, values: Values, allowed: BoolArray, now_us: int, count: int
) -> IntArray:
    """The catalog rows of the `count` highest values, of episodes that the chart lists.

    `allowed` is (n,). Episodes below the quality floors, or dated in the future, are left out.
    """
    value, listed = values
    listed = listed & allowed
    for mask in (features.floors, filters.published(features.catalog, now_us)):
        if mask is not None:
            listed &= mask
    rows = np.flatnonzero(listed)
    return top_k(rows, value[rows], count, features.tie_order)[0]
