"""Similar episodes: those whose content is nearest to one episode, for anybody or for a user."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, top_k
from feed.ports.vector_search import Match
from feed.ranking import filters
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.external_search import matched
from feed.user.features import UserFeatures
from feed.vectors.search import nearest

TASTE = 0.2
"""share of the cosine with the user vector in the order of what is similar to an episode"""
POOL = 3
"""a user's taste orders this many times as many as are asked for, the most similar ones; so
however strong it is, it brings nothing that is not similar"""


def suitable(features: CatalogFeatures, user: UserFeatures) -> BoolArray:
    """(n,) which episodes the user neither mutes, finished nor rejected, in their languages."""
    catalog, query = features.catalog, user.query
    mask = np.ones(len(catalog), np.bool_)
    for passing in (
        filters.not_in_series(catalog, query.muted_series),
        filters.not_in_categories(catalog, query.muted_categories),
        filters.in_languages(catalog, query.languages),
    ):
        if passing is not None:
            mask &= passing
    mask[user.finished] = mask[user.disliked] = False
    return mask


def similar_episodes(
    features: CatalogFeatures,
    row: int,
    count: int,
    allowed: BoolArray,
    user_vector: npt.NDArray[np.float32] | None,
    matches: Iterable[Match],
) -> tuple[IntArray, FloatArray]:
    """The `count` episodes most similar to one, of those `allowed` (n,) above the quality floors.

    Returns their rows and cosines. With a user vector (D,), of the `POOL` x `count` most similar
    those come first whose cosine x (1 - `TASTE`) + cosine with the user vector x `TASTE` is
    highest. Where the vectors are not in memory, the cosines are those of the matches of an
    external search, and the taste takes no part.
    """
    embeddings, ties = features.catalog.embeddings, features.tie_order
    others = allowed if features.floors is None else allowed & features.floors
    others = others.copy()
    others[row] = False
    if not embeddings.in_memory:
        return top_k(*matched(features.catalog, matches, others), count, ties)
    others &= embeddings.present[row]
    wanted = count if user_vector is None else POOL * count
    vectors, counts = embeddings[row : row + 1], np.array([wanted])
    rows, found = nearest(embeddings, vectors, others, counts, ties)[0]
    cosines = found.astype(np.float64)
    if user_vector is None:
        return rows, cosines
    taste = (embeddings[rows] @ user_vector).astype(np.float64)
    order = np.lexsort((ties[rows], -((1.0 - TASTE) * cosines + TASTE * taste)))[:count]
    return rows[order], cosines[order]
