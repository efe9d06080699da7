"""Candidates: what the sources bring for one query, and how similar each is to the user."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, top_k
from feed.catalog.catalog import Catalog
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.eligibility import Eligibility
from feed.ranking.external_search import SearchResult
from feed.ranking.sources import Pool, first, merge_sources
from feed.scenarios.scenario import Scenario
from feed.user.features import UserFeatures
from feed.vectors.search import cosines, nearest

MAIN_CATEGORIES = 5
"""in how many of a user's categories what is popular is looked for"""

PINNED = 20
"""how many a pinned slot may choose from"""


@dataclass(frozen=True)
class Proposed:
    """The candidates of one query."""

    pool: Pool
    vectors: npt.NDArray[np.float32]
    """(k, D) embeddings; (0, D) where the catalog holds none"""
    similarity: FloatArray
    """(k,) cosine with the user vector; neutral where nothing is known of the user, or where no
    vector can be had and it is in a stated interest; else 0"""
    interest: FloatArray
    """(k,) cosine with the nearest interest, 0 where there is none"""


def generate_candidates(
    catalog: Catalog,
    scenario: Scenario,
    features: CatalogFeatures,
    user: UserFeatures,
    found: Eligibility,
    retrieved: SearchResult | None,
    seed: int,
) -> Proposed:
    """Ask every source of the scenario."""
    near = _Nearness(catalog, scenario, user, retrieved)
    allowed = found.allowed
    brought = list(_brought(catalog, scenario, features, user, found, near, seed))
    pool = merge_sources(brought)
    lacking = scenario.sources.candidates - len(pool.rows)
    if (scenario.sources.fill or near.blind or user.vector.unit is None) and lacking > 0:
        rest = allowed.copy()
        rest[pool.rows] = False
        pool = merge_sources([*brought, ("best_quality", first(features.best, rest, lacking))])
    held = pool.rows if catalog.embeddings.in_memory else pool.rows[:0]
    return near.proposed(pool, catalog.embeddings[held])


def everything(
    catalog: Catalog, scenario: Scenario, user: UserFeatures, retrieved: SearchResult | None
) -> Proposed:
    """Every episode, in the order of the rows, whoever may be shown and whichever source asks."""
    near = _Nearness(catalog, scenario, user, retrieved)
    pool = Pool(np.arange(len(catalog)), np.zeros(len(catalog), np.uint16), {})
    return near.proposed(pool, catalog.embeddings[:])


def _brought(
    catalog: Catalog,
    scenario: Scenario,
    features: CatalogFeatures,
    user: UserFeatures,
    eligible: Eligibility,
    near: "_Nearness",
    seed: int,
) -> Iterator[tuple[str, IntArray]]:
    """What each source brings, best first. A source of no places is not asked."""
    most, ties, allowed = scenario.sources, features.ties, eligible.allowed
    yield from near.bring(allowed, ties)
    unfinished = user.unfinished
    stated = most.candidates if near.blind else most.stated
    ask: dict[str, tuple[int, Callable[[int], IntArray]]] = {
        "neighbours": (most.neighbours, lambda k: _neighbours(user, allowed, k, ties)),
        "series": (most.series, lambda k: features.of_series.first(_often(user), allowed, k)),
        "unfinished": (most.unfinished, lambda k: unfinished[allowed[unfinished]][:k]),
        "trending": (most.trending, lambda k: first(features.trending, allowed, k)),
        "popular": (most.popular, lambda k: _popular(catalog, features, user, allowed, k)),
        "fresh": (most.fresh, lambda k: first(features.newest, allowed, k)),
        "stated": (stated, lambda k: features.good.first(user.declared_interests, allowed, k)),
        "unseen": (most.unseen, lambda k: near.unseen(features, allowed, k)),
        "exploration": (most.exploration, lambda k: features.ring.next(allowed, k, seed)),
    }
    if scenario.rules.pins:
        yield (
            "pinned",
            features.rules.pin_candidates(
                allowed, eligible.age_days(slice(None)), features.best, PINNED
            ),
        )
    for name, (count, source) in ask.items():
        if count and len(rows := source(count)):
            yield name, rows


