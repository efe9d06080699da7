"""The home page over HTTP: shelves, their continuation, and whose cursor it is."""

from typing import Any

import pytest

from tests.support.server import Server, problem


def home(server: Server, user: str | None = None, **body: Any) -> dict[str, Any]:
    answer = server.call("POST", "/api/home", body, user=user)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def shelf_ids(page: dict[str, Any]) -> list[str]:
    """Ids of the episodes and series that a home page shows."""
    return [one["id"] for shelf in page["shelves"] for one in items(shelf)]


def items(shelf: dict[str, Any]) -> list[dict[str, Any]]:
    """What a shelf holds: episodes or series."""
    assert ("episodes" in shelf) != ("series" in shelf)
    return [*shelf.get("episodes", shelf.get("series"))]


def rest_of(
    server: Server, page: dict[str, Any], shelf: dict[str, Any], user: str | None
) -> list[dict[str, Any]]:
    """The rest of one shelf, asked for three by three."""
    found, shown, left = [], shelf["shown_count"], shelf["remaining_count"]
    while left:
        body = {"cursor": page["cursor"], "shelf": shelf["id"], "shown": shown, "limit": 3}
        path = f"/api/home/{page['session_id']}/next"
        answer = server.call("POST", path, body, user=user).json()
        found += items(answer)
        shown, left = answer["shown_count"], answer["remaining_count"]
    return found


@pytest.fixture
def page(server: Server, user: str) -> dict[str, Any]:
    """The home page of a listener who likes a few episodes."""
    some = server.create()["episodes"][:4]
    liked = [{"episode_id": one["id"], "type": "like"} for one in some]
    return home(server, user, engagements=liked)


def test_each_shelf_is_continued_by_itself_and_no_episode_comes_twice(
    server: Server, user: str, page: dict[str, Any]
) -> None:
    assert len(page["shelves"]) >= 3
    assert any("series" in shelf for shelf in page["shelves"])
    every = shelf_ids(page)
    for shelf in reversed(page["shelves"]):
        rest = rest_of(server, page, shelf, user)
        if "episodes" in shelf:
            places = range(shelf["shown_count"] + 1, shelf["total"] + 1)
            assert [one["queue_position"] for one in rest] == list(places)
        every += [one["id"] for one in rest]
    assert len(every) == len(set(every)) == sum(one["total"] for one in page["shelves"])
    of_shelves = [one for one in page["shelves"] if "episodes" in one]
    total = sum(one["total"] for one in of_shelves)
    server.mark()
    assert len(logged(server, page)) == total
    assert len(set(logged(server, page))) == total
    assert {shelf for shelf, _ in logged(server, page)} == {one["id"] for one in of_shelves}


def logged(server: Server, page: dict[str, Any]) -> list[tuple[str, str]]:
    """What the log says was shown of a home page: shelf and id of each episode."""
    lines = [one for one in server.log_lines if one.get("session_id") == page["session_id"]]
    return [
        (one["shelf"], name)
        for line in lines
        for one in line.get("shown", ())
        for name in one["episode_ids"]
    ]


def test_the_cursor_is_refused_to_others_and_for_what_it_does_not_hold(
    server: Server, user: str, page: dict[str, Any]
) -> None:
    path, body = f"/api/home/{page['session_id']}/next", {"cursor": page["cursor"], "shelf": "none"}
    problem(server.call("POST", path, body, user=user), 400, "shelf")
    body["shelf"] = page["shelves"][0]["id"]
    problem(server.call("POST", path, body, user="another"), 400, "cursor")
    session = f"/api/sessions/{page['session_id']}/next"
    problem(server.call("POST", session, {"cursor": page["cursor"]}, user=user), 400, "cursor")
    gone = [one["id"] for one in rest_of(server, page, page["shelves"][0], user)][:2]
    body["engaged_ids"] = gone
    left = server.call("POST", path, body, user=user).json()
    assert not {one["id"] for one in items(left)} & set(gone)


def test_a_visitor_gets_shelves_too_without_what_they_exclude_or_mute(server: Server) -> None:
    first = home(server)
    assert first["cold_start"]
    assert len(first["shelves"]) >= 2
    shown = first["shelves"][0]["episodes"]
    muted = shown[0]["series"]["id"]
    second = home(server, excluded_ids=[shown[1]["id"]], muted_series=[muted])
    assert shown[1]["id"] not in shelf_ids(second)
    series = [one["series"] for shelf in second["shelves"] for one in shelf.get("episodes", ())]
    assert muted not in {*shelf_ids(second), *(one["id"] for one in series if one)}
    third = home(server, muted_categories=["chess"], category_interests=["Chess", "Bread"])
    shown = [one for shelf in third["shelves"] for one in items(shelf)]
    topics = {name for one in shown for name in one.get("topics") or one["categories"]["major"]}
    assert "Bread" in topics
    assert "Chess" not in topics
