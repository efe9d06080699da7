"""The pipeline: query to slate, the stages in order, one straight list.

Everything is deterministic given catalog, scenario and query (which carries seed and now).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import FloatArray, IntArray, in_sorted, top_k
from feed.catalog.catalog import Catalog
from feed.model.degradation import Degradation
from feed.ports.vector_search import Match
from feed.ranking import emptiness, filters, scorers
from feed.ranking.candidates import Proposed, everything, generate_candidates
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.eligibility import Eligibility, eligible
from feed.ranking.external_search import (
    SearchPlan,
    SearchResult,
    matched,
    needs_vectors,
    plan_search,
)
from feed.ranking.reasons import Reasons, explain
from feed.ranking.selector_input import selector_input
from feed.ranking.trace import TraceDetail, detail
from feed.scenarios.scenario import Scenario
from feed.selection.selector import select
from feed.user.features import UserFeatures
from feed.user.hydration import HydratedQuery
from feed.user.query import Query
from feed.user.user_vector import user_vector
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
    drawn: Mapping[int, float]
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
        """What to ask a search for this query; None where it could add nothing."""
        catalog, scenario = self.catalog, self.scenario
        if catalog.embeddings.in_memory:
            return None
        history = HydratedQuery.of(catalog, query, scenario.interests)
        if not needs_vectors(catalog, history, scenario):
            return None
        return plan_search(catalog, query, history, scenario, self._eligible(query, history))

    def rank(self, query: Query, retrieved: SearchResult | None = None) -> Slate:
        """The slate for this query, with what a search brought for it, if there was one."""
        catalog, scenario, features = self.catalog, self.scenario, self.features
        history = HydratedQuery.of(catalog, query, scenario.interests)
        user = retrieved.user if retrieved else user_vector(catalog, history, scenario.interests)
        likes = UserFeatures(catalog, query, history, scenario.interests, user)
        found = self._eligible(query, history, likes)

        proposed = generate_candidates(
            catalog, scenario, features, likes, found, retrieved, query.seed
        )
        rows = proposed.pool.rows
        ages = found.ages(rows)
        parts = self._parts(query, likes, ages, proposed, retrieved)
        weights = scorers.weights(scenario.blend, parts, likes.confidence)
        final = scorers.blend(weights, parts)

        chosen = select(
            selector_input(catalog, scenario, features, likes, proposed, final, ages, query.seed),
            scenario.selector,
        )
        at, pool, scores = chosen.indices, proposed.pool, final
        rows, final, similarity = rows[at], final[at], proposed.similarity[at]
        parts = {name: part[at] for name, part in parts.items()}
        near = proposed.vectors[at] if catalog.embeddings.in_memory else proposed.vectors
        reasons = explain(catalog, scenario, features, likes, rows, near, parts, weights, chosen)
        blind = not (catalog.embeddings.in_memory or retrieved) and needs_vectors(
            catalog, history, scenario
        )
        shown = (similarity, parts["quality"], parts["recency"], final)
        return Slate(
            rows=rows,
            scores=_millionths(np.column_stack(shown)),
            reasons=reasons,
            cold_start=user.vector is None,
            user_vector_episodes=len(user.members),
            degraded=query.degraded
            + (Degradation.VECTORS_UNAVAILABLE,) * blind
            + (Degradation.FRESHNESS_WIDENED,) * found.widened
            + (Degradation.SERIES_LIMIT_RELAXED,) * chosen.relaxed
            + (() if len(rows) else emptiness.causes(found)),
            drawn={
                place + 1: round(float(chosen.propensities[place]), 6)
                for place in np.flatnonzero(chosen.explored).tolist()
            },
            traced=lambda: Trace(
                catalog=len(catalog),
                removed=found.removed,
                window_days=found.window_days,
                sources=proposed.pool.brought,
                candidates=len(proposed.pool.rows),
                chosen=len(rows),
                parts=scorers.given(weights, parts),
                proposed_by=proposed.pool.names(at),
                propensities=np.round(chosen.propensities, 6).tolist(),
            ),
            detailed=lambda: detail(catalog, features, likes, found, pool, scores, at),
        )

    def score(self, query: Query, retrieved: SearchResult | None = None) -> FloatArray:
        """(n,) the final score of every episode, before any filter or selector."""
        catalog, scenario = self.catalog, self.scenario
        history = HydratedQuery.of(catalog, query, scenario.interests)
        user = retrieved.user if retrieved else user_vector(catalog, history, scenario.interests)
        likes = UserFeatures(catalog, query, history, scenario.interests, user)
        proposed = everything(catalog, scenario, likes, retrieved)
        ages = filters.age_days(catalog.published_us, query.now_us)
        parts = self._parts(query, likes, ages, proposed, retrieved)
        return scorers.blend(scorers.weights(scenario.blend, parts, likes.confidence), parts)

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

    def _eligible(
        self, query: Query, history: HydratedQuery, likes: UserFeatures | None = None
    ) -> Eligibility:
        returning = likes.unfinished if likes and self.scenario.sources.unfinished else None
        return eligible(
            self.catalog,
            query,
            history,
            self.scenario,
            self.features.floors,
            self.features.ruling,
            returning,
        )

    def _parts(
        self,
        query: Query,
        likes: UserFeatures,
        ages: IntArray,
        proposed: Proposed,
        retrieved: SearchResult | None,
    ) -> dict[str, FloatArray]:
        """Every part of the score that this scenario weighs, and those that are always shown."""
        catalog, features, blend = self.catalog, self.features, self.scenario.blend
        rows = proposed.pool.rows
        unseen = features.unseen[rows]
        # What is neutral, because nothing is known or can be had, is no cosine.
        cosines = likes.user.vector is not None and (
            catalog.embeddings.in_memory or retrieved is not None
        )
        similarity = features.measured(proposed.similarity) if cosines else proposed.similarity
        parts: dict[str, Callable[[], FloatArray]] = {
            "similarity": lambda: similarity,
            "quality": lambda: features.quality[rows],
            "recency": lambda: scorers.recency(ages, blend.recency_decay),
            "interest": lambda: features.measured(proposed.interest),
            "neighbours": lambda: scorers.neighbours(likes, rows, blend.neighbours_unit),
            "trend": lambda: features.trend[rows],
            "popularity": lambda: features.popularity[rows],
            "rise": lambda: features.rise[rows],
            "completion": lambda: features.completion[rows],
            "promise": lambda: features.promise[rows],
            "unseen": lambda: unseen.astype(np.float64),
            "series": lambda: scorers.series(catalog, likes, rows),
            "category": lambda: scorers.category(catalog, likes, rows),
            "unfinished": lambda: in_sorted(np.sort(likes.unfinished), rows).astype(np.float64),
            "era": lambda: scorers.era(catalog, likes, rows, blend.era_days),
            "aversion": lambda: self._aversion(likes, proposed, retrieved),
            "served": lambda: scorers.served(catalog, query, rows),
        }
        wanted = {name for name in parts if getattr(blend, name)}
        weighed = {name: part() for name, part in parts.items() if name in wanted | _ALWAYS}
        if features.ruling.boosts:
            weighed["boost"] = features.ruling.boost(rows, ages)
        return weighed

    def _aversion(
        self, likes: UserFeatures, proposed: Proposed, retrieved: SearchResult | None
    ) -> FloatArray:
        if self.catalog.embeddings.in_memory:
            refused = self.catalog.embeddings[likes.refused]
            nearest = scorers.aversion(proposed.vectors, refused)
        else:
            rows = proposed.pool.rows
            nearest = retrieved.aversion(rows) if retrieved else np.zeros(len(rows))
        return np.maximum(self.features.measured(nearest), 0.0)


def _millionths(numbers: FloatArray) -> npt.NDArray[np.int32]:
    limits = np.iinfo(np.int32)
    scaled = np.rint(numbers * MILLION)
    millionths: npt.NDArray[np.int32] = np.clip(scaled, limits.min, limits.max).astype(np.int32)
    return millionths
