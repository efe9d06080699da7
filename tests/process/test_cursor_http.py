"""A cursor continues its session across restarts and catalogs, for its user alone."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support.catalogs import NOW, catalog_of, episodes, publish_to
from tests.support.server import Server, problem, until

Start = Callable[..., Server]
OLD, NEW = "the key of yesterday is long", "the key of today is long too"
LIKED = [{"episode_id": f"episode-{n}", "type": "like"} for n in range(10)]


def ask(server: Server, session: dict[str, Any], cursor: Any, user: str | None = None) -> Any:
    path = f"/api/sessions/{session['session_id']}/next"
    return server.call("POST", path, {"cursor": cursor}, user)


def test_an_altered_cursor_or_one_of_another_session_or_user_is_refused(
    server: Server, user: str
) -> None:
    session = server.create(user)
    cursor = session["next_cursor"]
    changed = ("B" if cursor[99] == "A" else "A").join((cursor[:99], cursor[100:]))
    for wrong in (changed, cursor[:-1], "é", " ", server.create()["next_cursor"]):
        problem(ask(server, session, wrong, user), 400, "cursor")
    for other in ("somebody-else", None):
        problem(ask(server, session, cursor, other), 400, "cursor")
    assert ask(server, session, cursor, user).status_code == 200


def test_an_anonymous_session_belongs_to_the_first_user_who_continues_it(
    server: Server, user: str
) -> None:
    session = server.create(limit=1)
    anonymous = ask(server, session, session["next_cursor"])
    second = server.next_page(session, user)
    assert anonymous.json()["episodes"] == second["episodes"]
    problem(ask(server, session, second["next_cursor"]), 400, "cursor")
    assert ask(server, session, second["next_cursor"], user).status_code == 200


def test_a_session_survives_a_restart_with_a_new_key_until_it_expires(
    start_server: Start, small_shelf: str
) -> None:
    settings = {"SHELF": small_shelf, "CURSOR_TTL_S": "60"}
    first = start_server(**settings, CURSOR_KEYS=OLD)
    session = first.create("anna", engagements=LIKED)
    before = first.next_page(session, "anna")
    first.kill()
    settings["CURSOR_KEYS"] = f"{NEW},{OLD}"
    on_time = start_server(**settings, NOW=(NOW + timedelta(seconds=60)).isoformat())
    assert on_time.next_page(session, "anna")["episodes"] == before["episodes"]
    too_late = start_server(**settings, NOW=(NOW + timedelta(seconds=61)).isoformat())
    answer = problem(ask(too_late, session, session["next_cursor"], "anna"), 410, "cursor")
    assert answer["type"] == "urn:earshot:problem:cursor-expired"


def test_a_session_continues_with_another_catalog_without_the_episodes_that_it_lacks(
    start_server: Start, tmp_path: Path
) -> None:
    old = episodes(200)
    publish_to(tmp_path / "shelf", catalog_of(old))
    server = start_server(CATALOG_REFRESH_S="0")
    session = server.create(engagements=LIKED)
    rest = server.queue(dict(session, episodes=[]))

    vanished = {e["id"] for e in rest[::3]}
    catalog = catalog_of([e for e in reversed(old) if e.id not in vanished])
    publish_to(tmp_path / "shelf", catalog)
    until(lambda: server.create()["catalog_version"] == catalog.version)
    after = server.queue(dict(session, episodes=[]))

    assert [e["id"] for e in after] == [e["id"] for e in rest if e["id"] not in vanished]
    said = {e["id"]: (e["reason"], e["final_score"]) for e in rest}
    assert all((e["reason"], e["final_score"]) == said[e["id"]] for e in after)
    page = server.next_page(session)
    assert page["catalog_version"] == catalog.version
    assert page["total_in_queue"] == session["total_in_queue"] - len(vanished)
