"""The pipeline: from a query to a slate, one stage after the other.

A ranking is determined by the catalog, the scenario and the query, which carries the time and the
seed of every random choice.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, IntArray
from feed.catalog.catalog import Catalog
from feed.model.degradation import Degradation
from feed.model.impressions import unpack
from feed.ports.vector_search import Match
from feed.ranking import emptiness
from feed.ranking.candidates import SourceBits, every_episode, generate_candidates
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.eligibility import Eligibility, find_eligible
from feed.ranking.external_search import (
    SearchPlan,
    SearchResult,
    lacks_vectors,
    plan_search,
)
from feed.ranking.listening_time import listening_times
from feed.ranking.reasons import Reasons, explain
from feed.ranking.score_parts import ScoredCandidates, score
from feed.ranking.scoring import Scoring
from feed.ranking.selector_input import selector_input
from feed.ranking.series import SeriesFeatures
from feed.ranking.series_recommendation import RecommendedSeries, recommend_series
from feed.ranking.similar_episodes import similar_episodes, suitable
from feed.ranking.sources import Found
from feed.ranking.standings import Standings, find_standings
from feed.ranking.trace import Trace, trace
from feed.ranking.trace_detail import TraceDetail, trace_detail
from feed.scenarios.scenario import Scenario
from feed.scenarios.version import version
from feed.selection.fill import Fill, fill
from feed.selection.greedy import Selection
from feed.selection.selector import select
from feed.user.features import UserFeatures
from feed.user.hydration import HydratedQuery, hydrate
from feed.user.query import Query

MILLION = 1_000_000
"""Scores leave the pipeline as whole millionths, so that every page shows the same digits."""


@dataclass(frozen=True)
class Slate:
    """The queue of a session: k episodes in order, and what the answer says about them."""

    rows: IntArray
    """(k,) catalog rows"""
    scores: npt.NDArray[np.int32]
    """(k, 4) similarity, quality, recency and final score, in millionths"""
    reasons: Reasons
    sources: SourceBits
    """(k,) the sources that proposed each episode"""
    parts: Mapping[str, FloatArray]
    """(k,) each part of the score by name, before its weight or curve"""
    cold_start: bool
    """whether there was no user vector to rank with"""
    user_vector_episodes: int
    """number of engaged episodes in the user vector"""
    degraded: tuple[Degradation, ...]
    """what the ranking had to do without"""
    explored: Mapping[int, float]
    """by position from 1: the probability with which a randomly drawn episode got there"""
    total_s: float | None
    """what the queue takes to hear, if it was to take a given time"""
    make_trace: Callable[[], Trace]
    make_detail: Callable[[str | None], TraceDetail]
    """names the episodes that `trace` counts, and explains the one of this id; on demand, too"""

    @property
    def trace(self) -> Trace:
        """The numbers of each stage, computed on demand, since few sessions ask for them."""
        return self.make_trace()


Propose = Callable[[UserFeatures, Eligibility], Iterable[Found]]
"""Names further sources and their rows for one user, among what is eligible."""


class Ranker:
    """Ranks queries over one catalog for one scenario, whose features it computes once."""

    def __init__(self, catalog: Catalog, scenario: Scenario) -> None:
        self.catalog = catalog
        self.scenario = scenario
        self.features = CatalogFeatures(catalog, scenario)

    @cached_property
    def scenario_version(self) -> str:
        """The version of the scenario."""
        return version(self.scenario)

    @cached_property
    def series(self) -> SeriesFeatures:
        """Features of the catalog's series."""
        return SeriesFeatures(self.features)

    def user_vector(self, query: Query) -> npt.NDArray[np.float32] | None:
        """(D,) the embedding of a query's user, of length 1; None where nothing is known."""
        return self._user(hydrate(query, self.catalog)).vector.unit

    def rank(self, query: Query, search_result: SearchResult | None = None) -> Slate:
        """Rank a query by hydration, eligibility, candidates, scoring, selection and reasons.

        `search_result` answers the search that `plan_search` asked for, if it did.
        """
        features, scoring = self.features, self.score_candidates(query, search_result)
        user, eligible, scored = scoring.user, scoring.eligible, scoring.candidates
        filled = self._fill(scoring) if query.fill_s else None
        selection = filled.selection if filled else self._select(scoring)
        chosen = scored.take(selection.indices)
        reasons = explain(features, user, chosen, selection)
        degraded = list(scoring.degraded)
        if selection.relaxed:
            degraded.append(Degradation.SERIES_LIMIT_RELAXED)
        if filled and len(chosen.rows) and not filled.is_full:
            degraded.append(Degradation.TIME_UNFILLED)
        if not len(chosen.rows):
            degraded.extend(emptiness.causes(eligible))
        return Slate(
            rows=chosen.rows,
            scores=millionths(chosen),
            reasons=reasons,
            sources=chosen.sources,
            parts=chosen.parts,
            cold_start=user.vector.unit is None,
            user_vector_episodes=user.vector.episodes,
            degraded=tuple(degraded),
            explored=_explored(selection),
            total_s=filled.total_s if filled else None,
            make_trace=partial(trace, query, eligible, scored, selection),
            make_detail=partial(trace_detail, features, scoring, selection),
        )

    def score_candidates(
        self,
        query: Query,
        search_result: SearchResult | None = None,
        propose: Propose | None = None,
    ) -> Scoring:
        """Run hydration, eligibility, candidates and scoring, once, for any number of selections.

        `propose` adds candidates to those of the scenario's sources.
        """
        features = self.features
        user = self._user(hydrate(query, self.catalog), search_result)
        eligible = find_eligible(features, user)
        more = propose(user, eligible) if propose else ()
        candidates = generate_candidates(features, user, eligible, search_result, more)
        degraded = list(query.degraded)
        if user.seed is not None and user.seed.is_unmatched:
            degraded.append(Degradation.SEED_UNMATCHED)
        if lacks_vectors(features, user, search_result):
            degraded.append(Degradation.VECTORS_UNAVAILABLE)
        if eligible.is_widened:
            degraded.append(Degradation.FRESHNESS_WIDENED)
        return Scoring(
            query=query,
            search_result=search_result,
            user=user,
            eligible=eligible,
            candidates=score(features, user, candidates),
            degraded=tuple(degraded),
        )

    def allowed(self, query: Query) -> BoolArray:
        """(n,) true for the episodes that a query may be answered with."""
        user = self._user(hydrate(query, self.catalog))
        return find_eligible(self.features, user).allowed

    def plan_search(self, query: Query) -> SearchPlan | None:
        """What to request from an external search for this query; None where it needs none."""
        if self.catalog.embeddings.in_memory:
            return None
        return plan_search(self.features, self._user(hydrate(query, self.catalog)))

    def score(self, query: Query, search_result: SearchResult | None = None) -> FloatArray:
        """(n,) final score of every episode, eligible or not."""
        user = self._user(hydrate(query, self.catalog), search_result)
        return score(self.features, user, every_episode(self.features, user, search_result)).scores

    def standings(self, query: Query, rows: IntArray) -> Standings:
        """How the episodes of some catalog rows stand with a query's user.

        The catalog's vectors have to be in memory.
        """
        user = self._user(hydrate(query, self.catalog))
        seen_rows = self.catalog.all_rows_by_hash(unpack(query.seen).episodes)
        return find_standings(self.features, user, rows, seen_rows)

    def similar(
        self,
        row: int,
        count: int,
        matches: Iterable[Match] = (),
        *,
        allowed: BoolArray | None = None,
        query: Query | None = None,
    ) -> tuple[IntArray, FloatArray]:
        """The `count` episodes most similar to one, for the user of a query if there is one.

        Only `allowed` (n,) ones, all if None. See `feed.ranking.similar_episodes`.
        """
        mask = np.ones(len(self.catalog), np.bool_) if allowed is None else allowed
        vector = None
        if query is not None:
            user = self._user(hydrate(query, self.catalog))
            mask, vector = mask & suitable(self.features, user), user.vector.unit
        return similar_episodes(self.features, row, count, mask, vector, matches)

    def recommend_series(self, query: Query, count: int) -> RecommendedSeries:
        """The `count` series that suit a query's user best and that the user does not know."""
        user = self._user(hydrate(query, self.catalog))
        allowed = find_eligible(self.features, user).allowed
        return recommend_series(self.series, user, allowed, count)

    def _select(self, scoring: Scoring) -> Selection:
        given = selector_input(self.features, scoring.user, scoring.candidates)
        return select(given, self.scenario.selector)

    def _fill(self, scoring: Scoring) -> Fill:
        """The queue that takes the time that the query asks for."""
        user, candidates = scoring.user, scoring.candidates
        given = selector_input(self.features, user, candidates)
        times = listening_times(self.features, user)[candidates.rows]
        return fill(given, times, user.query.fill_s or 0, self.scenario.selector)

    def _user(self, query: HydratedQuery, result: SearchResult | None = None) -> UserFeatures:
        vector = result.user_vector if result else None
        return UserFeatures(self.catalog, query, self.scenario.interests, vector)


def _explored(selection: Selection) -> dict[int, float]:
    """By position from 1: the propensity of each episode that was drawn at random."""
    return {
        index + 1: round(float(selection.propensities[index]), 6)
        for index in np.flatnonzero(selection.explored).tolist()
    }


def millionths(chosen: ScoredCandidates) -> npt.NDArray[np.int32]:
    """(k, 4) the scores that an answer shows of each episode, in millionths."""
    parts, limits = chosen.parts, np.iinfo(np.int32)
    shown = (chosen.similarity, parts["quality"], parts["recency"], chosen.scores)
    scaled = np.rint(np.column_stack(shown) * MILLION)
    millionths: npt.NDArray[np.int32] = np.clip(scaled, limits.min, limits.max).astype(np.int32)
    return millionths
