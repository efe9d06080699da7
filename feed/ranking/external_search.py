"""Vector search outside of the process, for a catalog that holds no vectors in memory.

The search first supplies the vectors of the engaged episodes, then the episodes most similar to the
user vector that they make. Nothing else is taken from it: every match is looked up in this catalog
and has to pass the filters, or is dropped.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt
from msgspec import structs

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, lookup_sorted
from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.model.timestamps import DAY_US
from feed.ports.vector_search import MAX_EXCLUDED, MAX_MATCHES, Match, SearchFilter
from feed.ranking import filters
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.eligibility import Eligibility, find_eligible
from feed.scenarios.parameters import FilterParameters
from feed.user.features import UserFeatures
from feed.user.user_vector import UserVector, user_vector, vector_rows

MARGIN = 2
"""How many times the number of matches that would suffice on average is requested, where only our
own filters can tell which may be shown."""
MAX_DISLIKES = 4
"""Number of disliked episodes, the newest, whose neighbours are requested."""
NEIGHBOURS_PER_DISLIKE = 500
"""Number of neighbours requested of each; an episode further away counts as not similar at all."""


@dataclass(frozen=True)
class SearchResult:
    """What a search returned for one query, reduced to episodes that may be candidates."""

    user_vector: UserVector
    rows: IntArray
    """(k,) catalog rows similar to the user vector, sorted, each once"""
    similarity: FloatArray
    """(k,) cosine of each with the user vector"""
    dislike_rows: IntArray
    """(r,) catalog rows similar to a disliked episode, sorted, each once"""
    dislike_similarity: FloatArray
    """(r,) cosine of each with the nearest disliked episode"""

    def similarity_of(self, rows: IntArray) -> FloatArray:
        """(k,) cosine of these catalog rows with the user vector; 0 where not returned."""
        return lookup_sorted(self.rows, self.similarity, rows)

    def dislike_similarity_of(self, rows: IntArray) -> FloatArray:
        """(k,) cosine of these rows with the nearest disliked episode, 0 to 1; 0 if unknown."""
        return np.clip(lookup_sorted(self.dislike_rows, self.dislike_similarity, rows), 0.0, 1.0)


@dataclass(frozen=True)
class SearchPlan:
    """What to request from a search for one query."""

    features: CatalogFeatures
    user: UserFeatures
    eligible: Eligibility
    engaged: IntArray
    """catalog rows whose vectors are needed, those of a feed seed included"""
    disliked_ids: tuple[str, ...]
    """ids of which `NEIGHBOURS_PER_DISLIKE` neighbours each are needed"""
    search_filter: SearchFilter
    count: int
    """number of matches to request so that enough pass our filters; 0 where none could"""

    @property
    def engaged_ids(self) -> list[str]:
        """Ids of the episodes whose vectors are needed."""
        return [self.features.catalog.ids[row] for row in self.engaged.tolist()]

    def user_vector(self, vectors: Mapping[str, npt.NDArray[np.float32]]) -> UserVector:
        """Make the user vector from these vectors by episode id; an unusable one is skipped."""
        catalog, scenario, user = self.features.catalog, self.features.scenario, self.user
        external = {}
        for row, name in zip(self.engaged.tolist(), self.engaged_ids, strict=True):
            unit = _unit(vectors.get(name), catalog.dimension)
            if unit is not None:
                external[row] = unit
        return user_vector(catalog, user.query, user.weights, scenario.interests, external)

    def result(
        self, vector: UserVector, matches: Iterable[Match], dislikes: Iterable[Match] = ()
    ) -> SearchResult:
        """Look up the matches of the user vector and of the disliked episodes in the catalog."""
        catalog, allowed = self.features.catalog, self.eligible.allowed
        return SearchResult(
            vector, *matched(catalog, matches, allowed), *matched(catalog, dislikes, allowed)
        )

    def is_empty_by_mistake(self, result: SearchResult) -> bool:
        """Whether the search lacks what it must have, as an index of another catalog would."""
        vector = result.user_vector
        no_vectors = len(self.engaged) > 0 and not len(vector.members) and vector.seed is None
        no_matches = vector.unit is not None and self.count > 0 and not len(result.rows)
        return no_vectors or no_matches


def plan_search(features: CatalogFeatures, user: UserFeatures) -> SearchPlan | None:
    """Decide what to request from a search; None where the query needs none."""
    if features.catalog.embeddings.in_memory or not _needs_vectors(features, user):
        return None
    # The search is told to leave out all that was engaged with, unfinished or not.
    eligible = find_eligible(features, user, unfinished_return=False)
    catalog, scenario, query = features.catalog, features.scenario, user.query
    present = catalog.embeddings.present
    # A search applies the floors as if a missing score passed them.
    lenient = structs.replace(scenario.filters, missing="pass")
    matchable = filters.quality_floors(catalog, lenient) & present
    if (fresh := eligible.fresh) is not None:
        matchable &= fresh
    # The engaged episodes come first: they are the nearest to the user vector.
    engaged = np.unique(query.engaged_rows)
    barred = np.append(engaged, np.setdiff1d(query.excluded_rows, engaged))
    barred = barred[matchable[barred]]
    sent, unsent = barred[:MAX_EXCLUDED], len(barred[MAX_EXCLUDED:])
    oldest_us = None
    if eligible.window_days is not None:
        oldest_us = query.now_us - (eligible.window_days + 1) * DAY_US
    return SearchPlan(
        features=features,
        user=user,
        eligible=eligible,
        engaged=_vector_rows(features, user),
        disliked_ids=tuple(catalog.ids[row] for row in _dislikes(features, user).tolist()),
        search_filter=search_filter(
            scenario.filters,
            published_from_us=oldest_us,
            excluded_ids=tuple(catalog.ids[row] for row in sent.tolist()),
        ),
        count=_count(
            scenario.sources.candidates,
            matchable=int(np.count_nonzero(matchable)) - len(sent),
            allowed=int(np.count_nonzero(eligible.allowed & present)),
            unsent=unsent,
        ),
    )


def lacks_vectors(
    features: CatalogFeatures, user: UserFeatures, search_result: SearchResult | None
) -> bool:
    """Whether the query needs vectors that neither the catalog nor a search result supplies."""
    if features.catalog.embeddings.in_memory or search_result is not None:
        return False
    return _needs_vectors(features, user)


def search_filter(
    parameters: FilterParameters,
    *,
    published_from_us: int | None = None,
    excluded_ids: tuple[str, ...] = (),
) -> SearchFilter:
    """State a scenario's quality floors, a window and exclusions in the terms of the port."""
    return SearchFilter(
        min_credibility=parameters.min_credibility,
        min_combined=parameters.min_combined,
        published_from_s=None if published_from_us is None else published_from_us // 1_000_000,
        excluded_ids=excluded_ids,
    )


