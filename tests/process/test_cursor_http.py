"""A cursor carries the rest of a session across restarts and catalogs, and for nobody else."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.catalogs import NOW, catalog_of, episodes, publish_to
from tests.support.scenarios import plain_settings
from tests.support.server import Server, problem, until

Start = Callable[..., Server]
OLD, NEW = "the key of yesterday is long", "the key of today is long too"
LIKED = [{"episode_id": f"episode-{n}", "type": "like"} for n in range(10)]


def ask(server: Server, session: dict[str, Any], cursor: Any, user: str | None = None) -> Any:
    path = f"/api/sessions/{session['session_id']}/next"
    return server.call("POST", path, {"cursor": cursor}, user)


def test_an_altered_cursor_is_refused(server: Server) -> None:
    session = server.create()
    cursor = session["next_cursor"]
    for place in range(0, len(cursor), 29):
        altered = cursor[:place] + ("B" if cursor[place] == "A" else "A") + cursor[place + 1 :]
        problem(ask(server, session, altered), 400, "cursor")
    for altered in (cursor[:-1], cursor + "A", cursor + "=", cursor[1:], cursor * 2, "A", "é", " "):
        problem(ask(server, session, altered), 400, "cursor")
    assert ask(server, session, cursor).status_code == 200


def test_a_users_cursor_is_worth_nothing_to_anybody_else(server: Server, user: str) -> None:
    session = server.create(user)
    for somebody in ("somebody-else", None):
        problem(ask(server, session, session["next_cursor"], somebody), 400, "cursor")
    assert ask(server, session, session["next_cursor"], user).status_code == 200


def test_an_anonymous_cursor_serves_whoever_holds_it(server: Server, user: str) -> None:
    session = server.create()
    cursor = session["next_cursor"]
    anonymous, signed_in = ask(server, session, cursor), ask(server, session, cursor, user)
    assert anonymous.json()["episodes"] == signed_in.json()["episodes"]


def test_once_a_user_went_on_with_an_anonymous_session_it_is_theirs(
    server: Server, user: str
) -> None:
    session = server.create(limit=1)
    second = server.next_page(session, user, limit=1)
    problem(ask(server, session, second["next_cursor"]), 400, "cursor")
    assert ask(server, session, second["next_cursor"], user).status_code == 200


def test_a_cursor_of_another_session_is_refused(server: Server) -> None:
    one, other = server.create(), server.create()
    problem(ask(server, one, other["next_cursor"]), 400, "cursor")


def test_the_same_cursor_gives_the_same_page_again(server: Server) -> None:
    session = server.create()
    pages = [ask(server, session, session["next_cursor"]).json() for _ in range(2)]
    assert pages[0] == pages[1]


def test_an_expired_cursor_says_that_the_session_is_over(
    start_server: Start, tmp_path: Path
) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(60)))
    session = start_server(CURSOR_TTL_S="60").create()
    on_time = start_server(CURSOR_TTL_S="60", NOW=(NOW + timedelta(seconds=60)).isoformat())
    assert ask(on_time, session, session["next_cursor"]).status_code == 200
    too_late = start_server(CURSOR_TTL_S="60", NOW=(NOW + timedelta(seconds=61)).isoformat())
    answer = problem(ask(too_late, session, session["next_cursor"]), 410, "cursor")
    assert answer["type"] == "urn:earshot:problem:cursor-expired"


def test_keys_rotate_without_ending_a_session(start_server: Start, tmp_path: Path) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(60)))
    session = start_server(CURSOR_KEYS=OLD).create(limit=1)
    both = start_server(CURSOR_KEYS=f"{NEW},{OLD}")
    second = both.next_page(session, limit=1)
    new = start_server(CURSOR_KEYS=NEW)
    problem(ask(new, session, session["next_cursor"]), 400, "cursor")
    assert ask(new, session, second["next_cursor"]).status_code == 200


def test_a_restart_loses_nothing(start_server: Start, tmp_path: Path) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(60)))
    server = start_server()
    session = server.create("anna", engagements=LIKED)
    before = ask(server, session, session["next_cursor"], "anna")
    server.kill()
    server.start()
    assert ask(server, session, session["next_cursor"], "anna").json() == before.json()


def test_a_session_goes_on_across_catalogs_without_what_vanished(
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


@pytest.mark.parametrize("name", ["episode-{}", "https://a.example/{:>0300}"])
def test_150_episodes_fit_a_cursor_under_6_kb(
    start_server: Start, tmp_path: Path, name: str
) -> None:
    made = [
        msgspec.structs.replace(e, id=name.format(n), series=None)
        for n, e in enumerate(episodes(1000))
    ]
    publish_to(tmp_path / "shelf", catalog_of(made))
    liked = [{"episode_id": name.format(n), "type": "like"} for n in range(10)]
    server = start_server(**plain_settings(tmp_path / "scenarios"))
    session = server.create("x" * 128, engagements=liked, limit=1)
    assert session["total_in_queue"] == 150
    assert len(session["next_cursor"]) < 6000
