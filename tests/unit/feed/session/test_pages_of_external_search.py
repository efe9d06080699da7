"""A session's search: two steps at most, and never an error."""

import asyncio
from typing import Any

import msgspec
import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.model.timestamps import to_us
from feed.ports.errors import Unavailable
from feed.ports.vector_search import Match, SearchFilter
from feed.ranking.external_search import NEIGHBOURS_PER_DISLIKE, SearchPlan
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.session.request import SessionRequest, make_query
from feed.user.query import Query
from functions.serving.circuit_breaker import FAILURE_THRESHOLD, CircuitBreaker
from functions.serving.degradation_log import DegradationLog
from functions.serving.external_search import ExternalSearch
from functions.serving.time_budget import TimeBudget
from tests.support.catalogs import NOW, catalog_of, episodes
from tests.support.vector_search import ExactSearch, retrieved

FOR_YOU = shipped()["for_you"]


class Watched(ExactSearch):
    """Writes down what it is asked, step by step, and fails as it is told."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__(catalog)
        self.asked: list[Any] = []
        self.under_way = self.most_under_way = 0
        self.fails: dict[str, Exception] = {}

    async def _step(self, call: str, what: Any) -> None:
        self.asked.append((call, what))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0.001)
            if call in self.fails:
                raise self.fails[call]
        finally:
            self.under_way -= 1

    async def vectors(self, ids: Any) -> dict[str, np.ndarray]:
        await self._step("vectors", ids)
        return await super().vectors(ids)

    async def search(self, near: Any, count: int, restriction: SearchFilter) -> list[Match]:
        await self._step("near" if isinstance(near, str) else "similar", (near, count))
        return await super().search(near, count, restriction)


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    return Ranker(catalog_of(episodes(400), keep_vectors=False), FOR_YOU)


@pytest.fixture
def search(catalog: Catalog) -> Watched:
    return Watched(catalog)


def asking(**fields: Any) -> Query:
    request = msgspec.convert(fields, SessionRequest)
    return make_query(request, None, seed=0, now_us=to_us(NOW))


def did(*kinds: str) -> list[dict[str, str]]:
    return [{"episode_id": f"episode-{n}", "type": kind} for n, kind in enumerate(kinds, 1)]


def plan_of(ranker: Ranker, query: Query) -> SearchPlan:
    plan = ranker.plan_search(query)
    assert plan is not None
    return plan


def behind_breaker(search: Watched, budget_s: float) -> ExternalSearch:
    breaker = CircuitBreaker("the search", TimeBudget(budget_s), lambda: search.vectors([]))
    return ExternalSearch(search, breaker, DegradationLog())


def answered(ranker: Ranker, search: Watched, query: Query, budget_s: float = 5) -> Any:
    external = behind_breaker(search, budget_s)
    return asyncio.run(external.retrieve(plan_of(ranker, query)))


def test_vectors_come_first_and_then_what_is_similar_to_their_mean(
    ranker: Ranker, search: Watched, catalog: Catalog
) -> None:
    query = asking(engagements=did("like", "bookmark"), category_interests=["Chess"])
    found, missing = answered(ranker, search, query)
    assert missing == ()
    assert [call for call, _ in search.asked] == ["vectors", "similar"]
    assert sorted(search.asked[0][1]) == ["episode-1", "episode-2"]
    wanted = retrieved(ranker, ExactSearch(catalog), query)
    assert wanted is not None
    assert ranker.rank(query, found).rows.tolist() == ranker.rank(query, wanted).rows.tolist()


def test_interests_alone_need_one_step(ranker: Ranker, search: Watched) -> None:
    answered(ranker, search, asking(category_interests=["Chess"]))
    assert [call for call, _ in search.asked] == ["similar"]


def test_neighbours_of_what_was_refused_are_asked_beside_the_vectors(
    ranker: Ranker, search: Watched
) -> None:
    query = asking(engagements=did("not_interested", "like", "not_interested"))
    found, _ = answered(ranker, search, query)
    assert [call for call, _ in search.asked] == ["vectors", "near", "near", "similar"]
    assert {what for call, what in search.asked if call == "near"} == {
        ("episode-1", NEIGHBOURS_PER_DISLIKE),
        ("episode-3", NEIGHBOURS_PER_DISLIKE),
    }
    assert search.most_under_way == 3
    assert len(found.dislike_rows)


def test_a_refusal_alone_needs_no_vector(ranker: Ranker, search: Watched) -> None:
    found, _ = answered(ranker, search, asking(engagements=did("not_interested")))
    assert [call for call, _ in search.asked] == ["near"]
    assert found.user_vector.unit is None
    assert len(found.dislike_rows)


def test_where_nothing_may_be_shown_no_match_is_asked_for(ranker: Ranker, search: Watched) -> None:
    barred = list(ranker.catalog.ids)
    query = asking(engagements=did("like", "not_interested"), excluded_ids=barred)
    _, missing = answered(ranker, search, query)
    assert [call for call, _ in search.asked] == ["vectors"]
    assert missing == ()


@pytest.mark.parametrize("call", ["vectors", "near", "similar"])
def test_whichever_call_fails_the_failure_is_named_and_the_others_end(
    ranker: Ranker, search: Watched, call: str
) -> None:
    query = asking(engagements=did("like", "not_interested"))
    search.fails[call] = Unavailable("away")
    assert answered(ranker, search, query) == (None, ("retrieval_unavailable",))
    assert search.under_way == 0


def test_what_takes_too_long_is_named(ranker: Ranker, search: Watched) -> None:
    async def forever(*_: Any) -> None:
        await asyncio.Event().wait()

    external = behind_breaker(search, 0.02)
    plan = plan_of(ranker, asking(engagements=did("like")))

    async def run() -> Any:
        await external.connect()
        search._step = forever  # type: ignore[method-assign]
        return await external.retrieve(plan)

    assert asyncio.run(run()) == (None, ("retrieval_timeout",))


def test_an_index_of_something_else_is_named_and_is_no_failure_to_answer(
    ranker: Ranker,
) -> None:
    search = Watched(catalog_of([]))
    external = behind_breaker(search, 5)
    plan = plan_of(ranker, asking(engagements=did("like")))
    for _ in range(FAILURE_THRESHOLD + 2):
        assert asyncio.run(external.retrieve(plan)) == (None, ("retrieval_empty",))
    assert len(search.asked) == FAILURE_THRESHOLD + 2


def test_an_error_of_ours_is_not_hidden(ranker: Ranker, search: Watched) -> None:
    search.fails["vectors"] = KeyError("ours")
    with pytest.raises(KeyError):
        answered(ranker, search, asking(engagements=did("like", "not_interested")))


def test_health_says_what_is_wrong(search: Watched, catalog: Catalog) -> None:
    external = behind_breaker(search, 5)
    assert asyncio.run(external.health(catalog.dimension)) == "ok"
    assert asyncio.run(external.health(catalog.dimension + 1)) == "unavailable"
