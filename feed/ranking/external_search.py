"""Retrieval: what a search outside is asked where a catalog holds no vectors, and its answer.

The search has the vectors: first it gives those of the engaged episodes, then what is most similar
to the user vector that they make. It is not trusted with anything else: what comes back is matched
with this catalog and passes its filters, or is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt
from msgspec import structs

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, lookup_sorted
from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.model.timestamps import DAY_US
from feed.ports.vector_search import MAX_EXCLUDED, MAX_MATCHES, Match, Restriction
from feed.ranking import filters
from feed.ranking.eligibility import Eligibility
from feed.scenarios.scenario import FiltersParameters, Scenario
from feed.user.hydration import HydratedQuery
from feed.user.query import Query
from feed.user.user_vector import UserVector, engaged_rows, user_vector

MARGIN = 2
"""how many times the matches that would do on average are asked for, where only our own filters
can tell which may be shown"""
MAX_DISLIKES = 4
"""of how many episodes that the user is not interested in, the newest, the neighbours are asked"""
NEIGHBOURS_PER_DISLIKE = 500
"""how many neighbours of each; whoever is farther away counts as not similar at all"""


@dataclass(frozen=True)
class SearchResult:
    """What a search brought for one query. Every row in it may be a candidate."""

    eligible: Eligibility
    user: UserVector
    rows: IntArray
    """(k,) what is similar to the user vector, sorted, each once"""
    similarity: FloatArray
    """(k,) cosine"""
    averse_rows: IntArray
    """(r,) what is similar to an episode that the user is not interested in, likewise"""
    averse_similarity: FloatArray

    def similarity_of(self, rows: IntArray) -> FloatArray:
        """(k,) cosine with the user vector; 0 for what the search did not bring."""
        return lookup_sorted(self.rows, self.similarity, rows)

    def aversion(self, rows: IntArray) -> FloatArray:
        """As `scorers.aversion`, by the neighbours of the newest that were refused."""
        return np.clip(lookup_sorted(self.averse_rows, self.averse_similarity, rows), 0.0, 1.0)


@dataclass(frozen=True)
class SearchPlan:
    """What to ask for one query."""

    catalog: Catalog
    history: HydratedQuery
    scenario: Scenario
    eligible: Eligibility
    engaged: IntArray
    """rows whose vectors are needed"""
    disliked_ids: tuple[str, ...]
    """whose neighbours are needed, `NEIGHBOURS_PER_DISLIKE` of each"""
    restriction: Restriction
    count: int
    """how many matches to ask for, so that enough pass our filters; 0: none could"""

    @property
    def engaged_ids(self) -> list[str]:
        """Of which episodes the vectors are needed."""
        return [self.catalog.ids[row] for row in self.engaged.tolist()]

    def user(self, vectors: Mapping[str, npt.NDArray[np.float32]]) -> UserVector:
        """The user vector that these vectors make. One that is no use counts as missing."""
        lent = {}
        for row, name in zip(self.engaged.tolist(), self.engaged_ids, strict=True):
            unit = _unit(vectors.get(name), self.catalog.dimension)
            if unit is not None:
                lent[row] = unit
        return user_vector(self.catalog, self.history, self.scenario.interests, lent)

    def result(
        self, user: UserVector, matches: Iterable[Match], averse: Iterable[Match] = ()
    ) -> SearchResult:
        """What came back, as far as it is of use."""
        allowed = self.eligible.allowed
        return SearchResult(
            self.eligible,
            user,
            *matched(self.catalog, matches, allowed),
            *matched(self.catalog, averse, allowed),
        )

    def is_empty_by_mistake(self, retrieved: SearchResult) -> bool:
        """Whether nothing came back of what there must be, as from an index of something else."""
        user = retrieved.user
        no_vectors = len(self.engaged) > 0 and not len(user.members)
        no_matches = user.vector is not None and self.count > 0 and not len(retrieved.rows)
        return no_vectors or no_matches


def plan_search(
    catalog: Catalog,
    query: Query,
    history: HydratedQuery,
    scenario: Scenario,
    eligible: Eligibility,
) -> SearchPlan:
    """What to ask a search for this query."""
    lenient = structs.replace(scenario.filters, missing="pass")  # as a search takes the floors
    floors = filters.quality_floors(catalog, lenient)
    passing = floors & catalog.embeddings.present
    fresh = filters.fresh(catalog, query.now_us, eligible.window_days)
    passing = passing if fresh is None else passing & fresh
    # The engaged first: they are the nearest to the user vector.
    engaged = np.unique(catalog.every_row_hashed(history.hashes))
    barred = np.concatenate(
        [engaged, np.setdiff1d(catalog.rows_named(query.excluded_ids), engaged)]
    )
    barred = barred[passing[barred]]
    sent, cut = barred[:MAX_EXCLUDED], len(barred[MAX_EXCLUDED:])
    brought = int(np.count_nonzero(passing)) - len(sent)
    allowed = int(np.count_nonzero(eligible.allowed & catalog.embeddings.present))
    return SearchPlan(
        catalog=catalog,
        history=history,
        scenario=scenario,
        eligible=eligible,
        engaged=engaged_rows(catalog, history, scenario.interests),
        disliked_ids=tuple(catalog.ids[row] for row in _refused(catalog, history, scenario)),
        restriction=restriction(
            scenario.filters,
            published_from_us=None
            if eligible.window_days is None
            else query.now_us - (eligible.window_days + 1) * DAY_US,
            excluded_ids=tuple(catalog.ids[row] for row in sent.tolist()),
        ),
        count=_count(scenario.sources.candidates, brought, allowed, cut),
    )


def needs_vectors(catalog: Catalog, history: HydratedQuery, scenario: Scenario) -> bool:
    """Whether something is known of the user that only vectors can bring to bear."""
    return bool(
        len(engaged_rows(catalog, history, scenario.interests))
        or len(history.stated)
        or len(_refused(catalog, history, scenario))
    )


def restriction(
    parameters: FiltersParameters,
    *,
    published_from_us: int | None = None,
    excluded_ids: tuple[str, ...] = (),
) -> Restriction:
    """The floors of a scenario, a window and exclusions, as a search is told them."""
    return Restriction(
        min_credibility=parameters.min_credibility,
        min_combined=parameters.min_combined,
        published_from_s=None if published_from_us is None else published_from_us // 1_000_000,
        excluded_ids=excluded_ids,
    )


def matched(
    catalog: Catalog, matches: Iterable[Match], allowed: BoolArray
) -> tuple[IntArray, FloatArray]:
    """The rows of these matches that are allowed, sorted, each once, and their cosines.

    Of several scores of one row the highest counts; what is no number counts as no match.
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


def _refused(catalog: Catalog, history: HydratedQuery, scenario: Scenario) -> Sequence[int]:
    """The newest refused episodes that have a vector, if the scenario minds."""
    rows = history.refused
    newest: list[int] = rows[catalog.embeddings.present[rows]][:MAX_DISLIKES].tolist()
    return newest if scenario.blend.aversion else []


def _count(wanted: int, brought: int, allowed: int, cut: int) -> int:
    """How many matches to ask for, so that `wanted` of them are allowed.

    `brought` could be matches, and `allowed` of those may be shown. `cut` of them may not, and are
    likely near: the exclusions that the search could not be told.
    """
    if not allowed:
        return 0
    for_sure = wanted + brought - allowed
    likely = cut + ceil(MARGIN * wanted * brought / allowed)
    return min(for_sure, likely, MAX_MATCHES)


def _unit(vector: FloatArray | None, dimension: int) -> npt.NDArray[np.float32] | None:
    """The vector with length 1, or None where it is none of this dimension."""
    if vector is None or vector.shape != (dimension,):
        return None
    wide = vector.astype(np.float64)  # its norm may be none of float32
    norm = float(np.linalg.norm(wide))
    if not 0 < norm < np.inf:
        return None
    return (wide / norm).astype(np.float32)
