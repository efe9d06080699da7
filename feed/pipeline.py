"""The pipeline: query to slate, the stages in order, one straight list.

Everything is deterministic given catalog, scenario and query (which carries seed and now).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed import filters, scorers, sources
from feed.catalog import Catalog
from feed.columns import BoolArray, FloatArray, IntArray
from feed.eligible import Eligible, eligible
from feed.interests import UserVector, user_vector
from feed.reasons import Reasons, explain
from feed.request import Query
from feed.retrieval import Enquiry, Retrieved, enquire, matched, needs_vectors
from feed.scenario import Scenario
from feed.search import Match
from feed.selectors import select

MILLION = 1_000_000
"""Scores leave the pipeline as whole millionths, so that every page shows the same digits."""


@dataclass(frozen=True)
class Trace:
    """How a slate came about: what each stage let through."""

    catalog: int
    removed: dict[str, int]
    """by filter: how many it removed that no earlier one had"""
    window_days: int | None
    sources: dict[str, int]
    """by source: how many candidates it brought"""
    chosen: int


@dataclass(frozen=True)
class Slate:
    """The queue of a session: k episodes in order."""

    rows: IntArray
    scores: npt.NDArray[np.int32]
    """(k, 4) similarity, quality, recency and final score, in millionths"""
    reasons: Reasons
    cold_start: bool
    user_vector_episodes: int
    degraded: tuple[str, ...]
    trace: Trace


class Ranker:
    """A catalog made ready for one scenario: what depends on no query is computed once."""

    def __init__(self, catalog: Catalog, scenario: Scenario) -> None:
        self.catalog = catalog
        self.scenario = scenario
        self.quality = scorers.quality(catalog, scenario.quality)
        """(n,)"""
        self.rated = scorers.rated(catalog, self.quality)
        """(n,) who can be called highly rated"""
        self.floors = filters.quality_floors(catalog, scenario.filters)
        """(n,) who passes the quality floors"""
        self.order = _order(catalog, scenario.sources.ties)
        """(n,) what breaks ties: lower comes first"""

    def enquire(self, query: Query) -> Enquiry | None:
        """What to ask a search for this query; None where it could add nothing."""
        catalog, scenario = self.catalog, self.scenario
        if catalog.holds_vectors or not needs_vectors(catalog, query, scenario):
            return None
        return enquire(catalog, query, scenario, self._eligible(query))

    def rank(self, query: Query, retrieved: Retrieved | None = None) -> Slate:
        """The slate for this query, with what a search brought for it, if there was one."""
        catalog, scenario = self.catalog, self.scenario
        found = retrieved.eligible if retrieved else self._eligible(query)
        user = retrieved.user if retrieved else user_vector(catalog, query, scenario.interests)

        rows, similarity, brought = self._candidates(user, found.allowed, retrieved)

        parts = {
            "similarity": similarity,
            "quality": self.quality[rows],
            "recency": scorers.recency(found.ages[rows], scenario.blend.recency_decay),
        }
        final = scorers.blend(
            scenario.blend,
            **parts,
            aversion=self._aversion(query, rows, retrieved),
            served=scorers.served(catalog, query, rows),
        )

        chosen, relaxed = select(final, catalog.series[rows], self.order[rows], scenario.selector)
        rows, final = rows[chosen], final[chosen]
        parts = {name: part[chosen] for name, part in parts.items()}
        reasons = explain(
            catalog,
            user,
            rows,
            **parts,
            rated=self.rated[rows],
            blend=scenario.blend,
            parameters=scenario.reasons,
        )
        blind = not (catalog.holds_vectors or retrieved) and needs_vectors(catalog, query, scenario)
        return Slate(
            rows=rows,
            scores=_millionths(*parts.values(), final),
            reasons=reasons,
            cold_start=user.vector is None,
            user_vector_episodes=len(user.members),
            degraded=query.degraded
            + ("vectors_unavailable",) * blind
            + ("freshness_widened",) * found.widened
            + ("series_limit_relaxed",) * relaxed,
            trace=Trace(len(catalog), found.removed, found.window_days, brought, len(rows)),
        )

    def similar(
        self, row: int, count: int, matches: Iterable[Match] = ()
    ) -> tuple[IntArray, FloatArray]:
        """The episodes most similar to one, of those that pass the quality floors, and the cosines.

        A catalog that holds no vectors takes them from the matches of a search.
        """
        catalog, others = self.catalog, self.floors.copy()
        others[row] = False
        if not catalog.holds_vectors:
            found = matched(catalog, matches, others)
            return sources.best_matches(*found, count, self.order)
        others &= catalog.is_embedded[row]
        cosines: FloatArray = (catalog.embeddings @ catalog.embeddings[row]).astype(np.float64)
        rows = sources.most_similar(catalog, cosines, others, count, self.order)
        return rows, cosines[rows]

    def _eligible(self, query: Query) -> Eligible:
        return eligible(self.catalog, query, self.scenario, self.floors)

    def _candidates(
        self, user: UserVector, allowed: BoolArray, retrieved: Retrieved | None
    ) -> tuple[IntArray, FloatArray, dict[str, int]]:
        """The candidates, each once, their similarity, and how many each source brought.

        Where nothing is known of the user every similarity is the neutral one, and where none can
        be had, that of the episodes in a stated interest. What fills up is similar to nothing.
        """
        catalog, count, order = self.catalog, self.scenario.sources.candidates, self.order
        neutral = self.scenario.interests.neutral_similarity
        similarity: FloatArray
        fill = self.scenario.sources.fill
        if user.vector is None:
            rows = sources.best_quality(self.quality, allowed, count, order)
            return rows, np.full(len(rows), neutral), {"best_quality": len(rows)}
        if catalog.holds_vectors:
            cosines: FloatArray = (catalog.embeddings @ user.vector).astype(np.float64)
            rows = sources.most_similar(catalog, cosines, allowed, count, order)
            similarity, brought = cosines[rows], {"similar": len(rows)}
        elif retrieved:
            found = retrieved.rows, retrieved.similarity
            rows, similarity = sources.best_matches(*found, count, order)
            brought = {"retrieved": len(rows)}
        else:
            rows = sources.stated(catalog, user.categories, self.quality, allowed, count, order)
            similarity, brought = np.full(len(rows), neutral), {"stated": len(rows)}
            fill = True
        if fill and len(rows) < count:
            rest = allowed.copy()
            rest[rows] = False
            more = sources.best_quality(self.quality, rest, count - len(rows), order)
            brought["best_quality"] = len(more)
            rows = np.concatenate([rows, more])
            similarity = np.concatenate([similarity, np.zeros(len(more))])
        return rows, similarity, brought

    def _aversion(self, query: Query, rows: IntArray, retrieved: Retrieved | None) -> FloatArray:
        if self.catalog.holds_vectors:
            return scorers.aversion(self.catalog, query, rows)
        return retrieved.aversion(rows) if retrieved else np.zeros(len(rows))


def _order(catalog: Catalog, ties: str) -> IntArray:
    if ties == "source":
        return catalog.source_order
    order = np.empty(len(catalog), np.int64)
    order[np.lexsort((catalog.source_order, -catalog.published_us))] = np.arange(len(order))
    return order


def _millionths(*columns: FloatArray) -> npt.NDArray[np.int32]:
    limits = np.iinfo(np.int32)
    scaled = np.rint(np.column_stack(columns) * MILLION)
    millionths: npt.NDArray[np.int32] = np.clip(scaled, limits.min, limits.max).astype(np.int32)
    return millionths
