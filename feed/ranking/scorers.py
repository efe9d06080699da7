"""Scorers: functions that return one number per episode, in the order of the rows they are given.

A scorer drops no episode. `score_parts` says which part of the score each one is.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, in_sorted, lookup_sorted, ranges
from feed.catalog.catalog import Catalog
from feed.catalog.signals import Signals
from feed.model.timestamps import DAY_US
from feed.scenarios.parameters import BlendParameters, QualityParameters
from feed.user.features import UserFeatures

SUBTRACTED = frozenset({"aversion", "served"})
"""Parts that lower the score."""
PERSONAL = frozenset({"similarity", "interest", "neighbours", "series", "category", "era"})
"""Parts that depend on the user, and count less where little is known."""


def quality(catalog: Catalog, parameters: QualityParameters) -> FloatArray:
    """(n,) quality of every episode: the weighted sum of its editorial scores over `scale`.

    A missing score counts as 0, or the whole quality as the catalog's median (0.5 if none is
    known), as the scenario's `missing` says.
    """
    scores = catalog.scores[:, :2]
    if parameters.missing == "zero":
        scores = np.nan_to_num(scores)
    weights = np.array([parameters.credibility, parameters.insight])
    found: FloatArray = scores @ weights / parameters.scale
    missing = np.isnan(found)
    if missing.any():
        known = found[~missing]
        found[missing] = np.median(known) if len(known) else 0.5
    return found


def is_highly_rated(catalog: Catalog, quality: FloatArray) -> BoolArray:
    """(n,) true for an episode whose own scores put it in the better half of the catalog."""
    known: BoolArray = ~np.isnan(catalog.scores[:, 0] + catalog.scores[:, 1])
    if not known.any():
        return known
    better: BoolArray = known & (quality >= np.median(quality[known]))
    return better


def trend_ratio(signals: Signals) -> FloatArray:
    """(n,) the square of popularity at 7 days / popularity at 180 days, 0 to 1.

    High for an episode whose success is new, low for one that was always popular.
    """
    week, ever = signals.popularity[:, 1].astype(np.float64), signals.popularity[:, 3]
    share: FloatArray = np.divide(week, ever, out=np.zeros_like(week), where=ever > 0)
    return share**2


def known_or_median(values: FloatArray, known: BoolArray) -> FloatArray:
    """(n,) the known values, and their median in place of the others; 0 if none is known."""
    middle = float(np.median(values[known])) if known.any() else 0.0
    return np.where(known, values, middle)


def recency(ages: IntArray, decay: float) -> FloatArray:
    """(k,) exp(-decay x age in whole days); above 1 before the date of publication."""
    with np.errstate(over="ignore"):  # centuries ahead it is infinite, which sorts last
        decayed: FloatArray = np.exp(-decay * ages)
    return decayed


def is_among(rows: IntArray, marked: IntArray) -> FloatArray:
    """(k,) 1 for each of these rows that is among the marked ones, else 0."""
    return in_sorted(np.sort(marked), rows).astype(np.float64)


def neighbours(user: UserFeatures, rows: IntArray, unit: float) -> FloatArray:
    """(k,) log(1 + co-engagement with the user's positives / unit); 0 for no neighbour."""
    nearness = lookup_sorted(user.neighbours.rows, user.neighbours.nearness, rows)
    logs: FloatArray = np.log1p(nearness / unit)
    return logs


def series(catalog: Catalog, user: UserFeatures, rows: IntArray) -> FloatArray:
    """(k,) share of each episode's series in the user's positives; 1 for a followed series."""
    indices = catalog.series[rows]
    shares = lookup_sorted(*user.series_shares, indices)
    followed: BoolArray = in_sorted(user.followed_series, indices) & (indices >= 0)
    return np.where(followed, 1.0, shares)


def category(catalog: Catalog, user: UserFeatures, rows: IntArray) -> FloatArray:
    """(k,) sum of the user's shares of each episode's c categories over the square root of c."""
    starts, ends = catalog.category_starts[rows], catalog.category_starts[rows + 1]
    members = catalog.category_members[ranges(starts, ends)]
    shares = lookup_sorted(*user.category_shares, members)
    owners = np.repeat(np.arange(len(rows)), ends - starts)
    total = np.bincount(owners, shares, len(rows)).astype(np.float64)
    found: FloatArray = total / np.sqrt(np.maximum(ends - starts, 1))
    return found


def date_affinity(catalog: Catalog, user: UserFeatures, rows: IntArray, days: float) -> FloatArray:
    """(k,) how near in date of publication each episode is to the user's positives, 0 to 1.

    The mean over the positives, by their shares, of exp(-days between the dates / `days`).
    """
    dates, member = np.unique(catalog.published_us[user.positives], return_inverse=True)
    shares = np.bincount(member, user.positive_shares, len(dates))
    own, index = np.unique(catalog.published_us[rows], return_inverse=True)
    apart = np.abs(own[:, None] - dates).astype(np.float64) / (days * DAY_US)
    affinity: FloatArray = (np.exp(-apart) @ shares)[index]
    return affinity


def weights(
    parameters: BlendParameters, names: Iterable[str], confidence: float
) -> dict[str, float]:
    """Weight of each part by name: negative if it is subtracted, scaled if it is personal.

    `confidence`, 0 to 1, is how far the personal parts are trusted (`UserFeatures.confidence`).
    """
    found = {}
    for name in names:
        # How much a boost adds is in the rules themselves.
        weight: float = 1.0 if name == "boost" else getattr(parameters, name)
        found[name] = -weight if name in SUBTRACTED else weight
        if name in PERSONAL:
            found[name] *= confidence
    return found


def blend(weights: Mapping[str, float], parts: Mapping[str, FloatArray]) -> FloatArray:
    """(k,) the sum of weight x part, over the parts (k,) by name."""
    blended: FloatArray = np.zeros(len(parts["similarity"]))
    for name, part in parts.items():
        blended = blended + weights[name] * part
    return blended
