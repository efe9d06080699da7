"""Scorers: functions that return one number per episode, in the order of the rows they are given.

A scorer drops no episode. `score_parts` says which part of the score each one is.
"""

from collections.abc import Mapping

import numpy as np

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, in_sorted, lookup_sorted, ranges
from feed.catalog.catalog import Catalog
from feed.catalog.signals import Signals
from feed.model.timestamps import DAY_US
from feed.scenarios.parameters import BlendParameters, QualityParameters
from feed.user.features import UserFeatures

SUBTRACTED = frozenset({"aversion", "fatigue", "served"})
"""Parts that lower the score."""
NEIGHBOURS = ("neighbours", "neighbours_latest", "neighbours_long")
"""The parts that measure co-engagement, by index in `feed.user.features.NEIGHBOUR_HALF_LIVES`."""
PERSONAL = frozenset({"similarity", "interest", *NEIGHBOURS, "series", "category", "era"})
"""Parts that depend on the user; their weights, but not their curves, count less where little is
known."""
CONTENT = frozenset({"similarity", "interest"})
"""Parts that compare an episode's text with the user's."""
TRENDS = ("popularity_day", "popularity_week", "rise_day", "rise_week")
"""Parts that are high for an episode that many chose lately."""
NEIGHBOUR_UNIT = 0.001
"""Nearness at which `neighbours` is ln 2: one choice in a thousand."""
POPULAR = 20
"""Popularity is measured against the episode at this place in the order of popularity."""
FEW = 5.0
"""Choices that are added to every count before counts are compared, so that chance says little."""


def quality(
    catalog: Catalog, parameters: QualityParameters, estimates: FloatArray | None = None
) -> FloatArray:
    """(n,) quality of every episode: the weighted sum of its editorial scores over `scale`.

    A missing score counts as 0 or as the builder's estimate, or the whole quality as the catalog's
    median (0.5 if none is known), as the scenario's `missing` says. `estimates` (n,) stand in for
    those of the builder.
    """
    if estimates is None:
        estimates = catalog.estimated_scores.astype(np.float64)
    scores = catalog.scores[:, :2]
    if parameters.missing == "zero":
        scores = np.nan_to_num(scores)
    elif parameters.missing == "estimate" and len(estimates):
        scores = np.where(np.isnan(scores), estimates[:, None], scores)
    weights = np.array([parameters.credibility, parameters.insight])
    found: FloatArray = scores @ weights / parameters.scale
    missing = np.isnan(found)
    if missing.any():
        known = found[~missing]
        found[missing] = np.median(known) if len(known) else 0.5
    return found


def coarse_estimates(catalog: Catalog) -> FloatArray:
    """(n,) the builder's estimates in full points from the median one; NaN or empty as they are.

    An estimate tells a trailer from an episode, and hardly one episode from another: ordered by it
    alone, the episodes of one show would come before all others.
    """
    estimates = catalog.estimated_scores.astype(np.float64)
    if np.isnan(estimates).all():
        return estimates
    typical = float(np.nanmedian(estimates))
    coarse: FloatArray = typical + np.trunc(estimates - typical)
    return coarse


def is_highly_rated(catalog: Catalog, quality: FloatArray) -> BoolArray:
    """(n,) true for an episode whose own scores put it in the better half of the catalog."""
    known: BoolArray = ~np.isnan(catalog.scores[:, 0] + catalog.scores[:, 1])
    if not known.any():
        return known
    better: BoolArray = known & (quality >= np.median(quality[known]))
    return better


def popularity_parts(signals: Signals) -> dict[str, FloatArray]:
    """(n,) each part of the score that counts listeners, by name.

    `popularity_*` is the logarithm of an episode's count over that of the 20th most popular
    episode, by the counts of the last day, week and month (the half-lives of `Signals.popularity`)
    and by all listeners: 0 for that episode, negative for most. `rise_*` is the logarithm of a
    recent count over what the longer count lets expect, as for an average episode: 0 for an
    episode as for one without listeners. All counts are `FEW` more than they are, so that neither
    the number of listeners nor chance in small counts changes the scale.
    """
    columns = np.column_stack([signals.popularity[:, :3], signals.listeners]).astype(np.float64)
    day, week, month, ever = columns.T
    counts = {"day": day, "week": week, "month": month, "ever": ever}
    logs = {name: np.log(count + FEW) for name, count in counts.items()}
    parts = {f"popularity_{name}": log - _at_place(log, POPULAR) for name, log in logs.items()}
    for name, longer in (("day", week), ("week", ever), ("month", ever)):
        expected = longer * (counts[name].sum() / max(longer.sum(), 1e-12))
        parts[f"rise_{name}"] = logs[name] - np.log(expected + FEW)
    return parts


