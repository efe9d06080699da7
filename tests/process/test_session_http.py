"""Sessions over HTTP, from a real process."""

from typing import Any

import pytest

from feed.session.pages import SCORE_FIELDS
from tests.support.server import Server, problem

BREAD = "Bread"


def topic(episode: dict[str, Any]) -> str:
    return episode["title"].split()[0]


def share(page: dict[str, Any], wanted: str) -> int:
    return [topic(e) for e in page["episodes"]].count(wanted)


def ids(page: dict[str, Any]) -> list[str]:
    return [e["id"] for e in page["episodes"]]


def test_pages_of_a_session_show_no_episode_twice_and_end(server: Server) -> None:
    page = server.create(limit=7)
    shown = ids(page)
    while page["next_cursor"]:
        page = server.next_page(page, limit=7)
        shown += ids(page)
        assert page["shown_count"] == len(shown)
        assert page["shown_count"] + page["remaining_count"] == page["total_in_queue"]
    assert page["remaining_count"] == 0
    assert len(shown) == len(set(shown)) == page["total_in_queue"]


def test_page_two_has_the_fields_of_page_one(server: Server) -> None:
    first = server.create(limit=10, engagements=[{"episode_id": "episode-3", "type": "bookmark"}])
    second = server.next_page(first, limit=10)
    assert first.keys() == second.keys()
    for same in ("session_id", "cold_start", "user_vector_episodes", "scenario", "catalog_version"):
        assert first[same] == second[same]
    for place, episode in enumerate(first["episodes"] + second["episodes"], 1):
        assert episode["queue_position"] == place
        assert episode["reason"]
        assert all(isinstance(episode[score], float) for score in SCORE_FIELDS)


@pytest.mark.parametrize(
    ("interests", "engagements", "cold_start", "vectors"),
    [
        (None, [], True, 0),
        ([BREAD], [], False, 0),
        (None, ["episode-3", "episode-5"], False, 2),
        ([BREAD], ["episode-3", "episode-5"], False, 2),
    ],
    ids=["nothing known", "interests only", "engagements only", "both"],
)
def test_every_kind_of_user_gets_a_feed(
    server: Server,
    interests: list[str] | None,
    engagements: list[str],
    cold_start: bool,
    vectors: int,
) -> None:
    page = server.create(
        category_interests=interests,
        engagements=[{"episode_id": one, "type": "like"} for one in engagements],
    )
    assert len(page["episodes"]) == 10
    assert page["cold_start"] is cold_start
    assert page["user_vector_episodes"] == vectors
    assert page["degraded"] == []
    known = server.create(category_interests=interests)
    assert (share(known, BREAD) > share(server.create(), BREAD)) is (interests is not None)


def test_engaged_episodes_are_gone_from_the_next_session(server: Server, user: str) -> None:
    before = server.queue(server.create(user), user)
    kinds = ("click", "listen", "complete", "bookmark", "like", "share", "not_interested")
    engaged = [e["id"] for e in before[:7]]
    for kind, episode in zip(kinds, engaged, strict=True):
        server.engage(user, episode_id=episode, type=kind)
    after = [e["id"] for e in server.queue(server.create(user), user)]
    assert after
    assert not set(after) & set(engaged)


def test_a_bookmark_changes_the_next_session(server: Server, user: str) -> None:
    before = server.create(user)
    chosen = next(e for e in server.queue(dict(before), user) if topic(e) == "Forests")
    server.engage(user, episode_id=chosen["id"], type="bookmark")
    after = server.create(user)
    assert share(after, "Forests") >= share(before, "Forests") + 3
    assert after["user_vector_episodes"] == 1
    assert not after["cold_start"]


def test_episodes_excluded_by_either_id_are_left_out(server: Server) -> None:
    queue = server.queue(server.create())
    gone = queue[:3]
    excluded = [gone[0]["id"], gone[1]["content_id"], gone[2]["id"], "nothing has this id"]
    after = [e["id"] for e in server.queue(server.create(excluded_ids=excluded))]
    assert not {e["id"] for e in gone} & set(after)


def test_a_muted_series_is_left_out(server: Server) -> None:
    series = next(e["series"] for e in server.create()["episodes"] if "series" in e)
    queue = server.queue(server.create(muted_series=[series["id"]]))
    assert series not in [e.get("series") for e in queue]


def test_episodes_engaged_with_since_the_first_page_are_left_out(server: Server) -> None:
    first = server.create(limit=1)
    coming = server.queue(dict(first, episodes=[]))
    page = server.next_page(first, limit=2, engaged_ids=[coming[0]["id"], coming[2]["id"]])
    assert ids(page) == [coming[1]["id"], coming[3]["id"]]
    assert page["total_in_queue"] == first["total_in_queue"] - 2


def test_a_request_may_name_its_scenario(server: Server) -> None:
    assert server.create(scenario="baseline")["scenario"] == "baseline"
    assert server.create()["scenario"] == "for_you"
    response = server.call("POST", "/api/sessions/create", {"scenario": "nonsense"})
    assert "baseline, for_you" in problem(response, 400, "scenario")["expected"]


def test_a_user_id_is_accepted_only_from_that_user(server: Server, user: str) -> None:
    assert server.create(user, user_id=user)["episodes"]
    path = "/api/sessions/create"
    problem(server.call("POST", path, {"user_id": user}), 401, "user_id")
    problem(server.call("POST", path, {"user_id": user}, "somebody-else"), 403, "user_id")


def test_a_new_user_gets_a_feed(server: Server, user: str) -> None:
    page = server.create(user)
    assert page["cold_start"]
    assert page["degraded"] == ["summary_missing"]


def test_an_engagement_in_the_future_is_named(server: Server) -> None:
    engagement = {
        "episode_id": "episode-3",
        "type": "like",
        "timestamp": "2031-01-01T00:00:00+01:00",
    }
    page = server.create(engagements=[engagement])
    assert page["degraded"] == ["clock_ahead"]
    assert page["user_vector_episodes"] == 1


def test_a_trace_tells_what_each_stage_let_through(server: Server) -> None:
    page = server.create(trace=True, excluded_ids=["episode-3"], category_interests=[BREAD])
    trace = page["trace"]
    assert trace["catalog"] == 400
    assert trace["removed"]["quality_floors"] > 0
    assert trace["removed"]["excluded"] <= 1
    assert trace["chosen"] == page["total_in_queue"]
    assert sum(trace["sources"].values()) >= trace["chosen"]
    assert "trace" not in server.create()


def test_an_engagement_may_be_sent_to_its_session(server: Server, user: str) -> None:
    session = server.create(user)
    path = f"/api/sessions/{session['session_id']}/engage"
    engagement = {"id": "one", "episode_id": session["episodes"][0]["id"], "type": "like"}
    assert server.call("POST", path, engagement, user).status_code == 201
    listed = server.call("GET", "/api/me/engagements", user=user).json()
    assert [e["id"] for e in listed["engagements"]] == ["one"]
    problem(server.call("POST", path, engagement), 401, "Authorization")
