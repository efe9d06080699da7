"""The external search of a session takes two steps at most and never raises."""

import asyncio
from typing import Any

import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.ports.errors import Unavailable
from feed.ports.vector_search import Match, SearchFilter
from feed.ranking.external_search import NEIGHBOURS_PER_DISLIKE, SearchPlan
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.user.query import Query
from functions.serving.circuit_breaker import FAILURE_THRESHOLD, CircuitBreaker
from functions.serving.degradation_log import DegradationLog
from functions.serving.external_search import ExternalSearch
from functions.serving.time_budget import TimeBudget
from tests.support.catalogs import catalog_of, episodes
from tests.support.ranking import query_of
from tests.support.vector_search import ExactSearch, retrieved


class RecordedSearch(ExactSearch):
    """Records its calls, and fails as it is told."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__(catalog)
        self.calls: list[Any] = []
        self.running = self.most_running = 0
        self.errors: dict[str, Exception] = {}

    async def _step(self, call: str, argument: Any) -> None:
        self.calls.append((call, argument))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await asyncio.sleep(0.001)
            if call in self.errors:
                raise self.errors[call]
        finally:
            self.running -= 1

    async def vectors(self, ids: Any) -> dict[str, np.ndarray]:
        await self._step("vectors", ids)
        return await super().vectors(ids)

    async def search(self, near: Any, count: int, search_filter: SearchFilter) -> list[Match]:
        await self._step("near" if isinstance(near, str) else "similar", (near, count))
        return await super().search(near, count, search_filter)


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    return Ranker(catalog_of(episodes(400), keep_vectors=False), shipped()["for_you"])


@pytest.fixture
def search(catalog: Catalog) -> RecordedSearch:
    return RecordedSearch(catalog)


def query_with(*types: str, **fields: Any) -> Query:
    """A query with engagements of these types, with episodes 1, 2, 3 and so on."""
    engagements = [{"episode_id": f"episode-{n}", "type": one} for n, one in enumerate(types, 1)]
    return query_of(engagements=engagements, **fields)


def plan_of(ranker: Ranker, *types: str, **fields: Any) -> SearchPlan:
    plan = ranker.plan_search(query_with(*types, **fields))
    assert plan is not None
    return plan


def behind_breaker(search: RecordedSearch, budget_s: float = 5) -> ExternalSearch:
    breaker = CircuitBreaker("the search", TimeBudget(budget_s), lambda: search.vectors([]))
    return ExternalSearch(search, breaker, DegradationLog())


def answer(search: RecordedSearch, plan: SearchPlan) -> Any:
    return asyncio.run(behind_breaker(search).retrieve(plan))


def test_the_vectors_of_liked_episodes_come_first_and_then_episodes_similar_to_their_mean(
    ranker: Ranker, search: RecordedSearch, catalog: Catalog
) -> None:
    interests = {"category_interests": ["Chess"]}
    found, degraded = answer(search, plan_of(ranker, "like", "bookmark", **interests))
    assert degraded == ()
    assert [call for call, _ in search.calls] == ["vectors", "similar"]
    assert sorted(search.calls[0][1]) == ["episode-1", "episode-2"]
    query = query_with("like", "bookmark", **interests)
    expected = ranker.rank(query, retrieved(ranker, ExactSearch(catalog), query))
    assert ranker.rank(query, found).rows.tolist() == expected.rows.tolist()


def test_neighbours_of_disliked_episodes_are_asked_for_together_with_the_vectors(
    ranker: Ranker, search: RecordedSearch
) -> None:
    found, _ = answer(search, plan_of(ranker, "not_interested", "like", "not_interested"))
    assert [call for call, _ in search.calls] == ["vectors", "near", "near", "similar"]
    near = {argument for call, argument in search.calls if call == "near"}
    assert near == {(f"episode-{number}", NEIGHBOURS_PER_DISLIKE) for number in (1, 3)}
    assert search.most_running == 3
    assert len(found.dislike_rows)


def test_a_step_that_a_session_does_not_need_is_left_out(
    ranker: Ranker, search: RecordedSearch
) -> None:
    answer(search, plan_of(ranker, category_interests=["Chess"]))
    assert [call for call, _ in search.calls] == ["similar"]
    search.calls.clear()
    found, _ = answer(search, plan_of(ranker, "not_interested"))
    assert [call for call, _ in search.calls] == ["near"]
    assert found.user_vector.unit is None
    assert len(found.dislike_rows)
    search.calls.clear()
    everything = list(ranker.catalog.ids)
    plan = plan_of(ranker, "like", "not_interested", excluded_ids=everything)
    assert answer(search, plan)[1] == ()
    assert [call for call, _ in search.calls] == ["vectors"]


@pytest.mark.parametrize("call", ["vectors", "near", "similar"])
def test_a_call_that_fails_is_a_degradation_and_ends_the_others(
    ranker: Ranker, search: RecordedSearch, call: str
) -> None:
    search.errors[call] = Unavailable("away")
    plan = plan_of(ranker, "like", "not_interested")
    assert answer(search, plan) == (None, ("retrieval_unavailable",))
    assert search.running == 0


def test_a_call_that_takes_too_long_is_a_degradation(
    ranker: Ranker, search: RecordedSearch
) -> None:
    async def forever(*_: Any) -> None:
        await asyncio.Event().wait()

    external = behind_breaker(search, 0.02)

    async def run() -> Any:
        await external.connect()
        search._step = forever  # type: ignore[method-assign]
        return await external.retrieve(plan_of(ranker, "like"))

    assert asyncio.run(run()) == (None, ("retrieval_timeout",))


def test_an_index_of_other_episodes_is_a_degradation_and_opens_no_circuit(ranker: Ranker) -> None:
    search = RecordedSearch(catalog_of([]))
    external, plan = behind_breaker(search), plan_of(ranker, "like")
    for _ in range(FAILURE_THRESHOLD + 2):
        assert asyncio.run(external.retrieve(plan)) == (None, ("retrieval_empty",))
    assert len(search.calls) == FAILURE_THRESHOLD + 2


def test_a_programming_error_is_not_hidden(ranker: Ranker, search: RecordedSearch) -> None:
    search.errors["vectors"] = KeyError("a bug")
    with pytest.raises(KeyError):
        answer(search, plan_of(ranker, "like", "not_interested"))


def test_health_reports_an_index_of_other_dimensions(
    search: RecordedSearch, catalog: Catalog
) -> None:
    external = behind_breaker(search)
    assert asyncio.run(external.health(catalog.dimension)) == "ok"
    assert asyncio.run(external.health(catalog.dimension + 1)) == "unavailable"
