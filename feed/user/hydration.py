"""Query hydration: the ids, names and languages of a query as rows of one catalog."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, HashArray, IntArray
from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.model.engagement import TYPES
from feed.scenarios.scenario import InterestsParameters
from feed.user.query import Query

LEFT = 0.1
"""the share of an episode before which whoever leaves it refuses it"""
LISTEN, NOT_INTERESTED = TYPES.index("listen"), TYPES.index("not_interested")
_UNKNOWN = float("nan")
_CODES = {kind: code for code, kind in enumerate(TYPES)}


@dataclass(frozen=True)
class HydratedQuery:
    """k engagements, newest first, and the stated interests."""

    hashes: HashArray
    """(k,) of the ids of the episodes"""
    rows: IntArray
    """(k,) of the episode in the catalog, -1 where it is not there"""
    kinds: npt.NDArray[np.uint8]
    """(k,) places in `TYPES`"""
    progress: FloatArray
    """(k,) 0 to 1, NaN where it is not known"""
    weights: FloatArray
    """(k,) that of its type, for a listen by how far it went"""
    stated: IntArray
    """(c,) the stated interests that are categories with an anchor, sorted, each once"""

    @classmethod
    def of(cls, catalog: Catalog, query: Query, parameters: InterestsParameters) -> "HydratedQuery":
        """That of a query's user."""
        engagements = query.engagements
        kinds = np.frombuffer(bytes([_CODES[one.type] for one in engagements]), np.uint8)
        heard = [one.progress for one in engagements]
        progress = np.array([_UNKNOWN if one is None else one for one in heard], np.float64)
        hashes = hash_strings([one.episode_id for one in engagements])
        return cls(
            hashes=hashes,
            rows=catalog.rows_hashed(hashes),
            kinds=kinds,
            progress=progress,
            weights=_weights(kinds, progress, parameters),
            stated=_stated(catalog, query),
        )

    @cached_property
    def latest(self) -> IntArray:
        """(p,) places of the newest engagement with each episode of the catalog, newest first.

        The newest says what it is now: who comes back to a refused episode takes that back.
        """
        found, first = np.unique(self.rows, return_index=True)
        return np.sort(first[found >= 0])

    @cached_property
    def is_refusal(self) -> BoolArray:
        """(k,) whether somebody said, or showed by leaving at once, that this is not for them."""
        left = (self.kinds == LISTEN) & (self.progress < LEFT)
        refusal: BoolArray = left | (self.kinds == NOT_INTERESTED)
        return refusal

    @property
    def refused(self) -> IntArray:
        """Rows that the user is not interested in, or left after a moment, newest first."""
        return self.rows[self.latest[self.is_refusal[self.latest]]]


def _weights(
    kinds: npt.NDArray[np.uint8], progress: FloatArray, parameters: InterestsParameters
) -> FloatArray:
    weights = np.array([parameters.weights.get(kind, 1.0) for kind in TYPES])[kinds]
    heard = np.where(np.isnan(progress), parameters.progress_unknown, progress)
    partly = weights * (parameters.progress_floor + (1.0 - parameters.progress_floor) * heard)
    return np.where(kinds == LISTEN, partly, weights)


def _stated(catalog: Catalog, query: Query) -> IntArray:
    names = query.profile.category_interests
    if not names:
        return np.zeros(0, np.int64)
    found = catalog.categories_named(names)
    return found[np.any(catalog.anchors[found], axis=1)]
