"""The pipeline: query to slate, the stages in order, one straight list.

Everything is deterministic given catalog, scenario and query (which carries seed and now).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import FloatArray, IntArray, top_k
from feed.catalog.catalog import Catalog
from feed.model.degradation import Degradation
from feed.ports.vector_search import Match
from feed.ranking import emptiness, filters, scorers
from feed.ranking.candidates import Proposed, everything, generate_candidates
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.eligibility import find_eligible
from feed.ranking.external_search import (
    SearchPlan,
    SearchResult,
    lacks_vectors,
    matched,
    plan_search,
)
from feed.ranking.reasons import Reasons, explain
from feed.ranking.selector_input import selector_input
from feed.ranking.trace import TraceDetail, detail
from feed.scenarios.scenario import Scenario
from feed.selection.selector import select
from feed.user.features import UserFeatures
from feed.user.hydration import hydrate
from feed.user.query import Query
from feed.vectors.search import nearest

MILLION = 1_000_000
"""Scores leave the pipeline as whole millionths, so that every page shows the same digits."""
_ALWAYS = {"similarity", "quality", "recency"}
"""parts that every answer shows"""


@dataclass(frozen=True)
class Trace:
    """How a slate came about: what each stage let through."""

    catalog: int
    removed: dict[str, int]
    """by filter: how many it removed that no earlier one had"""
    window_days: int | None
    sources: dict[str, int]
    """by source: how many candidates it brought"""
    candidates: int
    """how many there were, each once"""
    chosen: int
    parts: dict[str, list[float]]
    """by part of the score: what it gave to each episode of the queue, its weight included"""
    proposed_by: list[list[str]]
    """of each episode of the queue: the sources that brought it"""
    propensities: list[float]
    """of each: with what probability it came into its place, 1 where no chance was in it"""


@dataclass(frozen=True)
class Slate:
    """The queue of a session: k episodes in order."""

    rows: IntArray
    scores: npt.NDArray[np.int32]
    """(k, 4) similarity, quality, recency and final score, in millionths"""
    reasons: Reasons
    cold_start: bool
    user_vector_episodes: int
    degraded: tuple[Degradation, ...]
    explored: Mapping[int, float]
    """by place from 1 on: with what probability who was drawn by lot came there"""
    traced: Callable[[], Trace]
    detailed: Callable[[], TraceDetail]

    @property
    def trace(self) -> Trace:
        """How it came about: made for whoever asks, since hardly any session does."""
        return self.traced()

    @property
    def detail(self) -> TraceDetail:
        """The same by name, likewise."""
        return self.detailed()


class Ranker:
    """A catalog made ready for one scenario: what depends on no query is computed once."""

    def __init__(self, catalog: Catalog, scenario: Scenario) -> None:
        self.catalog = catalog
        self.scenario = scenario
        self.features = CatalogFeatures(catalog, scenario)

    def plan_search(self, query: Query) -> SearchPlan | None:
        """What to request from an external search for this query; None where it needs none."""
        if self.catalog.embeddings.in_memory:
            return None
        return plan_search(self.features, self._user(query))

    def rank(self, query: Query, found: SearchResult | None = None) -> Slate:
        """Rank a query, with the result of the external search that was planned for it, if any."""
        catalog, scenario, features = self.catalog, self.scenario, self.features
        user = self._user(query, found)
        eligible = find_eligible(features, user)

        proposed = generate_candidates(
            catalog, scenario, features, user, eligible, found, query.seed
        )
        rows = proposed.pool.rows
        ages = eligible.age_days(rows)
        parts = self._parts(user, ages, proposed, found)
        weights = scorers.weights(scenario.blend, parts, user.confidence)
        final = scorers.blend(weights, parts)

        chosen = select(
            selector_input(catalog, scenario, features, user, proposed, final, ages, query.seed),
            scenario.selector,
        )
        at, pool, scores = chosen.indices, proposed.pool, final
        rows, final, similarity = rows[at], final[at], proposed.similarity[at]
        parts = {name: part[at] for name, part in parts.items()}
        near = proposed.vectors[at] if catalog.embeddings.in_memory else proposed.vectors
        reasons = explain(catalog, scenario, features, user, rows, near, parts, weights, chosen)
        shown = (similarity, parts["quality"], parts["recency"], final)
        return Slate(
            rows=rows,
            scores=_millionths(np.column_stack(shown)),
            reasons=reasons,
            cold_start=user.vector.unit is None,
            user_vector_episodes=len(user.vector.members),
            degraded=query.degraded
            + (Degradation.VECTORS_UNAVAILABLE,) * lacks_vectors(features, user, found)
            + (Degradation.FRESHNESS_WIDENED,) * eligible.is_widened
            + (Degradation.SERIES_LIMIT_RELAXED,) * chosen.relaxed
            + (() if len(rows) else emptiness.causes(eligible)),
            explored={
                place + 1: round(float(chosen.propensities[place]), 6)
                for place in np.flatnonzero(chosen.explored).tolist()
            },
            traced=lambda: Trace(
                catalog=len(catalog),
                removed={name: len(rows) for name, rows in eligible.removed()},
                window_days=eligible.window_days,
                sources=proposed.pool.brought,
                candidates=len(proposed.pool.rows),
                chosen=len(rows),
                parts=scorers.given(weights, parts),
                proposed_by=proposed.pool.names(at),
                propensities=np.round(chosen.propensities, 6).tolist(),
            ),
            detailed=lambda: detail(catalog, features, user, eligible, pool, scores, at),
        )

    def score(self, query: Query, found: SearchResult | None = None) -> FloatArray:
        """(n,) final score of every episode, before any filter or selector."""
        catalog, scenario = self.catalog, self.scenario
        user = self._user(query, found)
        proposed = everything(catalog, scenario, user, found)
        ages = filters.age_days(catalog.published_us, query.now_us)
        parts = self._parts(user, ages, proposed, found)
        return scorers.blend(scorers.weights(scenario.blend, parts, user.confidence), parts)

    def similar(
        self, row: int, count: int, matches: Iterable[Match] = ()
    ) -> tuple[IntArray, FloatArray]:
        """The episodes most similar to one, of those that pass the quality floors, and the cosines.

        A catalog that holds no vectors takes them from the matches of a search.
        """
        catalog, ties = self.catalog, self.features.ties
        floors = self.features.floors
        others = np.ones(len(self.catalog), np.bool_) if floors is None else floors.copy()
        others[row] = False
        if not catalog.embeddings.in_memory:
            return top_k(*matched(catalog, matches, others), count, ties)
        others &= catalog.embeddings.present[row]
        vectors, counts = catalog.embeddings[row : row + 1], np.array([count])
        rows, cosines = nearest(catalog.embeddings, vectors, others, counts, ties)[0]
        return rows, cosines.astype(np.float64)

    def _user(self, query: Query, found: SearchResult | None = None) -> UserFeatures:
        vector = found.user_vector if found else None
        hydrated = hydrate(query, self.catalog)
        return UserFeatures(self.catalog, hydrated, self.scenario.interests, vector)

    def _parts(
        self,
        user: UserFeatures,
        ages: IntArray,
        proposed: Proposed,
        retrieved: SearchResult | None,
    ) -> dict[str, FloatArray]:
        """Every part of the score that this scenario weighs, and those that are always shown."""
        catalog, features, blend = self.catalog, self.features, self.scenario.blend
        rows = proposed.pool.rows
        unseen = features.unseen[rows]
        # What is neutral, because nothing is known or can be had, is no cosine.
        cosines = user.vector.unit is not None and (
            catalog.embeddings.in_memory or retrieved is not None
        )
        similarity = features.measured(proposed.similarity) if cosines else proposed.similarity
        parts: dict[str, Callable[[], FloatArray]] = {
            "similarity": lambda: similarity,
            "quality": lambda: features.quality[rows],
            "recency": lambda: scorers.recency(ages, blend.recency_decay),
            "interest": lambda: features.measured(proposed.interest),
            "neighbours": lambda: scorers.neighbours(user, rows, blend.neighbours_unit),
            "trend": lambda: features.trend[rows],
            "popularity": lambda: features.popularity[rows],
            "rise": lambda: features.rise[rows],
            "completion": lambda: features.completion[rows],
            "promise": lambda: features.promise[rows],
            "unseen": lambda: unseen.astype(np.float64),
            "series": lambda: scorers.series(catalog, user, rows),
            "category": lambda: scorers.category(catalog, user, rows),
            "unfinished": lambda: scorers.is_among(rows, user.unfinished),
            "era": lambda: scorers.era(catalog, user, rows, blend.era_days),
            "aversion": lambda: self._aversion(user, proposed, retrieved),
            "served": lambda: scorers.is_among(rows, user.query.served_rows),
        }
        wanted = {name for name in parts if getattr(blend, name)}
        weighed = {name: part() for name, part in parts.items() if name in wanted | _ALWAYS}
        if features.rules.has_boosts:
            weighed["boost"] = features.rules.boost(rows, ages)
        return weighed

    def _aversion(
        self, user: UserFeatures, proposed: Proposed, retrieved: SearchResult | None
    ) -> FloatArray:
        if self.catalog.embeddings.in_memory:
            refused = self.catalog.embeddings[user.disliked]
            nearest = scorers.aversion(proposed.vectors, refused)
        else:
            rows = proposed.pool.rows
            nearest = retrieved.dislike_similarity_of(rows) if retrieved else np.zeros(len(rows))
        return np.maximum(self.features.measured(nearest), 0.0)


def _millionths(numbers: FloatArray) -> npt.NDArray[np.int32]:
    limits = np.iinfo(np.int32)
    scaled = np.rint(numbers * MILLION)
    millionths: npt.NDArray[np.int32] = np.clip(scaled, limits.min, limits.max).astype(np.int32)
    return millionths
