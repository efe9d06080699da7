"""Selects the insights that a query is answered with, and orders them for a user."""

from dataclasses import dataclass

import numpy as np

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, ranges
from feed.catalog.catalog import Catalog
from feed.catalog.insights import KINDS, InsightKind
from feed.catalog.signals import HALF_LIVES_DAYS
from feed.model.names import name_key
from feed.ranking.catalog_features import CatalogFeatures
from feed.user.features import UserFeatures

MIN_SHARE = 1 / 3
"""An insight answers a query if at least this share of its episodes may be shown."""
MAX_OVERLAP = 0.5
"""Share of what is heard for two insights from which on they are the same story."""
UNKNOWN = 0.1
"""What an episode of unknown popularity counts in it."""
_WEEK = HALF_LIVES_DAYS.index(7.0)
TASTE_WEIGHT = 1.0
"""What the taste of a user counts, beside the certainty with which a name rises."""


@dataclass(frozen=True)
class Taste:
    """How well each of i insights suits a user, and the category that says so."""

    values: FloatArray
    """(i,) 0 to 1; 0 for an insight that does not rise"""
    categories: IntArray
    """(i,) the user's largest category that half of the episodes say they are in, -1 for none"""


def matching(catalog: Catalog, allowed: BoolArray) -> BoolArray:
    """(i,) which insights have at least the share `MIN_SHARE` of their episodes in a mask (n,)."""
    insights = catalog.insights
    sizes = np.diff(insights.starts)
    owners = np.repeat(np.arange(len(insights)), sizes)
    found = np.bincount(owners[allowed[insights.rows]], minlength=len(insights))
    return (found > 0) & (found >= MIN_SHARE * sizes)


def trending(
    catalog: Catalog, allowed: BoolArray, count: int, taste: Taste | None = None
) -> IntArray:
    """The `count` insights that rise and match a mask (n,), the most certain first.

    With the `taste` (of all i insights) of a user, those that suit the user come earlier. Of those
    that are heard for the same episodes only the first is among them.
    """
    insights = catalog.insights
    places = np.flatnonzero((insights.rising > 0) & matching(catalog, allowed))
    certainty = np.log1p(insights.strength.astype(np.float64))
    value = certainty / max(float(certainty.max(initial=0.0)), 1e-12)
    if taste is not None:
        value = value + TASTE_WEIGHT * taste.values
    order = places[np.argsort(-value[places], kind="stable")]
    weight = catalog.signals.popularity[:, _WEEK] + UNKNOWN
    chosen: dict[int, dict[int, float]] = {}
    holders: dict[int, list[int]] = {}  # of each episode: the chosen insights that have it
    for place in order.tolist():
        if len(chosen) == count:
            break
        rows = insights.episodes(place)
        episodes = dict(zip(rows.tolist(), weight[rows].tolist(), strict=True))
        near = {one for row in episodes for one in holders.get(row, ())}
        if not any(_is_same(episodes, chosen[one]) for one in near):
            chosen[place] = episodes
            for row in episodes:
                holders.setdefault(row, []).append(place)
    return np.array(list(chosen), np.int64)


def largest(catalog: Catalog, allowed: BoolArray, count: int, kind: InsightKind) -> IntArray:
    """The first `count` insights of a kind that match a mask (n,), in the snapshot's order.

    Those that rise come first, then those with the most listeners, publications and episodes.
    """
    is_kind = catalog.insights.kinds == KINDS.index(kind)
    return np.flatnonzero(is_kind & matching(catalog, allowed))[:count]


def _is_same(one: dict[int, float], other: dict[int, float]) -> bool:
    """Whether two sets of episodes, with weights, share `MAX_OVERLAP` of both, or more."""
    both = sum(weight for row, weight in one.items() if row in other)
    return both >= MAX_OVERLAP * (sum(one.values()) + sum(other.values()) - both)


def find(catalog: Catalog, kind: str, name: str) -> int | None:
    """The place of an insight; None if there is none. Any spelling of its name finds it."""
    return catalog.insights.places.get((kind, name_key(name)))


def taste_of(features: CatalogFeatures, user: UserFeatures) -> Taste | None:
    """How well each insight that rises suits a user; None for a user of whom nothing is known.

    It is the mean of two: how similar its episodes are to the user's taste, and how much of what
    the user chose is in their categories. Without vectors in memory the latter stands alone.
    """
    if user.is_unknown:
        return None
    catalog, insights = features.catalog, features.catalog.insights
    rising = np.flatnonzero(insights.rising)
    starts, ends = insights.starts[rising], insights.starts[rising + 1]
    rows = insights.rows[ranges(starts, ends)]
    sizes = np.maximum(ends - starts, 1)
    owners = np.repeat(np.arange(len(rising)), ends - starts)
    values, categories = np.zeros(len(insights)), np.full(len(insights), -1, np.int64)
    groups, shares = user.category_shares
    if len(groups):
        named = ~catalog.inherits_categories[rows]
        member = catalog.membership(rows, groups) & named[:, None]
        counts = np.zeros((len(rising), len(groups)))
        np.add.at(counts, owners, member)
        fit = shares / shares.max() * (counts >= sizes[:, None] / 2)
        values[rising] = fit.max(axis=1)
        categories[rising] = np.where(fit.any(axis=1), groups[fit.argmax(axis=1)], -1)
    unit = user.vector.unit
    if unit is not None and catalog.embeddings.in_memory:
        cosines = (catalog.embeddings[rows] @ unit).astype(np.float64)
        similar = np.clip(features.rescale(cosines), 0.0, 1.0)
        values[rising] = (values[rising] + np.bincount(owners, similar, len(rising)) / sizes) / 2
    return Taste(user.confidence * values, categories)
