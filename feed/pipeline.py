"""The pipeline: query to slate, the stages in order, one straight list.

Everything is deterministic given catalog, scenario and query (which carries seed and now).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed import filters, scorers, sources
from feed.catalog import Catalog
from feed.columns import BoolArray, FloatArray, IntArray
from feed.interests import user_vector
from feed.reasons import Reasons, explain
from feed.request import Query
from feed.scenario import Scenario
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

    def rank(self, query: Query) -> Slate:
        """The slate for this query."""
        catalog, scenario = self.catalog, self.scenario
        user = user_vector(catalog, query, scenario.interests)

        ages = filters.age_days(catalog, query.now_us)
        allowed, removed = self._filter(query)
        window, widened = self._window(ages, allowed)
        allowed, removed["freshness"] = _narrow(allowed, filters.fresh(ages, window))

        similarity = self._similarity(user.vector)
        rows, brought = self._candidates(similarity, allowed)

        neutral = scenario.interests.neutral_similarity
        parts = {
            "similarity": np.full(len(rows), neutral) if similarity is None else similarity[rows],
            "quality": self.quality[rows],
            "recency": scorers.recency(ages[rows], scenario.blend.recency_decay),
        }
        final = scorers.blend(
            scenario.blend,
            **parts,
            aversion=scorers.aversion(catalog, query, rows),
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
        return Slate(
            rows=rows,
            scores=_millionths(*parts.values(), final),
            reasons=reasons,
            cold_start=user.vector is None,
            user_vector_episodes=len(user.members),
            degraded=query.degraded
            + ("freshness_widened",) * widened
            + ("series_limit_relaxed",) * relaxed,
            trace=Trace(len(catalog), removed, window, brought, len(rows)),
        )

    def _filter(self, query: Query) -> tuple[BoolArray, dict[str, int]]:
        """Who passes every filter but freshness, and how many each one removed."""
        catalog = self.catalog
        masks = {
            "quality_floors": self.floors,
            "excluded": filters.not_excluded(catalog, query),
            "muted_series": filters.not_muted_series(catalog, query),
            "muted_category": filters.not_muted_category(catalog, query),
            "language": filters.spoken_language(catalog, query),
        }
        if not self.scenario.filters.unpublished:
            masks["unpublished"] = filters.published(catalog, query.now_us)
        allowed = np.ones(len(catalog), np.bool_)
        removed = {}
        for name, mask in masks.items():
            allowed, removed[name] = _narrow(allowed, mask)
        return allowed, removed

    def _window(self, ages: IntArray, allowed: BoolArray) -> tuple[int | None, bool]:
        """The freshness window in days (None: no limit), and whether it is wider than the first.

        The first of the scenario's steps that lets enough candidates pass, or else the last one,
        or no limit. A step that gains nothing is not taken.
        """
        steps: list[int | None] = list(self.scenario.filters.freshness_days)
        if self.scenario.filters.unlimited or not steps:
            steps.append(None)
        wanted = self.scenario.sources.candidates
        best, most = steps[0], -1
        for window in steps:
            passing = int(np.count_nonzero(allowed & filters.fresh(ages, window)))
            if passing > most:
                best, most = window, passing
            if passing >= wanted:
                break
        return best, best != steps[0]

    def _similarity(self, vector: npt.NDArray[np.float32] | None) -> FloatArray | None:
        """(n,) cosine of every episode with the user vector; 0 where it has no embedding."""
        if vector is None:
            return None
        return (self.catalog.embeddings @ vector).astype(np.float64)

    def _candidates(
        self, similarity: FloatArray | None, allowed: BoolArray
    ) -> tuple[IntArray, dict[str, int]]:
        """The candidates, each once, and how many each source brought."""
        count = self.scenario.sources.candidates
        if similarity is None:
            rows = sources.best_quality(self.quality, allowed, count, self.order)
            return rows, {"best_quality": len(rows)}
        rows = sources.most_similar(self.catalog, similarity, allowed, count, self.order)
        brought = {"similar": len(rows)}
        if self.scenario.sources.fill and len(rows) < count:
            rest = allowed.copy()
            rest[rows] = False
            more = sources.best_quality(self.quality, rest, count - len(rows), self.order)
            brought["best_quality"] = len(more)
            rows = np.concatenate([rows, more])
        return rows, brought


def _order(catalog: Catalog, ties: str) -> IntArray:
    if ties == "source":
        return catalog.source_order
    order = np.empty(len(catalog), np.int64)
    order[np.lexsort((catalog.source_order, -catalog.published_us))] = np.arange(len(order))
    return order


def _narrow(allowed: BoolArray, mask: BoolArray) -> tuple[BoolArray, int]:
    """Both masks together, and how many the second removed."""
    narrowed = allowed & mask
    return narrowed, int(np.count_nonzero(allowed) - np.count_nonzero(narrowed))


def _millionths(*columns: FloatArray) -> npt.NDArray[np.int32]:
    limits = np.iinfo(np.int32)
    scaled = np.rint(np.column_stack(columns) * MILLION)
    millionths: npt.NDArray[np.int32] = np.clip(scaled, limits.min, limits.max).astype(np.int32)
    return millionths
