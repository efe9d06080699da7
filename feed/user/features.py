"""UserFeatures: what is known of a user, in the terms of a catalog. Every stage leans on it."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import FloatArray, IntArray, group_sum, ranges
from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.catalog.signals import Neighbours
from feed.scenarios.scenario import InterestsParameters
from feed.user.hydration import LEFT, LISTEN, HydratedQuery
from feed.user.query import Query
from feed.user.user_vector import UserVector, medoids

HEARD = 0.9
"""the share of an episode from which on it was heard"""
HABITUAL = 0.1
"""the share of the choices from which on a series is often heard"""

STATED = 2.0
"""the weight of a stated interest among the choices"""


class Shares(NamedTuple):
    """How the choices are spread over some groups."""

    of: IntArray
    """(g,) series or categories, sorted"""
    shares: FloatArray
    """(g,)"""


class UserFeatures:
    """What a user engaged with and asked for, as rows and shares.

    The newest engagement with an episode says what it is now. What a scenario does not look at is
    never made.
    """

    def __init__(
        self,
        catalog: Catalog,
        query: Query,
        history: HydratedQuery,
        parameters: InterestsParameters,
        user: UserVector,
    ) -> None:
        """`user` is the mean of the newest engagements, blended with the stated interests."""
        self._catalog = catalog
        self._parameters = parameters
        self.user = user
        last = history.latest
        rows, kinds, progress = history.rows[last], history.kinds[last], history.progress[last]
        refused, weights = history.is_refusal[last], history.weights[last]
        unfinished = (kinds == LISTEN) & (progress >= LEFT) & (progress < HEARD)
        kept = np.flatnonzero((weights > 0) & ~refused)
        chosen = float(weights[kept].sum())
        known = chosen + STATED * len(history.stated)
        weights = weights[kept] / (1.0 + np.arange(len(kept))) ** parameters.rank_power

        self.rows: IntArray = rows[kept]
        """(p,) every episode that the user chose, once, newest first"""
        self.kinds: npt.NDArray[np.uint8] = kinds[kept]
        """(p,) what was done with each last: places in `TYPES`"""
        self.shares: FloatArray = weights / max(weights.sum(), 1e-12)
        """(p,) how much each counts, 1 in sum"""
        self.confidence: float = known / (known + parameters.prior) if known else 1.0
        """how much these choices and what was asked for are believed, 0 to 1"""
        self._of_choices = chosen / known if known else 0.0
        self.stated: IntArray = history.stated
        """categories that the user asked for, sorted"""
        self.followed: IntArray = _followed(catalog, query)
        """series that the user follows, sorted"""
        self.refused: IntArray = rows[refused]
        """rows that the user is not interested in, or left after a moment, newest first"""
        self.unfinished: IntArray = rows[unfinished]
        """rows that the user left half heard, newest first"""

    @property
    def unknown(self) -> bool:
        """Whether nothing is known that could make a feed personal."""
        return not (len(self.rows) or len(self.stated) or len(self.followed))

    @cached_property
    def interests(self) -> IntArray:
        """(m,) those of the rows that stand for an interest each, the strongest first."""
        return medoids(self._catalog, self.rows, self.shares, self._parameters)

    @cached_property
    def series(self) -> Shares:
        """How much of the choices is of each series, 1 in sum at most."""
        series, count = self._catalog.series[self.rows], len(self._catalog.series_ids)
        known = series >= 0
        return Shares(*group_sum(series[known], self.shares[known], count))

    @cached_property
    def categories(self) -> Shares:
        """How much of the choices is in each category, 1 in sum.

        One that was asked for is as much as two choices; each episode gives its share in equal
        parts to its own.
        """
        catalog, rows, stated = self._catalog, self.rows, self.stated
        starts, ends = catalog.category_starts[rows], catalog.category_starts[rows + 1]
        count = ends - starts
        members = catalog.category_members[ranges(starts, ends)]
        given = self._of_choices * np.repeat(self.shares / np.maximum(count, 1), count)
        asked = np.full(len(stated), (1.0 - self._of_choices) / max(len(stated), 1))
        of, sums = group_sum(
            np.append(members, stated), np.append(given, asked), len(catalog.categories)
        )
        return Shares(of, sums / max(sums.sum(), 1e-12))

    @cached_property
    def neighbours(self) -> Neighbours:
        """What those chose who chose what the user did."""
        return self._catalog.signals.neighbours(self.rows, self.shares)


def _followed(catalog: Catalog, query: Query) -> IntArray:
    followed = query.profile.followed_series
    if not followed:
        return np.zeros(0, np.int64)
    found = catalog.series_index.first(hash_strings(followed))
    return np.unique(found[found >= 0])