def _neighbours(user: UserFeatures, allowed: BoolArray, count: int, ties: IntArray) -> IntArray:
    """Those nearest to what the user chose, by what others chose."""
    found = user.neighbours
    free = allowed[found.rows]
    return top_k(found.rows[free], found.nearness[free], count, ties)[0]


def _often(user: UserFeatures) -> IntArray:
    """The series that the user follows or often hears."""
    return user.habitual_series


def _popular(
    catalog: Catalog, features: CatalogFeatures, user: UserFeatures, allowed: BoolArray, count: int
) -> IntArray:
    """What is chosen most in the user's main categories."""
    return features.popular.first(_main_categories(catalog, user), allowed, count)


def _main_categories(catalog: Catalog, user: UserFeatures) -> IntArray:
    """The user's largest categories; on a first visit every major one."""
    if user.is_unknown:
        return np.flatnonzero(catalog.category_major)
    largest = np.argsort(-user.category_shares.shares, kind="stable")[:MAIN_CATEGORIES]
    return np.union1d(user.category_shares.groups[largest], user.declared_interests)


class _Nearness:
    """Cosines with the user vector and with each interest, from the catalog or from a search."""

    def __init__(
        self,
        catalog: Catalog,
        scenario: Scenario,
        user: UserFeatures,
        retrieved: SearchResult | None,
    ) -> None:
        vector = user.vector.unit
        self._catalog = catalog
        self._retrieved = None if catalog.embeddings.in_memory else retrieved
        self._neutral = scenario.interests.neutral_similarity
        self._known = vector is not None
        self._most = scenario.sources
        self._stated = user.declared_interests
        self._user = np.zeros((0, catalog.dimension), np.float32)
        """(0 or 1, D)"""
        self._interests = self._user
        """(m, D)"""
        self.blind = vector is not None and not catalog.embeddings.in_memory and retrieved is None
        """whether vectors are needed and cannot be had"""
        if vector is not None and catalog.embeddings.in_memory:
            self._user = vector[None]
        if scenario.sources.interests or scenario.blend.interest:
            self._interests = catalog.embeddings[user.interests]

    def bring(self, allowed: BoolArray, ties: IntArray) -> Iterator[tuple[str, IntArray]]:
        """What is most similar to the user vector, and to each interest."""
        most = self._most
        wanted = self._interests if most.interests else self._interests[:0]
        if self._retrieved is not None:
            found = self._retrieved.rows, self._retrieved.similarity
            free = allowed[found[0]]
            best = top_k(found[0][free], found[1][free], most.candidates, ties)
            yield "retrieved", best[0]
        names = ["similar"] * len(self._user) + ["interests"] * len(wanted)
        if names:
            counts = np.where(np.array(names) == "similar", most.candidates, most.interests)
            vectors = np.concatenate([self._user, wanted])
            near = nearest(self._catalog.embeddings, vectors, allowed, counts, ties)
            yield from zip(names, (rows for rows, _ in near), strict=True)

    def unseen(self, features: CatalogFeatures, allowed: BoolArray, count: int) -> IntArray:
        """Of what few have chosen the most promising and the most like the choices."""
        brought = [first(features.to_explore, allowed, count)]
        if len(self._user):
            few = np.zeros(len(allowed), np.bool_)
            few[features.to_explore] = True
            counts = np.array([count])
            near = nearest(
                self._catalog.embeddings, self._user, allowed & few, counts, features.ties
            )
            brought.append(near[0][0])
        return np.unique(np.concatenate(brought))

    def proposed(self, pool: Pool, vectors: npt.NDArray[np.float32]) -> Proposed:
        """These candidates, and how similar they are."""
        near, alone = (
            cosines(vectors, np.concatenate([self._user, self._interests])),
            len(self._user),
        )
        interest = near[alone:].max(axis=0) if len(near) > alone else np.zeros(len(pool.rows))
        similarity = self._similarity(pool, near[:alone].astype(np.float64))
        return Proposed(pool, vectors, similarity, interest.astype(np.float64))

    def _similarity(self, pool: Pool, of_user: FloatArray) -> FloatArray:
        if not self._known:
            return np.full(len(pool.rows), self._neutral)
        if len(self._user):
            alone: FloatArray = of_user[0]
            return alone
        if self._retrieved is not None:
            return self._retrieved.similarity_of(pool.rows)
        return np.where(pool.by("stated"), self._neutral, 0.0)
