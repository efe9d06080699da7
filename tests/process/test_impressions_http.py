"""What was on the screen, and the next visit."""

from datetime import timedelta
from typing import Any

from tests.support.catalogs import NOW
from tests.support.server import Server, problem

BEFORE = (NOW - timedelta(minutes=30)).isoformat()


def seen(page: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    """The impressions of a page half an hour ago."""
    return [
        {"episode_id": one["id"], "session_id": page["session_id"], "at": BEFORE, **fields}
        for one in page["episodes"]
    ]


def ids(page: dict[str, Any]) -> list[str]:
    return [one["id"] for one in page["episodes"]]


def test_the_next_visit_shows_others_whichever_call_said_what_was_seen(
    server: Server, user: str
) -> None:
    first = server.create(user)
    body = {
        "cursor": first["next_cursor"],
        "seen": [one | {"session_id": None} for one in seen(first)],
    }
    path = f"/api/sessions/{first['session_id']}/next"
    second = server.call("POST", path, body, user=user).json()
    assert "impressions_unsaved" not in second["degraded"]
    later = server.create(user)
    assert len({*ids(first)} & {*ids(later)}) <= 5
    body = {"session_id": later["session_id"], "seen": seen(later)}
    answer = server.call("POST", "/api/me/impressions", body, user=user)
    assert answer.json() == {"recorded": 10}
    third = server.create(user)
    assert len({*ids(later)} & {*ids(third)}) <= 5
    fourth = server.create(user, seen=seen(third))
    assert len({*ids(third)} & {*ids(fourth)}) <= 5
    assert not {*ids(third)} & {*ids(server.create(user))} - {*ids(fourth)}


def test_a_glance_is_no_impression_and_a_visitor_without_a_user_says_it_each_time(
    server: Server,
) -> None:
    first = server.create()
    assert ids(server.create(seen=seen(first, ms_visible=999))) == ids(first)
    assert len({*ids(server.create(seen=seen(first, ms_visible=1000)))} & {*ids(first)}) <= 5
    assert ids(server.create()) == ids(first)
    problem(
        server.call("POST", "/api/me/impressions", {"session_id": "a", "seen": []}),
        401,
        "Authorization",
    )


def test_an_engagement_brings_what_was_seen_and_a_reset_forgets_it(
    server: Server, user: str
) -> None:
    first = server.create(user)
    assert ids(server.create(user)) == ids(first)  # served and not seen
    path = f"/api/sessions/{first['session_id']}/engage"
    body = {"id": "a", "episode_id": ids(first)[0], "type": "click", "seen": seen(first)}
    recorded = server.call("POST", path, body, user=user).json()
    assert "degraded" not in recorded
    later = server.create(user)
    assert len({*ids(first)} & {*ids(later)}) <= 5
    listed = server.call("GET", "/api/me/engagements", user=user).json()["engagements"]
    assert listed == [recorded]
    server.call("DELETE", "/api/me/engagements", user=user)
    assert ids(server.create(user)) == ids(first)


def test_a_deletion_forgets_what_was_seen(server: Server, user: str) -> None:
    first = server.create(user)
    server.call("POST", "/api/me/impressions", {"session_id": "a", "seen": seen(first)}, user=user)
    later = server.create(user)
    assert ids(later) != ids(first)
    assert "summary_missing" in later["degraded"]  # of what the user did, nothing is known
    server.call("DELETE", "/api/me", user=user)
    assert ids(server.create(user)) == ids(first)
