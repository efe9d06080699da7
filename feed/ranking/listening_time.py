"""Listening time: how long each episode of a catalog takes one user to hear."""

from feed.arrays.arrays import BoolArray, FloatArray
from feed.ranking.catalog_features import CatalogFeatures
from feed.selection.fill import longest_s
from feed.user.features import UserFeatures


def listening_times(features: CatalogFeatures, user: UserFeatures) -> FloatArray:
    """(n,) seconds: an episode's length, of an unfinished one the rest; NaN where unknown."""
    times = features.durations_s.copy()
    times[user.unfinished] *= 1.0 - user.unfinished_progress
    return times


def short_enough(features: CatalogFeatures, user: UserFeatures, fill_s: int) -> BoolArray:
    """(n,) which episodes are known to be short enough for a fill of so many seconds."""
    return listening_times(features, user) <= longest_s(fill_s)