def matched(
    catalog: Catalog, matches: Iterable[Match], allowed: BoolArray
) -> tuple[IntArray, FloatArray]:
    """(k,) allowed rows of these matches, sorted, each once, and (k,) the cosine of each.

    Of several scores of one row the highest counts; a match whose score is not finite is dropped.
    """
    found = list(matches)
    rows = catalog.id_index.first(hash_strings([match.episode_id for match in found]))
    scores = np.array([match.score for match in found], np.float64)
    good = (rows >= 0) & np.isfinite(scores)
    rows, scores = rows[good], np.clip(scores[good], -1.0, 1.0)
    rows, scores = rows[allowed[rows]], scores[allowed[rows]]
    best_first = np.argsort(-scores, kind="stable")
    rows, first = np.unique(rows[best_first], return_index=True)
    return rows, scores[best_first][first]


def _needs_vectors(features: CatalogFeatures, user: UserFeatures) -> bool:
    """Whether anything known of the user takes effect through vectors alone."""
    return bool(
        len(_vector_rows(features, user))
        or len(user.declared_interests)
        or len(_dislikes(features, user))
    )


def _vector_rows(features: CatalogFeatures, user: UserFeatures) -> IntArray:
    """The rows that the user vector is made of: engaged episodes, and those of a feed seed."""
    catalog, interests = features.catalog, features.scenario.interests
    rows = vector_rows(catalog, user.query, user.weights, interests)
    if user.seed is None:
        return rows
    return np.append(rows, user.seed.rows[catalog.embeddings.present[user.seed.rows]])


def _dislikes(features: CatalogFeatures, user: UserFeatures) -> IntArray:
    """The newest disliked rows that have a vector; none where the scenario gives them no weight."""
    rows = user.disliked[features.catalog.embeddings.present[user.disliked]]
    return rows[:MAX_DISLIKES] if features.scenario.blend.uses("aversion") else rows[:0]


def _count(wanted: int, *, matchable: int, allowed: int, unsent: int) -> int:
    """Number of matches to request so that `wanted` of them are allowed.

    `matchable` episodes could be returned, of which `allowed` may be shown. `unsent` of the others
    are probably near: the exclusions that did not fit into the search filter.
    """
    if not allowed:
        return 0
    enough_for_sure = wanted + matchable - allowed
    probably_enough = unsent + ceil(MARGIN * wanted * matchable / allowed)
    return min(enough_for_sure, probably_enough, MAX_MATCHES)


def _unit(vector: FloatArray | None, dimension: int) -> npt.NDArray[np.float32] | None:
    """The vector scaled to length 1, or None where that is impossible or D differs."""
    if vector is None or vector.shape != (dimension,):
        return None
    wide = vector.astype(np.float64)  # in float32 the norm may overflow or vanish
    norm = float(np.linalg.norm(wide))
    if not 0 < norm < np.inf:
        return None
    return (wide / norm).astype(np.float32)
