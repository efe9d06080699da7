"""What one pass over a catalog found for a query, before anything is selected."""

from dataclasses import dataclass

from feed.model.degradation import Degradation
from feed.ranking.eligibility import Eligibility
from feed.ranking.external_search import SearchResult
from feed.ranking.score_parts import ScoredCandidates
from feed.user.features import UserFeatures
from feed.user.query import Query


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """One pass over a catalog for one query: everything that a selection chooses from."""

    query: Query
    search_result: SearchResult | None
    """what an external search found, where one was needed and answered"""
    user: UserFeatures
    eligible: Eligibility
    candidates: ScoredCandidates
    degraded: tuple[Degradation, ...]
    """what the pass had to do without"""
