"""Retrieval: the search that a session asks where the catalog holds no vectors."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from feed.model.degradation import Degradation
from feed.ports.errors import Unavailable
from feed.ports.vector_search import Match, Restriction, VectorSearch
from feed.ranking.external_search import NEIGHBOURS_PER_DISLIKE, SearchPlan, SearchResult
from feed.user.user_vector import UserVector
from functions.serving.circuit_breaker import Guard, Resting
from functions.serving.degradation_log import DegradationLog

T = TypeVar("T")

TIMEOUT = Degradation.RETRIEVAL_TIMEOUT
UNAVAILABLE = Degradation.RETRIEVAL_UNAVAILABLE
EMPTY = Degradation.RETRIEVAL_EMPTY
_PROBE = "earshot-connects"


class Retrieval:
    """A search behind its guard: an answer, or the name of what went wrong, and never an error."""

    def __init__(self, search: VectorSearch, guard: Guard, degradations: DegradationLog) -> None:
        self._search = search
        self._guard = guard
        self._degradations = degradations

    async def connect(self) -> None:
        """Open the connection, beside whatever else a process's first request waits for."""
        await self._asked(lambda: self._search.vectors([_PROBE]))

    async def retrieve(
        self, plan: SearchPlan
    ) -> tuple[SearchResult | None, tuple[Degradation, ...]]:
        """What the search brings for a session."""
        answer, missing = await self._asked(lambda: self._answer(plan))
        if answer is None:
            return None, missing
        user, matches, averse = answer
        retrieved = plan.result(user, matches, averse)
        if plan.is_empty_by_mistake(retrieved):
            return None, (EMPTY,)
        return retrieved, ()

    async def near(
        self, episode_id: str, count: int, restriction: Restriction
    ) -> tuple[list[Match], tuple[Degradation, ...]]:
        """What is similar to one episode."""
        search = self._search.search
        found, missing = await self._asked(lambda: search(episode_id, count, restriction))
        return found or [], missing

    async def health(self, dimension: int) -> str:
        """`ok`, or what went wrong."""
        _, missing = await self._asked(lambda: self._search.check(dimension))
        return missing[0].removeprefix("retrieval_") if missing else "ok"

    async def _answer(self, plan: SearchPlan) -> tuple[UserVector, list[Match], list[Match]]:
        """Two round trips: the engaged episodes' vectors, then what is similar to their mean.

        The neighbours of refused episodes are asked by id, beside both.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                averse = [
                    tasks.create_task(
                        self._search.search(one, NEIGHBOURS_PER_DISLIKE, plan.restriction)
                    )
                    for one in plan.disliked_ids
                    if plan.count
                ]
                ids = plan.engaged_ids
                user = plan.user(await self._search.vectors(ids) if ids else {})
                matches: list[Match] = []
                if user.vector is not None and plan.count:
                    matches = await self._search.search(user.vector, plan.count, plan.restriction)
        except ExceptionGroup as several:
            raise several.exceptions[0] from several
        return user, matches, [match for task in averse for match in task.result()]

    async def _asked(
        self, work: Callable[[], Awaitable[T]]
    ) -> tuple[T | None, tuple[Degradation, ...]]:
        try:
            return await self._guard.call(work), ()
        except TimeoutError:
            return None, (TIMEOUT,)
        except Resting:
            return None, (UNAVAILABLE,)
        except Unavailable as error:
            self._degradations.explain(UNAVAILABLE, str(error))
            return None, (UNAVAILABLE,)
