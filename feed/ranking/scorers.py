"""Scorers: one float per candidate, in the candidates' order. None ever drops one."""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, in_sorted, lookup_sorted, ranges
from feed.catalog.catalog import Catalog
from feed.model.timestamps import DAY_US
from feed.scenarios.parameters import BlendParameters, QualityParameters
from feed.user.features import UserFeatures

TAKEN_OFF = {"aversion", "served"}
"""parts whose weight is taken off the score"""
PERSONAL = {"similarity", "interest", "neighbours", "series", "category", "era"}
"""parts that rest on what is known of the user"""


def quality(catalog: Catalog, parameters: QualityParameters) -> FloatArray:
    """(n,) quality of every episode: the weighted sum of its scores over `scale`.

    Missing scores count 0, or the whole quality as the catalog's median (0.5 if there is none).
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


def rated(catalog: Catalog, quality: FloatArray) -> BoolArray:
    """(n,) whose own scores put their quality in the better half of the catalog."""
    known: BoolArray = ~np.isnan(catalog.scores[:, 0] + catalog.scores[:, 1])
    if not known.any():
        return known
    better: BoolArray = known & (quality >= np.median(quality[known]))
    return better


def recency(ages: IntArray, decay: float) -> FloatArray:
    """exp(-decay x age), the age in whole days; above 1 for what is not out yet."""
    with np.errstate(over="ignore"):  # centuries ahead it is infinite, which sorts last
        decayed: FloatArray = np.exp(-decay * ages)
    return decayed


def aversion(vectors: npt.NDArray[np.float32], refused: npt.NDArray[np.float32]) -> FloatArray:
    """(k,) similarity, 0 to 1, of unit vectors (k, D) to the nearest of those that were refused."""
    if not len(refused):
        return np.zeros(len(vectors))
    nearest = (vectors @ refused.T).max(axis=1)
    clipped: FloatArray = np.clip(nearest, 0.0, 1.0).astype(np.float64)
    return clipped


def is_among(rows: IntArray, marked: IntArray) -> FloatArray:
    """(k,) 1 for each of these rows that is among the marked ones, else 0."""
    return in_sorted(np.sort(marked), rows).astype(np.float64)


def neighbours(user: UserFeatures, rows: IntArray, unit: float) -> FloatArray:
    """log(1 + nearness / unit), the nearness to each choice weighed by its share; else 0."""
    nearness = lookup_sorted(user.neighbours.rows, user.neighbours.nearness, rows)
    logs: FloatArray = np.log1p(nearness / unit)
    return logs


def series(catalog: Catalog, user: UserFeatures, rows: IntArray) -> FloatArray:
    """The share of the choices that were of its series; 1 where the user follows it."""
    theirs = catalog.series[rows]
    heard = lookup_sorted(*user.series_shares, theirs)
    followed: BoolArray = in_sorted(user.followed_series, theirs) & (theirs >= 0)
    return np.where(followed, 1.0, heard)


def category(catalog: Catalog, user: UserFeatures, rows: IntArray) -> FloatArray:
    """The shares of its c categories in the choices, in sum, over the square root of c."""
    starts, ends = catalog.category_starts[rows], catalog.category_starts[rows + 1]
    members = catalog.category_members[ranges(starts, ends)]
    shares = lookup_sorted(*user.category_shares, members)
    owners = np.repeat(np.arange(len(rows)), ends - starts)
    total = np.bincount(owners, shares, len(rows)).astype(np.float64)
    found: FloatArray = total / np.sqrt(np.maximum(ends - starts, 1))
    return found


def era(catalog: Catalog, user: UserFeatures, rows: IntArray, days: float) -> FloatArray:
    """exp(-distance in time / `days`) to each choice, weighed by its share: 1 for the same date."""
    when, member = np.unique(catalog.published_us[user.positives], return_inverse=True)
    shares = np.bincount(member, user.positive_shares, len(when))
    theirs, place = np.unique(catalog.published_us[rows], return_inverse=True)
    apart = np.abs(theirs[:, None] - when).astype(np.float64) / (days * DAY_US)
    near: FloatArray = (np.exp(-apart) @ shares)[place]
    return near


def known_or_median(values: FloatArray, known: BoolArray) -> FloatArray:
    """The values, with their median in place of what is not known; 0 where nothing is."""
    middle = float(np.median(values[known])) if known.any() else 0.0
    return np.where(known, values, middle)


def weights(
    parameters: BlendParameters, names: Iterable[str], confidence: float
) -> dict[str, float]:
    """By part, its weight: negative where it is taken off, less where it rests on little.

    `confidence`, 0 to 1, is how much what is known of the user is believed.
    """
    found = {}
    for name in names:
        # A boost is of the rules, which say how much it is.
        weight: float = 1.0 if name == "boost" else getattr(parameters, name)
        found[name] = -weight if name in TAKEN_OFF else weight
        if name in PERSONAL:
            found[name] *= confidence
    return found


def blend(weights: Mapping[str, float], parts: Mapping[str, FloatArray]) -> FloatArray:
    """The weighted sum of the parts."""
    blended: FloatArray = np.zeros(len(parts["similarity"]))
    for name, part in parts.items():
        blended = blended + weights[name] * part
    return blended


def given(weights: Mapping[str, float], parts: Mapping[str, FloatArray]) -> dict[str, list[float]]:
    """What each part gave to each score: the summands of `blend`, in millionths' precision."""
    return {name: np.round(weights[name] * part, 6).tolist() for name, part in parts.items()}
