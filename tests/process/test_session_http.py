"""Sessions over HTTP, from a real process."""

from typing import Any

from feed.session.pages import SCORE_FIELDS
from tests.support.server import Server, problem


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


def test_an_engagement_may_be_sent_to_its_session(server: Server, user: str) -> None:
    session = server.create(user)
    path = f"/api/sessions/{session['session_id']}/engage"
    engagement = {"id": "one", "episode_id": session["episodes"][0]["id"], "type": "like"}
    assert server.call("POST", path, engagement, user).status_code == 201
    listed = server.call("GET", "/api/me/engagements", user=user).json()
    assert [e["id"] for e in listed["engagements"]] == ["one"]
    problem(server.call("POST", path, engagement), 401, "Authorization")
