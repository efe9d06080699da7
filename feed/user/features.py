"""User features: what a user likes, dislikes and follows, in rows and indices of one catalog."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import FloatArray, IntArray, group_sum, ranges
from feed.catalog.catalog import Catalog
from feed.catalog.signals import MergedNeighbours
from feed.model.engagement import ABANDONED_BELOW, COMPLETED_FROM, ENGAGEMENT_TYPES
from feed.scenarios.parameters import InterestParameters
from feed.user.hydration import HydratedQuery, HydratedSeed
from feed.user.user_vector import (
    LISTEN,
    UserVector,
    engagement_weights,
    interest_medoids,
    user_vector,
)

NEIGHBOUR_HALF_LIVES = (4.0, 0.7, 16.0)
"""After how many later positives one counts half, in each row of `MergedNeighbours.nearness`."""
NEIGHBOUR_SOURCES = 30
"""Number of the newest positives whose neighbours are merged."""
COMPLETE = ENGAGEMENT_TYPES.index("complete")
NOT_INTERESTED = ENGAGEMENT_TYPES.index("not_interested")
HABITUAL = 0.1
"""Share of a user's positive engagements from which on a series is habitual."""
DECLARED_WEIGHT = 2.0
"""What a declared interest counts among the weights of engagements."""


class Shares(NamedTuple):
    """How a user's positive engagements are distributed over series or categories."""

    groups: IntArray
    """(g,) series or categories, sorted"""
    shares: FloatArray
    """(g,) share of each, 0 to 1"""


class UserFeatures:
    """What a user engaged with and asked for; what a scenario does not use is never computed.

    Only the newest engagement with each episode counts: whoever listens to an episode that they
    once rejected takes the rejection back.
    """

    def __init__(
        self,
        catalog: Catalog,
        query: HydratedQuery,
        parameters: InterestParameters,
        vector: UserVector | None = None,
    ) -> None:
        """Compute the features. `vector` is given where an external search supplied its parts."""
        self._catalog = catalog
        self._parameters = parameters
        self.query = query
        self.weights: FloatArray = engagement_weights(query, parameters)
        """(k,) weight of each engagement of the query"""
        if vector is None:
            vector = user_vector(catalog, query, self.weights, parameters)
        self.vector: UserVector = vector
        self.declared_interests: IntArray = query.declared_interests
        """categories, sorted, each once"""
        self.followed_series: IntArray = query.followed_series
        """series, sorted, each once"""

        newest = _newest_of_each(query.rows)
        rows, types, progress = query.rows[newest], query.types[newest], query.progress[newest]
        listened, weights = types == LISTEN, self.weights[newest]
        is_dislike = listened & (progress < ABANDONED_BELOW) | (types == NOT_INTERESTED)
        is_unfinished = listened & (progress >= ABANDONED_BELOW) & (progress < COMPLETED_FROM)
        is_finished = listened & (progress >= COMPLETED_FROM) | (types == COMPLETE)
        positive = np.flatnonzero((weights > 0) & ~is_dislike)
        self.disliked: IntArray = rows[is_dislike]
        """rows that the user rejected or abandoned after a moment, newest first"""
        self.unfinished: IntArray = rows[is_unfinished]
        """rows that the user started and did not finish, newest first"""
        self.unfinished_progress: FloatArray = progress[is_unfinished]
        """share of each of these that was played"""
        self.finished: IntArray = rows[is_finished]
        """rows that the user heard to the end, newest first"""
        self.positives: IntArray = rows[positive]
        """(p,) rows with a positive engagement, each once, newest first"""
        self.positive_types: npt.NDArray[np.uint8] = types[positive]
        """(p,) index in `ENGAGEMENT_TYPES` of the newest engagement with each"""
        total = float(weights[positive].sum())
        known = total + DECLARED_WEIGHT * len(self.declared_interests)
        self.confidence: float = known / (known + parameters.prior) if known else 1.0
        """how far the personal parts of a score are trusted, 0 to 1"""
        self._engaged_share = total / known if known else 0.0
        self._positive_weights = weights[positive]
        weights = weights[positive] * np.exp2(-np.arange(len(positive)) / parameters.half_life)
        self.positive_shares: FloatArray = weights / max(weights.sum(), 1e-12)
        """(p,) how much each counts, discounted by its rank from the newest; sums to 1"""

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is known of the user that could make a feed personal."""
        return not (
            len(self.positives) or len(self.declared_interests) or len(self.followed_series)
        )

    @property
    def seed(self) -> HydratedSeed | None:
        """What the session is to be about, beside what is known of the user."""
        return self.query.feed_seed

    @cached_property
    def interests(self) -> IntArray:
        """(m,) rows of engaged episodes that each represent one interest, the strongest first."""
        shares, parameters = self.positive_shares, self._parameters
        return interest_medoids(self._catalog, self.positives, shares, parameters)

    @cached_property
    def series_shares(self) -> Shares:
        """Share of each series in the user's positive engagements; the sum is at most 1."""
        series, count = self._catalog.series[self.positives], len(self._catalog.series_ids)
        known = series >= 0
        return Shares(*group_sum(series[known], self.positive_shares[known], count))

    @property
    def habitual_series(self) -> IntArray:
        """Series that the user follows, or that have at least the share `HABITUAL`; sorted."""
        habitual = self.series_shares.groups[self.series_shares.shares >= HABITUAL]
        return np.union1d(self.followed_series, habitual)

    @cached_property
    def category_shares(self) -> Shares:
        """Share of each category in the positive engagements and declared interests; sums to 1.

        An episode divides its share equally among its categories. A declared interest weighs
        `DECLARED_WEIGHT`.
        """
        catalog, rows, declared = self._catalog, self.positives, self.declared_interests
        starts, ends = catalog.category_starts[rows], catalog.category_starts[rows + 1]
        count = ends - starts
        members = catalog.category_members[ranges(starts, ends)]
        engaged = np.repeat(self.positive_shares / np.maximum(count, 1), count)
        asked = np.full(len(declared), (1.0 - self._engaged_share) / max(len(declared), 1))
        groups, sums = group_sum(
            np.append(members, declared),
            np.append(self._engaged_share * engaged, asked),
            len(catalog.categories),
        )
        return Shares(groups, sums / max(sums.sum(), 1e-12))

    @cached_property
    def neighbours(self) -> MergedNeighbours:
        """The neighbours of the user's newest positives, merged by each `NEIGHBOUR_HALF_LIVES`."""
        sources = self.positives[:NEIGHBOUR_SOURCES]
        places = np.arange(len(sources))
        shares = np.exp2(-places / np.array(NEIGHBOUR_HALF_LIVES)[:, None])
        shares *= self._positive_weights[: len(sources)]
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
        return self._catalog.signals.neighbours(sources, shares)


def _newest_of_each(rows: IntArray) -> IntArray:
    """(p,) index of the first occurrence of each catalog row, ascending; -1 stands for no row."""
    found, first = np.unique(rows, return_index=True)
    return np.sort(first[found >= 0])
