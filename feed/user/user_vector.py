"""The user vector: what a user engaged with and asked for, as one embedding or a few interests."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import FloatArray, IntArray
from feed.catalog.catalog import Catalog
from feed.model.engagement import ENGAGEMENT_TYPES
from feed.scenarios.parameters import InterestParameters
from feed.user.hydration import HydratedQuery

LISTEN = ENGAGEMENT_TYPES.index("listen")
VectorsByRow = Mapping[int, npt.NDArray[np.float32]]
"""(D,) unit vectors by catalog row, fetched from an external store"""

_TINY = 1e-9


@dataclass(frozen=True)
class UserVector:
    """The embedding of a user, and the engaged episodes and categories that it is the mean of."""

    unit: npt.NDArray[np.float32] | None
    """(D,) of length 1, or None where nothing is known of the user"""
    members: IntArray
    """(m,) catalog rows of the engaged episodes in it, newest first"""
    member_types: npt.NDArray[np.uint8]
    """(m,) index of each member's type of engagement in `ENGAGEMENT_TYPES`"""
    member_weights: npt.NDArray[np.float32]
    """(m,) coefficient of each member's embedding in the sum, before it is normalised"""
    categories: IntArray
    """(c,) declared interests in it"""
    category_weights: npt.NDArray[np.float32]
    """(c,) coefficient of each category's anchor in the sum, before it is normalised"""
    seed: npt.NDArray[np.float32] | None = None
    """(D,) the feed seed's embedding in it, of length 1; None where there is none"""
    seed_weight: float = 0.0
    """coefficient of the seed in the sum, before it is normalised"""

    @property
    def episodes(self) -> int:
        """The number of episodes in it: one that was heard and saved is one."""
        return len(np.unique(self.members))


def user_vector(
    catalog: Catalog,
    query: HydratedQuery,
    weights: FloatArray,
    parameters: InterestParameters,
    external: VectorsByRow | None = None,
) -> UserVector:
    """Average the newest engagements' embeddings and blend them with the declared interests.

    `weights` (k,) are those of the query's engagements; `external` vectors serve a catalog that
    holds none in memory. With engagements and interests the result is (1 - category_blend) x mean
    + category_blend x anchor, normalised; with interests alone, the anchor. Several interests have
    one anchor, the normalised mean of theirs. An engagement with an episode whose vector is missing
    uses up one of the `newest` places. A feed seed joins as (1 - seed_blend) x that vector +
    seed_blend x seed, normalised; alone it is the user vector.
    """
    places = _with_vector(catalog, query, weights, parameters)
    available, embeddings = _embeddings(catalog, query.rows[places], external or {})
    places = places[available]
    shares = weights[places].astype(np.float32)
    categories = query.declared_interests
    anchors = catalog.anchors[categories]
    blend = parameters.category_blend if len(places) else 1.0
    category_shares = np.zeros(0, np.float32)
    vector = np.zeros(catalog.dimension, np.float32)
    if len(places):
        share = 1.0 - (blend if len(categories) else 0.0)
        shares *= np.float32(share) / shares.sum()
        vector += shares @ embeddings
    if len(categories):
        norm = float(np.linalg.norm(anchors.sum(axis=0)))
        one = blend / norm if norm > _TINY else 0.0
        category_shares = np.full(len(categories), one, np.float32)
        vector += category_shares @ anchors
    seed, seed_share = _seed(catalog, query, external or {}), 0.0
    if seed is not None:
        norm = float(np.linalg.norm(vector))
        seed_share = parameters.seed_blend if norm > _TINY else 1.0
        kept = np.float32((1.0 - seed_share) / max(norm, _TINY))
        shares, category_shares = shares * kept, category_shares * kept
        vector = kept * vector + np.float32(seed_share) * seed
    norm = float(np.linalg.norm(vector))
    return UserVector(
        unit=vector / np.float32(norm) if norm > _TINY else None,
        members=query.rows[places],
        member_types=query.types[places],
        member_weights=shares,
        categories=categories,
        category_weights=category_shares,
        seed=seed,
        seed_weight=seed_share,
    )


