"""The number of function calls that a session makes is bounded, so that growth is noticed."""

import sys
from collections import Counter
from typing import Any

import pytest

from catalog_builder.build import build_catalog
from catalog_builder.signals.aggregates import SignalParameters
from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement, Summary
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.user.query import Query
from tests.support.catalogs import NOW, episodes, vectors_of
from tests.support.ranking import engagements, ids_of, query_of

US = to_us(NOW)
MOST = {"baseline": 1_700, "for_you": 3_400}
"""calls of Python and of C that a session may make: raise it only for what is worth it"""


def catalog(count: int) -> Catalog:
    some = episodes(count)
    heard = [
        Summary(
            engagements=tuple(
                Engagement(
                    id=f"{uid}-{at}",
                    episode_id=some[(uid * 7 + at * 13) % 300].id,
                    type="complete",
                    timestamp_us=US - at,
                )
                for at in range(6)
            )
        )
        for uid in range(60)
    ]
    parameters = SignalParameters(min_users=1)
    return build_catalog(some, vectors_of(some), NOW, summaries=heard, parameters=parameters)


@pytest.fixture(scope="module")
def catalogs() -> dict[int, Catalog]:
    return {count: catalog(count) for count in (500, 5_000)}


def asked(some: Catalog) -> Query:
    sent = [
        {**one, "timestamp": NOW} for one in engagements(some, *range(0, 300, 3), kind="listen")
    ]
    return query_of(seed=1, engagements=sent, excluded_ids=ids_of(some, range(300, 400)))


def calls(some: Catalog, scenario: str) -> int:
    """How many functions a session calls, of Python and of C."""
    ranker, count = Ranker(some, shipped()[scenario]), Counter[str]()
    ranker.rank(asked(some))  # what is made once is made now
    query = asked(some)

    def counted(_frame: Any, event: str, _argument: Any) -> None:
        count[event] += 1

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        slate = ranker.rank(query)
    finally:
        sys.setprofile(before)
    assert len(slate.rows) > 30
    return count["call"] + count["c_call"]


@pytest.mark.parametrize("scenario", MOST)
def test_a_session_makes_a_bounded_number_of_calls(
    catalogs: dict[int, Catalog], scenario: str
) -> None:
    assert max(calls(some, scenario) for some in catalogs.values()) <= MOST[scenario]
