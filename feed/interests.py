"""Interests: engagements and stated interests to the vector that retrieves and ranks."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from feed.catalog import Catalog
from feed.columns import FloatArray, IntArray, hash_strings
from feed.engagement import Engagement
from feed.request import Query
from feed.scenario import Interests

Lent = Mapping[int, npt.NDArray[np.float32]]
"""Unit vectors by row, from outside: for a catalog that holds none."""

_TINY = 1e-9
LEFT = 0.1
"""the share of an episode before which whoever leaves it refuses it"""


@dataclass(frozen=True)
class UserVector:
    """What is known of a user's taste, and what it is made of."""

    vector: npt.NDArray[np.float32] | None
    """(D,) unit, or None when nothing is known"""
    members: IntArray
    """(k,) rows of the engaged episodes in it, newest first"""
    member_types: tuple[str, ...]
    """(k,) what was done with each"""
    member_weights: npt.NDArray[np.float32]
    """(k,) share of each in the vector before it is normalised"""
    categories: IntArray
    """(c,) the stated interests in it"""
    category_weights: npt.NDArray[np.float32]
    """(c,) share of each category's anchor, likewise"""


def user_vector(
    catalog: Catalog, query: Query, parameters: Interests, lent: Lent | None = None
) -> UserVector:
    """The weighted mean of the newest engagements' embeddings, blended with the stated interests.

    With both: (1 - category_blend) x mean + category_blend x anchor, normalised. With interests
    alone the anchor; several interests make one anchor, the normalised mean of theirs. An
    engagement whose episode has no embedding takes its place among the newest and is then skipped.
    """
    engaged, types, weights = _engaged(catalog, query, parameters)
    known, embeddings = _at_hand(catalog, engaged, lent or {})
    engaged, weights, types = engaged[known], weights[known], tuple(types[i] for i in known)
    categories = stated_categories(catalog, query)
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
        member_types=types,
        member_weights=weights,
        categories=categories,
        category_weights=shares,
    )


def weight_of(engagement: Engagement, parameters: Interests) -> float:
    """The weight of one engagement: that of its type, for a listen by how far it went."""
    weight = parameters.weights.get(engagement.type, 1.0)
    if engagement.type != "listen":
        return weight
    progress = engagement.progress
    heard = parameters.progress_unknown if progress is None else progress
    return weight * (parameters.progress_floor + (1.0 - parameters.progress_floor) * heard)


def stated_categories(catalog: Catalog, query: Query) -> IntArray:
    """(c,) the stated interests that are categories with an anchor, each once."""
    found = catalog.category_index.first(hash_strings(query.profile.category_interests))
    found = np.unique(found[found >= 0])
    return found[np.any(catalog.anchors[found], axis=1)]


def engaged_rows(catalog: Catalog, query: Query, parameters: Interests) -> IntArray:
    """(k,) rows of the engaged episodes whose embeddings make the user vector, newest first."""
    return _engaged(catalog, query, parameters)[0]


def _at_hand(
    catalog: Catalog, rows: IntArray, lent: Lent
) -> tuple[IntArray, npt.NDArray[np.float32]]:
    """Which of these rows, as places among them, have an embedding at hand, and those."""
    if catalog.holds_vectors:
        return np.arange(len(rows)), catalog.embeddings[rows]
    known = np.array([i for i, row in enumerate(rows.tolist()) if row in lent], np.int64)
    embeddings = [lent[row] for row in rows[known].tolist()]
    return known, np.array(embeddings, np.float32).reshape(len(known), catalog.dimension)


def _engaged(
    catalog: Catalog, query: Query, parameters: Interests
) -> tuple[IntArray, tuple[str, ...], npt.NDArray[np.float32]]:
    weighed = ((at, weight_of(e, parameters)) for at, e in enumerate(query.engagements))
    newest = list(islice((pair for pair in weighed if pair[1] > 0), parameters.newest))
    at = np.array([at for at, _ in newest], np.int64)
    rows = catalog.rows_hashed(query.engaged_hashes[at])
    kept = np.flatnonzero((rows >= 0) & catalog.is_embedded[rows])
    return (
        rows[kept],
        tuple(query.engagements[i].type for i in at[kept].tolist()),
        np.array([newest[i][1] for i in kept.tolist()], np.float32),
    )


def latest(catalog: Catalog, query: Query) -> tuple[IntArray, list[Engagement]]:
    """The rows of the engaged episodes, each once, and the newest engagement with each.

    The newest says what it is now: who comes back to a refused episode takes that back. In order,
    newest first.
    """
    rows = catalog.rows_hashed(query.engaged_hashes)
    found, first = np.unique(rows, return_index=True)
    first = np.sort(first[found >= 0])
    return rows[first], [query.engagements[i] for i in first.tolist()]


def refused_rows(catalog: Catalog, query: Query) -> IntArray:
    """The episodes that the user is not interested in, or left after a moment, newest first."""
    rows, last = latest(catalog, query)
    return rows[np.array([is_refusal(one) for one in last], np.bool_)]


def is_refusal(engagement: Engagement) -> bool:
    """Whether somebody said, or showed by leaving at once, that this is not for them."""
    left = engagement.type == "listen" and engagement.progress is not None
    return engagement.type == "not_interested" or (left and (engagement.progress or 0.0) < LEFT)


def medoids(
    catalog: Catalog, rows: IntArray, shares: FloatArray, parameters: Interests
) -> IntArray:
    """(m,) of these rows those that best stand for all: one for each interest, the first the most.

    Greedily the one that adds most to the sum over all rows of share x cosine with the nearest
    medoid (facility location; Nemhauser, Wolsey and Fisher, 1978), until one adds less than
    `min_interest` of the whole. None where no vectors are held.
    """
    if not parameters.medoids or not catalog.holds_vectors:
        return rows[:0]
    near = rows[catalog.is_embedded[rows]][: parameters.clustered]
    shares = shares[catalog.is_embedded[rows]][: parameters.clustered]
    cosines = np.maximum(catalog.embeddings[near] @ catalog.embeddings[near].T, 0.0)
    covered = np.zeros(len(near))
    found: list[int] = []
    while len(found) < min(parameters.medoids, len(near)):
        gains = (np.maximum(cosines, covered) - covered) @ shares
        best = int(np.argmax(gains))
        if gains[best] < parameters.min_interest * shares.sum():
            break
        found.append(best)
        covered = np.maximum(covered, cosines[best])
    return near[found]