def _at_place(values: FloatArray, place: int) -> float:
    """The value at a place, from 1, in falling order; the lowest where there are fewer values."""
    place = min(place, len(values))
    return float(np.partition(values, -place)[-place]) if place else 0.0


def known_or_median(values: FloatArray, known: BoolArray) -> FloatArray:
    """(n,) the known values, and their median in place of the others; 0 if none is known."""
    middle = float(np.median(values[known])) if known.any() else 0.0
    return np.where(known, values, middle)


def recency(ages: IntArray, decay: float) -> FloatArray:
    """(k,) exp(-decay x age in whole days); above 1 before the date of publication."""
    with np.errstate(over="ignore"):  # centuries ahead it is infinite, which sorts last
        decayed: FloatArray = np.exp(-decay * ages)
    return decayed


def age(ages: IntArray) -> FloatArray:
    """(k,) log(1 + age in whole days); 0 before the date of publication."""
    logs: FloatArray = np.log1p(np.maximum(ages, 0))
    return logs


def is_among(rows: IntArray, marked: IntArray) -> FloatArray:
    """(k,) 1 for each of these rows that is among the marked ones, else 0."""
    return in_sorted(np.sort(marked), rows).astype(np.float64)


def neighbours(user: UserFeatures, rows: IntArray, weighting: int) -> FloatArray:
    """(k,) log(1 + nearness to the user's positives / `NEIGHBOUR_UNIT`); 0 for no neighbour.

    `weighting` is an index in `feed.user.features.NEIGHBOUR_HALF_LIVES`.
    """
    merged = user.neighbours
    nearness = lookup_sorted(merged.rows, merged.nearness[weighting], rows)
    logs: FloatArray = np.log1p(nearness / NEIGHBOUR_UNIT)
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


def seed(user: UserFeatures, rows: IntArray, similarity: FloatArray) -> FloatArray:
    """(k,) how well each episode matches the feed seed, 0 to 1.

    Of words, its score in their search as a share of the best one; of episodes, its `similarity`
    (k,) to the nearest of them by the scenario's measure.
    """
    if user.seed is not None and user.seed.is_text:
        return lookup_sorted(user.seed.match_rows, user.seed.match_scores, rows)
    clipped: FloatArray = np.clip(similarity, 0.0, 1.0)
    return clipped


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


def weight(parameters: BlendParameters, name: str, confidence: float) -> float:
    """Weight of a part: negative if it is subtracted, scaled if it is personal.

    `confidence`, 0 to 1, is how far the personal parts are trusted (`UserFeatures.confidence`).
    """
    # How much a boost adds is in the rules themselves.
    given: float = 1.0 if name == "boost" else getattr(parameters, name)
    signed = -given if name in SUBTRACTED else given
    return signed * confidence if name in PERSONAL else signed


def contributions(
    parameters: BlendParameters,
    parts: Mapping[str, FloatArray],
    confidence: float,
    content_share: FloatArray | None = None,
) -> dict[str, FloatArray]:
    """By part: (k,) what it adds to the score, its curve at the part or else weight x part.

    `content_share` (k,) is the share of their weights that `similarity` and `interest` keep for
    each episode; None: all of it.
    """
    found: dict[str, FloatArray] = {}
    for name, part in parts.items():
        if curve := parameters.curves.get(name):
            found[name] = np.interp(part, curve.at, curve.value)
        else:
            found[name] = weight(parameters, name, confidence) * part
    if content_share is not None:
        for name in CONTENT & found.keys():
            found[name] = content_share * found[name]
    return found


def blend(contributions: Mapping[str, FloatArray]) -> FloatArray:
    """(k,) the score: the sum of the contributions (k,) of all parts, in their order."""
    blended: FloatArray = np.zeros(len(contributions["similarity"]))
    for contribution in contributions.values():
        blended = blended + contribution
    return blended
