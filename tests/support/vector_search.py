"""A `VectorSearch` over a catalog that holds its vectors: plain, exact, and obviously right."""

import asyncio
from collections.abc import Sequence

import numpy as np

from feed.catalog.catalog import Catalog
from feed.ports.errors import Unavailable
from feed.ports.vector_search import Match, SearchFilter
from feed.ranking.external_search import NEIGHBOURS_PER_DISLIKE, SearchResult
from feed.ranking.pipeline import Ranker
from feed.user.query import Query


class ExactSearch:
    """Knows of each episode what the catalog knows."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def vectors(self, ids: Sequence[str]) -> dict[str, np.ndarray]:
        rows = self._rows(ids)
        return {self._catalog.ids[row]: self._catalog.embeddings[row] for row in rows}

    async def search(
        self, query: np.ndarray | str, count: int, search_filter: SearchFilter
    ) -> list[Match]:
        catalog = self._catalog
        if isinstance(query, str):
            rows = self._rows([query])
            if not rows:
                return []
            query = catalog.embeddings[rows[0]]
        found = [
            Match(catalog.ids[row], float(catalog.embeddings[row] @ query))
            for row in np.flatnonzero(catalog.embeddings.present).tolist()
            if self._passes(row, search_filter)
        ]
        return sorted(found, key=lambda match: -match.score)[:count]

    async def check(self, dimension: int) -> None:
        if dimension != self._catalog.dimension:
            raise Unavailable("another dimension")

    def _rows(self, ids: Sequence[str]) -> list[int]:
        rows = self._catalog.rows(list(ids)).tolist()
        return [row for row in rows if row >= 0 and self._catalog.embeddings.present[row]]

    def _passes(self, row: int, search_filter: SearchFilter) -> bool:
        credibility, insight = self._catalog.scores[row, :2].tolist()
        published_s = int(self._catalog.published_us[row]) // 1_000_000
        return not (
            credibility < search_filter.min_credibility
            or credibility + insight < search_filter.min_combined
            or published_s < (search_filter.published_from_s or -(10**15))
            or self._catalog.ids[row] in search_filter.excluded_ids
        )


def retrieved(ranker: Ranker, search: ExactSearch, query: Query) -> SearchResult | None:
    """What the search brings for a query, asked one thing after another."""

    async def ask() -> SearchResult | None:
        plan = ranker.plan_search(query)
        if plan is None:
            return None
        user = plan.user_vector(await search.vectors(plan.engaged_ids))
        matches: list[Match] = []
        if user.unit is not None and plan.count:
            matches = await search.search(user.unit, plan.count, plan.search_filter)
        averse: list[Match] = []
        for name in plan.disliked_ids:
            averse += await search.search(name, NEIGHBOURS_PER_DISLIKE, plan.search_filter)
        return plan.result(user, matches, averse)

    return asyncio.run(ask())