def _seed(
    catalog: Catalog, query: HydratedQuery, external: VectorsByRow
) -> npt.NDArray[np.float32] | None:
    """(D,) the embedding of the query's feed seed, of length 1; None where there is none."""
    given = query.feed_seed
    if given is None or given.vector is not None:
        return None if given is None else given.vector
    total = _embeddings(catalog, given.rows, external)[1].sum(axis=0)
    norm = float(np.linalg.norm(total))
    mean: npt.NDArray[np.float32] = total / np.float32(max(norm, _TINY))
    return mean if norm > _TINY else None


def engagement_weights(query: HydratedQuery, parameters: InterestParameters) -> FloatArray:
    """(k,) weight of each engagement: that of its type, for a listen scaled by its progress."""
    weights = np.array([parameters.weights.get(kind, 1.0) for kind in ENGAGEMENT_TYPES])[
        query.types
    ]
    played = np.where(np.isnan(query.progress), parameters.progress_unknown, query.progress)
    scaled = weights * (parameters.progress_floor + (1.0 - parameters.progress_floor) * played)
    return np.where(query.types == LISTEN, scaled, weights)


def vector_rows(
    catalog: Catalog, query: HydratedQuery, weights: FloatArray, parameters: InterestParameters
) -> IntArray:
    """(m,) catalog rows of the engaged episodes that the user vector averages, newest first."""
    return query.rows[_with_vector(catalog, query, weights, parameters)]


def _with_vector(
    catalog: Catalog, query: HydratedQuery, weights: FloatArray, parameters: InterestParameters
) -> IntArray:
    """Indices of those among the `newest` engagements whose episode has an embedding."""
    newest = np.flatnonzero(weights > 0)[: parameters.newest]
    newest = newest[query.rows[newest] >= 0]
    return newest[catalog.embeddings.present[query.rows[newest]]]


def _embeddings(
    catalog: Catalog, rows: IntArray, external: VectorsByRow
) -> tuple[IntArray, npt.NDArray[np.float32]]:
    """(m,) indices of the rows whose vectors are available, and (m, D) these vectors."""
    if catalog.embeddings.in_memory:
        return np.arange(len(rows)), catalog.embeddings[rows]
    available = np.array([i for i, row in enumerate(rows.tolist()) if row in external], np.int64)
    vectors = [external[row] for row in rows[available].tolist()]
    return available, np.array(vectors, np.float32).reshape(len(available), catalog.dimension)


def interest_medoids(
    catalog: Catalog, rows: IntArray, shares: FloatArray, parameters: InterestParameters
) -> IntArray:
    """(m,) of these rows those that best represent all, one per interest, the strongest first.

    Adds greedily the row that most increases the sum over all rows of share x cosine with the
    nearest medoid (facility location; Nemhauser, Wolsey and Fisher, 1978), until the increase is
    below `min_interest` of the total. Empty where the vectors are not in memory.
    """
    if not parameters.medoids or not catalog.embeddings.in_memory:
        return rows[:0]
    present = catalog.embeddings.present[rows]
    rows, shares = rows[present][: parameters.clustered], shares[present][: parameters.clustered]
    vectors = catalog.embeddings[rows]
    cosines = np.maximum(vectors @ vectors.T, 0.0)
    covered = np.zeros(len(rows), np.float32)
    shares = shares.astype(np.float32)
    found: list[int] = []
    while len(found) < min(parameters.medoids, len(rows)):
        gains = (np.maximum(cosines, covered) - covered) @ shares
        best = int(np.argmax(gains))
        if gains[best] < parameters.min_interest * shares.sum():
            break
        found.append(best)
        covered = np.maximum(covered, cosines[best])
    return rows[found]
