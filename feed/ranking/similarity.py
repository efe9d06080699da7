"""Similarity of episodes to a user: cosines with the user vector, the interests and the dislikes.

The one place that knows whether the vectors are in memory, in an external search, or missing.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, top_k
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.external_search import SearchResult
from feed.user.features import UserFeatures
from feed.vectors.search import cosines, nearest

FloatVectors = npt.NDArray[np.float32]


class UserSimilarity:
    """Measures how similar episodes are to a user, by vectors in memory or an external search."""

    def __init__(
        self, features: CatalogFeatures, user: UserFeatures, search_result: SearchResult | None
    ) -> None:
        self._features = features
        self._user = user
        self._embeddings = features.catalog.embeddings
        in_memory = self._embeddings.in_memory
        self._result = None if in_memory else search_result
        unit, scenario = user.vector.unit, features.scenario
        none = np.zeros((0, self._embeddings.dimension), np.float32)
        self._vector: FloatVectors = unit[None] if unit is not None and in_memory else none
        """(0 or 1, D) the user vector"""
        interests = scenario.sources.interests or scenario.blend.uses("interest")
        self._interests = self._embeddings[user.interests] if interests else none
        """(m, D) vectors of the interests"""
        seed = user.seed
        rows = seed.rows if seed is not None and not seed.is_text and in_memory else None
        self._seeds = none if rows is None else self._embeddings[rows]
        """(s, D) vectors of the episodes of the feed seed"""
        self.is_missing = unit is not None and not in_memory and search_result is None
        """whether there is a user vector and no vector to compare it with"""
        self.has_cosines = unit is not None and not self.is_missing
        """whether `measure` returns cosines with the user vector, not a neutral value"""

    def sources(self, allowed: BoolArray) -> Iterator[tuple[str, IntArray]]:
        """Yield (source, rows) for the user vector and each interest: the nearest allowed rows."""
        places, ties = self._features.scenario.sources, self._features.tie_order
        if self._result is not None:
            free = allowed[self._result.rows]
            rows, values = self._result.rows[free], self._result.similarity[free]
            yield "retrieved", top_k(rows, values, places.candidates, ties)[0]
        interests = self._interests if places.interests else self._interests[:0]
        counts = [places.candidates] * len(self._vector) + [places.interests] * len(interests)
        if counts:
            names = ["similar"] * len(self._vector) + ["interests"] * len(interests)
            vectors = np.concatenate([self._vector, interests])
            found = nearest(self._embeddings, vectors, allowed, np.array(counts), ties)
            yield from zip(names, (rows for rows, _ in found), strict=True)

    def nearest(self, allowed: BoolArray, count: int) -> IntArray:
        """The `count` allowed catalog rows nearest to the user vector; none without a vector."""
        if not len(self._vector):
            return np.zeros(0, np.int64)
        ties = self._features.tie_order
        return nearest(self._embeddings, self._vector, allowed, np.array([count]), ties)[0][0]

    def nearest_to_seed(self, allowed: BoolArray, count: int) -> IntArray:
        """About `count` allowed catalog rows, an equal part nearest to each episode of the seed."""
        seeds = self._seeds
        if not len(seeds):
            return np.zeros(0, np.int64)
        counts = np.full(len(seeds), -(-count // len(seeds)))
        found = nearest(self._embeddings, seeds, allowed, counts, self._features.tie_order)
        return np.concatenate([rows for rows, _ in found])

    def vectors(self, rows: IntArray | slice) -> FloatVectors | None:
        """(k, D) embeddings of these catalog rows; None where the catalog holds none in memory."""
        return self._embeddings[rows] if self._embeddings.in_memory else None

    def measure(
        self, rows: IntArray, vectors: FloatVectors | None, is_declared: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        """(k,) cosine of each catalog row with the user vector, and (k,) with the nearest interest.

        `vectors` (k, D) are the rows' embeddings, None where they are not in memory. With no user
        vector every similarity is the scenario's neutral one. With no vectors to compare, those of
        a declared interest (`is_declared`, (k,)) are neutral and the others 0.
        """
        neutral = self._features.scenario.interests.neutral_similarity
        similarity, interest = np.full(len(rows), neutral), np.zeros(len(rows))
        if vectors is not None:
            every = cosines(vectors, np.concatenate([self._vector, self._interests]))
            every = every.astype(np.float64)
            if len(self._vector):
                similarity = every[0]
            if len(self._interests):
                interest = every[len(self._vector) :].max(axis=0)
        elif self._result is not None and self.has_cosines:
            similarity = self._result.similarity_of(rows)
        elif self.is_missing:
            similarity = np.where(is_declared, neutral, 0.0)
        return similarity, interest

    def to_dislikes(self, rows: IntArray, vectors: FloatVectors | None) -> FloatArray:
        """(k,) cosine with the nearest disliked episode; 0 where the scenario ignores it."""
        if not self._features.scenario.blend.uses("aversion"):
            return np.zeros(len(rows))
        if vectors is not None:
            return nearest_cosine(vectors, self._embeddings[self._user.disliked])
        return self._result.dislike_similarity_of(rows) if self._result else np.zeros(len(rows))

    def to_seed(self, rows: IntArray, vectors: FloatVectors | None) -> FloatArray:
        """(k,) cosine with the nearest episode of the feed seed; 0 where it has none."""
        return np.zeros(len(rows)) if vectors is None else nearest_cosine(vectors, self._seeds)


def nearest_cosine(vectors: FloatVectors, others: FloatVectors) -> FloatArray:
    """(k,) cosine of each unit vector (k, D) with the nearest of others (m, D), at least 0."""
    if not len(others):
        return np.zeros(len(vectors))
    highest = (vectors @ others.T).max(axis=1)
    clipped: FloatArray = np.clip(highest, 0.0, 1.0).astype(np.float64)
    return clipped
