"""Interests: engagements and stated interests to the vector that retrieves and ranks."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import FloatArray, IntArray
from feed.catalog.catalog import Catalog
from feed.scenarios.scenario import InterestsParameters
from feed.user.hydration import HydratedQuery

Lent = Mapping[int, npt.NDArray[np.float32]]
"""Unit vectors by row, from outside: for a catalog that holds none."""

_TINY = 1e-9


@dataclass(frozen=True)
class UserVector:
    """What is known of a user's taste, and what it is made of."""

    vector: npt.NDArray[np.float32] | None
    """(D,) unit, or None when nothing is known"""
    members: IntArray
    """(k,) rows of the engaged episodes in it, newest first"""
    member_kinds: npt.NDArray[np.uint8]
    """(k,) what was done with each: places in `TYPES`"""
    member_weights: npt.NDArray[np.float32]
    """(k,) share of each in the vector before it is normalised"""
    categories: IntArray
    """(c,) the stated interests in it"""
    category_weights: npt.NDArray[np.float32]
    """(c,) share of each category's anchor, likewise"""


def user_vector(
    catalog: Catalog,
    history: HydratedQuery,
    parameters: InterestsParameters,
    lent: Lent | None = None,
) -> UserVector:
    """The weighted mean of the newest engagements' embeddings, blended with the stated interests.

    With both: (1 - category_blend) x mean + category_blend x anchor, normalised. With interests
    alone the anchor; several interests make one anchor, the normalised mean of theirs. An
    engagement whose episode has no embedding takes its place among the newest and is then skipped.
    """
    engaged, kinds, weights = _engaged(catalog, history, parameters)
    known, embeddings = _at_hand(catalog, engaged, lent or {})
    engaged, weights, kinds = engaged[known], weights[known], kinds[known]
    categories = history.stated
    anchors = catalog.anchors[categories]
    blend = parameters.category_blend if len(engaged) else 1.0
    shares = np.zeros(0, np.float32)
    vector = np.zeros(catalog.dimension, np.float32)
    if len(engaged):
        share = 1.0 - (blend if len(categories) else 0.0)
        weights *= np.float32(share) / weights.sum()
        vector += weights @ embeddings
    if len(categories):
        total = anchors.sum(axis=0)
        norm = float(np.linalg.norm(total))
        shares = np.full(len(categories), blend / norm if norm > _TINY else 0.0, np.float32)
        vector += shares @ anchors
    norm = float(np.linalg.norm(vector))
    return UserVector(
        vector=vector / np.float32(norm) if norm > _TINY else None,
        members=engaged,
        member_kinds=kinds,
        member_weights=weights,
        categories=categories,
        category_weights=shares,
    )


def engaged_rows(
    catalog: Catalog, history: HydratedQuery, parameters: InterestsParameters
) -> IntArray:
    """(k,) rows of the engaged episodes whose embeddings make the user vector, newest first."""
    return _engaged(catalog, history, parameters)[0]


def _at_hand(
    catalog: Catalog, rows: IntArray, lent: Lent
) -> tuple[IntArray, npt.NDArray[np.float32]]:
    """Which of these rows, as places among them, have an embedding at hand, and those."""
    if catalog.embeddings.in_memory:
        return np.arange(len(rows)), catalog.embeddings[rows]
    known = np.array([i for i, row in enumerate(rows.tolist()) if row in lent], np.int64)
    embeddings = [lent[row] for row in rows[known].tolist()]
    return known, np.array(embeddings, np.float32).reshape(len(known), catalog.dimension)


def _engaged(
    catalog: Catalog, history: HydratedQuery, parameters: InterestsParameters
) -> tuple[IntArray, npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    weights = history.weights
    newest = np.flatnonzero(weights > 0)[: parameters.newest]
    rows = history.rows[newest]
    newest, rows = newest[rows >= 0], rows[rows >= 0]
    kept = newest[catalog.embeddings.present[rows]]
    return history.rows[kept], history.kinds[kept], weights[kept].astype(np.float32)


def medoids(
    catalog: Catalog, rows: IntArray, shares: FloatArray, parameters: InterestsParameters
) -> IntArray:
    """(m,) of these rows those that best stand for all: one for each interest, the first the most.

    Greedily the one that adds most to the sum over all rows of share x cosine with the nearest
    medoid (facility location; Nemhauser, Wolsey and Fisher, 1978), until one adds less than
    `min_interest` of the whole. None where no vectors are held.
    """
    if not parameters.medoids or not catalog.embeddings.in_memory:
        return rows[:0]
    near = rows[catalog.embeddings.present[rows]][: parameters.clustered]
    shares = shares[catalog.embeddings.present[rows]][: parameters.clustered]
    vectors = catalog.embeddings[near]
    cosines = np.maximum(vectors @ vectors.T, 0.0)
    covered = np.zeros(len(near), np.float32)
    shares = shares.astype(np.float32)
    found: list[int] = []
    while len(found) < min(parameters.medoids, len(near)):
        gains = (np.maximum(cosines, covered) - covered) @ shares
        best = int(np.argmax(gains))
        if gains[best] < parameters.min_interest * shares.sum():
            break
        found.append(best)
        covered = np.maximum(covered, cosines[best])
    return near[found]
