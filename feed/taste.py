"""Taste: what is known of a user, in the terms of a catalog. Every stage leans on it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feed.catalog import Catalog
from feed.columns import FloatArray, IntArray, hash_strings, places
from feed.history import LEFT, LISTEN, History
from feed.interests import UserVector, medoids
from feed.request import Query
from feed.scenario import Interests
from feed.signals import Neighbours

HEARD = 0.9
"""the share of an episode from which on it was heard"""
OFTEN = 0.1
"""the share of the choices from which on a series is often heard"""

STATED = 2.0
"""the weight of a stated interest among the choices"""


@dataclass(frozen=True)
class Taste:
    """What a user engaged with and asked for, as rows and shares."""

    user: UserVector
    """the mean of the newest engagements, blended with the stated interests"""
    rows: IntArray
    """(p,) every episode that the user chose, once, newest first"""
    kinds: npt.NDArray[np.uint8]
    """(p,) what was done with each last: places in `TYPES`"""
    shares: FloatArray
    """(p,) how much each counts, 1 in sum"""
    confidence: float
    """how much these choices and what was asked for are believed, 0 to 1"""
    interests: IntArray
    """(m,) those of them that stand for an interest each, the strongest first"""
    series: IntArray
    """(s,) their series, sorted"""
    series_shares: FloatArray
    """(s,) how much of the choices each has, 1 in sum at most"""
    followed: IntArray
    """series that the user follows"""
    categories: IntArray
    """(c,) their categories and those that were asked for, sorted"""
    category_shares: FloatArray
    """(c,) how much of the choices each has, 1 in sum; one that was asked for is as much as two"""
    neighbours: Neighbours
    """what those chose who chose what the user did"""
    stated: IntArray
    """categories that the user asked for, sorted"""
    refused: IntArray
    """rows that the user is not interested in, or left after a moment, newest first"""
    unfinished: IntArray
    """rows that the user left half heard, newest first"""

    @property
    def unknown(self) -> bool:
        """Whether nothing is known that could make a feed personal."""
        return not (len(self.rows) or len(self.stated) or len(self.followed))


def taste(
    catalog: Catalog, query: Query, history: History, parameters: Interests, user: UserVector
) -> Taste:
    """The taste of a query's user. The newest engagement with an episode says what it is now."""
    last = history.latest
    rows, kinds, progress = history.rows[last], history.kinds[last], history.progress[last]
    refused = history.is_refusal[last]
    unfinished = (kinds == LISTEN) & (progress >= LEFT) & (progress < HEARD)

    weights = history.weights[last]
    kept = np.flatnonzero((weights > 0) & ~refused)
    stated = history.stated
    chosen = float(weights[kept].sum())
    known = chosen + STATED * len(stated)
    weights = weights[kept] / (1.0 + np.arange(len(kept))) ** parameters.rank_power
    shares = weights / max(weights.sum(), 1e-12)
    series, series_shares = _shared(catalog.series[rows[kept]], shares)
    return Taste(
        user=user,
        rows=rows[kept],
        kinds=kinds[kept],
        shares=shares,
        confidence=known / (known + parameters.prior) if known else 1.0,
        interests=medoids(catalog, rows[kept], shares, parameters),
        series=series,
        series_shares=series_shares,
        followed=_followed(catalog, query),
        **_categories(catalog, rows[kept], shares, stated, chosen / known if known else 0.0),
        neighbours=catalog.signals.neighbours(rows[kept], shares),
        stated=stated,
        refused=rows[refused],
        unfinished=rows[unfinished],
    )


def _followed(catalog: Catalog, query: Query) -> IntArray:
    followed = query.profile.followed_series
    if not followed:
        return np.zeros(0, np.int64)
    found = catalog.series_index.first(hash_strings(followed))
    return np.unique(found[found >= 0])


def _categories(
    catalog: Catalog, rows: IntArray, shares: FloatArray, stated: IntArray, of_choices: float
) -> dict[str, Any]:
    """The categories of these episodes, and the stated ones, which share what is not `of_choices`.

    Each episode gives its share in equal parts to its own.
    """
    starts, ends = catalog.category_starts[rows], catalog.category_starts[rows + 1]
    count = ends - starts
    members = catalog.category_members[places(starts, ends)]
    given = of_choices * np.repeat(shares / np.maximum(count, 1), count)
    asked = np.full(len(stated), (1.0 - of_choices) / max(len(stated), 1))
    categories, category_shares = _shared(np.append(members, stated), np.append(given, asked))
    return {
        "categories": categories,
        "category_shares": category_shares / max(category_shares.sum(), 1e-12),
    }


def _shared(groups: IntArray, shares: FloatArray) -> tuple[IntArray, FloatArray]:
    """The groups that are 0 or more, sorted, and the sum of the shares in each."""
    known = groups >= 0
    found, member = np.unique(groups[known], return_inverse=True)
    return found, np.bincount(member, shares[known], len(found)).astype(np.float64)
