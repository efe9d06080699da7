"""Insights over HTTP: what rises for everybody and for a user, and the page of one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from feed.catalog.insights import Insights
from tests.support.catalogs import publish_to
from tests.support.insights import UNTIL, archive, burst, catalog_with, episode, steady_users
from tests.support.server import DEFAULTS, Server, problem

NAMES = ["Zoë/Ng", "Ада Лавлейс", *(f"Name {letter}" for letter in "abcdefghij")]
FACTS = {
    0: {"categories": {"major": ["Chess"]}, "language": "de"},
    1: {"categories": {"major": ["Bread"]}, "language": "en"},
}


@pytest.fixture(scope="module")
def risen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of a catalog in which the first two of `NAMES` rise."""
    folder = tmp_path_factory.mktemp("insights")
    some = archive(NAMES, facts=FACTS)
    extra = burst(some[:4], range(40)), burst(some[4:8], range(32, 57))
    users = [
        [*steady, *extra[0].get(user, []), *extra[1].get(user, [])]
        for user, steady in enumerate(steady_users(some))
    ]
    publish_to(folder / "shelf", catalog_with([*some, episode(999)], users))
    with serving(folder) as server:
        yield server


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    settings = DEFAULTS | {"NOW": UNTIL.isoformat(), "SCENARIO": "for_you"}
    settings |= {"SHELF": str(folder / "shelf"), "STORE": str(folder / "users.db")}
    server = Server(settings).start()
    yield server
    server.kill()


def test_names_that_rise_are_answered_with_their_episodes_and_a_reason(risen: Server) -> None:
    answer = risen.call("GET", "/api/insights/trending?limit=5")
    assert answer.headers["cache-control"] == "public, max-age=60"
    body = answer.json()
    assert (body["until"], body["degraded"]) == ("2026-02-06", [])
    assert [one["name"] for one in body["insights"]] == NAMES[:2]
    first = body["insights"][0]
    assert (first["kind"], first["rising"]) == ("entity", True)
    assert first["listeners"] >= 30
    assert (len(first["listeners_by_day"]), len(first["series_by_day"])) == (14, 14)
    assert first["reason"]["key"] == "rising_listeners"
    assert first["reason"]["params"]["times"] in first["reason"]["text"]
    assert {one["entities"][0] for one in first["episodes"]} == {NAMES[0]}
    assert len(first["episodes"]) == 3


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("category=bread", NAMES[1:2]),
        ("language=de", NAMES[:1]),
        ("category=Chess&language=en", []),
        ("category=unheard", []),
    ],
)
def test_category_and_language_narrow_what_rises(
    risen: Server, query: str, expected: list[str]
) -> None:
    body = risen.call("GET", f"/api/insights/trending?{query}").json()
    assert [one["name"] for one in body["insights"]] == expected


def test_the_largest_of_a_kind_are_answered_whether_they_rise_or_not(risen: Server) -> None:
    answer = risen.call("GET", "/api/insights?kind=entity&limit=50")
    assert answer.headers["cache-control"] == "public, max-age=60"
    body = answer.json()
    assert {one["kind"] for one in body["insights"]} == {"entity"}
    assert [one["name"] for one in body["insights"]][:2] == NAMES[:2]
    assert {one["name"] for one in body["insights"]} == set(NAMES)
    chosen = risen.call("GET", "/api/insights?kind=topic&category=bread").json()["insights"]
    assert [one["name"] for one in chosen] == ["Bread"]
    problem(risen.call("GET", "/api/insights"), 400, "kind")
    refused = problem(risen.call("GET", "/api/insights?kind=planet"), 400, "kind")
    assert refused["expected"] == "one of entity, person, topic"


def test_a_user_sees_first_what_suits_them_and_nothing_that_they_muted(
    risen: Server, user: str
) -> None:
    risen.call("PATCH", "/api/me", {"category_interests": ["Bread"]}, user)
    answer = risen.call("GET", "/api/insights/trending", user=user)
    assert answer.headers["cache-control"] == "no-store"
    assert "X-Demo-User" in answer.headers["vary"]
    found = answer.json()["insights"]
    assert [one["name"] for one in found] == [NAMES[1], NAMES[0]]
    assert found[0]["reason"] == {
        "key": "rising_in",
        "params": {"category": "Bread"},
        "text": "Rising in Bread, which you chose",
    }
    risen.call("PATCH", "/api/me", {"muted_categories": ["Bread"]}, user)
    found = risen.call("GET", "/api/insights/trending", user=user).json()["insights"]
    assert [one["name"] for one in found] == NAMES[:1]


def test_any_spelling_of_a_name_in_any_alphabet_finds_its_page(risen: Server) -> None:
    spelled = {"Zoë/Ng": 0, "zoe\u0308/ng": 0, "АДА ЛАВЛЕЙС": 1, "name c": 4}
    for name, place in spelled.items():
        body = risen.call("GET", f"/api/insights/entity/{quote(name, safe='')}?limit=2").json()
        assert body["insight"]["name"] == NAMES[place]
        assert body["insight"]["rising"] == (place < 2)
        assert len(body["insight"]["episodes"]) == 2
    problem(risen.call("GET", "/api/insights/person/name%20c"), 404)
    problem(risen.call("GET", "/api/insights/planet/name%20c"), 404)


def test_a_snapshot_of_before_there_were_insights_has_none_and_says_so(tmp_path: Path) -> None:
    older = replace(catalog_with(archive(NAMES)), insights=Insights.none())
    publish_to(tmp_path / "shelf", older)
    with serving(tmp_path) as server:
        answer = server.call("GET", "/api/insights/trending")
        assert answer.headers["cache-control"] == "no-store"
        body = answer.json()
        assert (body["insights"], body["until"]) == ([], None)
        assert body["degraded"] == ["insights_missing"]
        problem(server.call("GET", "/api/insights/entity/name%20c"), 404)
