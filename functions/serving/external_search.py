"""External search: similar episodes from a vector index, where the catalog holds no vectors."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from feed.model.degradation import Degradation
from feed.ports.errors import Unavailable
from feed.ports.vector_search import Match, SearchFilter, VectorSearch
from feed.ranking.external_search import NEIGHBOURS_PER_DISLIKE, SearchPlan, SearchResult
from feed.user.user_vector import UserVector
from functions.serving.circuit_breaker import CircuitBreaker, CircuitOpen
from functions.serving.degradation_log import DegradationLog

T = TypeVar("T")

TIMEOUT = Degradation.RETRIEVAL_TIMEOUT
UNAVAILABLE = Degradation.RETRIEVAL_UNAVAILABLE
EMPTY = Degradation.RETRIEVAL_EMPTY
PROBE_EPISODE = "earshot-connects"
"""an episode id that no index holds"""


class ExternalSearch:
    """A vector search behind a circuit breaker. Failures become degradations, never exceptions."""

    def __init__(
        self, search: VectorSearch, breaker: CircuitBreaker, degradations: DegradationLog
    ) -> None:
        self._search = search
        self._breaker = breaker
        self._degradations = degradations

    async def connect(self) -> None:
        """Open the connection, so that the first session need not wait for it."""
        await self._call(lambda: self._search.vectors([PROBE_EPISODE]))

    async def retrieve(
        self, plan: SearchPlan
    ) -> tuple[SearchResult | None, tuple[Degradation, ...]]:
        """Return what the search finds for a session, or None and what went wrong."""
        answer, degraded = await self._call(lambda: self._run(plan))
        if answer is None:
            return None, degraded
        result = plan.result(*answer)
        return (None, (EMPTY,)) if plan.is_empty_by_mistake(result) else (result, ())

    async def similar(
        self, episode_id: str, count: int, search_filter: SearchFilter
    ) -> tuple[list[Match], tuple[Degradation, ...]]:
        """Return the `count` episodes most similar to one, or none and what went wrong."""
        search = self._search.search
        matches, degraded = await self._call(lambda: search(episode_id, count, search_filter))
        return matches or [], degraded

    async def health(self, dimension: int) -> str:
        """Return `ok`, `timeout` or `unavailable`, for vectors of this many dimensions."""
        _, degraded = await self._call(lambda: self._search.check(dimension))
        return degraded[0].removeprefix("retrieval_") if degraded else "ok"

    async def _run(self, plan: SearchPlan) -> tuple[UserVector, list[Match], list[Match]]:
        """Make the calls of a plan: two round trips.

        First the vectors of the engaged episodes, then what is similar to their mean. Meanwhile
        the neighbours of disliked episodes are searched by id.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                disliked = [
                    tasks.create_task(
                        self._search.search(one, NEIGHBOURS_PER_DISLIKE, plan.search_filter)
                    )
                    for one in plan.disliked_ids
                    if plan.count
                ]
                ids = plan.engaged_ids
                user = plan.user_vector(await self._search.vectors(ids) if ids else {})
                matches: list[Match] = []
                if user.unit is not None and plan.count:
                    matches = await self._search.search(user.unit, plan.count, plan.search_filter)
        except ExceptionGroup as several:
            raise several.exceptions[0] from several
        return user, matches, [match for task in disliked for match in task.result()]

    async def _call(
        self, work: Callable[[], Awaitable[T]]
    ) -> tuple[T | None, tuple[Degradation, ...]]:
        try:
            return await self._breaker.call(work), ()
        except TimeoutError:
            return None, (TIMEOUT,)
        except CircuitOpen:
            return None, (UNAVAILABLE,)
        except Unavailable as error:
            self._degradations.explain(UNAVAILABLE, str(error))
            return None, (UNAVAILABLE,)
