"""The store of users is slow, gone or damaged: sessions are answered, and say so."""

import fcntl
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Server, problem

Start = Callable[..., Server]


@pytest.fixture
def start(start_server: Start, folder: Path) -> Start:
    """Start a server on the shelf of the shared server."""
    return lambda **settings: start_server(SHELF=str(folder / "shelf"), **settings)


@contextmanager
def locked_by_another(database: Path) -> Iterator[None]:
    """Readers and writers of a database that is in use have to wait."""
    with database.with_name(f"{database.name}-shm").open("r+b") as shared:
        fcntl.lockf(shared, fcntl.LOCK_EX, 8, 120)  # SQLite's own locks, in WAL mode
        yield


def timed(server: Server, user: str, **body: Any) -> tuple[dict[str, Any], float]:
    started = time.monotonic()
    page = server.create(user, **body)
    return page, time.monotonic() - started


def test_a_session_does_not_wait_for_a_slow_store(start: Start, tmp_path: Path) -> None:
    server = start(SUMMARY_TIMEOUT_S="0.1")
    server.engage("anna", episode_id="episode-3", type="like")
    assert server.create("anna")["degraded"] == []
    with locked_by_another(tmp_path / "users.db"):
        for _ in range(3):
            page, seconds = timed(server, "anna")
            assert len(page["episodes"]) == 10
            assert page["degraded"] == ["summary_timeout"]
            assert page["cold_start"]
            assert 0.1 <= seconds < 1
        page, seconds = timed(server, "anna", seen=[{"episode_id": "episode-5"}])
        assert {*page["degraded"]} == {"summary_timeout", "impressions_unsaved"}
        assert seconds < 1
        assert server.next_page(page, "anna")["degraded"] == ["summary_timeout"]
        assert server.create()["degraded"] == []
    page = server.create("anna", engagements=[])
    assert page["degraded"] in ([], ["summary_timeout"])  # the store is just coming back
    assert server.logged(lambda line: "summary_timeout" in line.get("degraded", ()), 4)


def test_a_store_that_is_locked_from_the_start_costs_the_first_session_two_seconds_and_no_other(
    start: Start, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "users.db") as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        server = start(SUMMARY_TIMEOUT_S="0.1")
        page, seconds = timed(server, "anna")
        assert page["episodes"]
        assert page["degraded"] == ["summary_timeout"]
        assert seconds < 3
        page, seconds = timed(server, "anna")
        assert page["degraded"] == ["summary_timeout"]
        assert seconds < 1


@pytest.mark.parametrize("store", ["/dev/null/users.db", "{}/broken.db"])
def test_a_store_that_cannot_be_opened_stops_no_session(
    start: Start, tmp_path: Path, store: str
) -> None:
    (tmp_path / "broken.db").write_text("not a database" * 1000)
    server = start(STORE=store.format(tmp_path))
    page = server.create("anna")
    assert page["episodes"]
    assert page["degraded"] == ["summary_unavailable"]
    health = server.call("GET", "/api/health").json()
    assert health["status"] == "degraded"
    assert health["dependencies"]["store"] != "ok"

    engagement = {"episode_id": "episode-3", "type": "like"}
    for response in (
        server.call("POST", "/api/me/engagements", engagement, "anna"),
        server.call("GET", "/api/me/engagements", user="anna"),
        server.call("DELETE", "/api/me", user="anna"),
    ):
        assert problem(response, 503)["type"] == "urn:earshot:problem:store-unavailable"
        assert response.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    "damage",
    [b"", b"\xc1", b"\x80", b"\x05", b"\xa1\xff", b"\x91" * 100_000, None],
    ids=lambda damage: repr(damage)[:12],
)
def test_a_damaged_summary_is_named_and_rebuilt_by_the_next_engagement(
    server: Server, folder: Path, user: str, damage: bytes | None
) -> None:
    server.call("PATCH", "/api/me", {"muted_categories": ["Bread"]}, user)
    for number in (3, 5, 7):
        server.engage(user, episode_id=f"episode-{number}", type="like")
    before = server.create(user)
    _damage(folder / "users.db", user, damage)

    page = server.create(user)
    assert len(page["episodes"]) == 10
    assert page["degraded"] == ["summary_unreadable"]
    assert page["user_vector_episodes"] == 0

    one = server.engage(user, episode_id="episode-9", type="like")
    server.call("DELETE", f"/api/me/engagements/{one['id']}", user=user)
    healed = server.create(user)
    assert healed["degraded"] == []
    assert [e["id"] for e in healed["episodes"]] == [e["id"] for e in before["episodes"]]


def _damage(database: Path, user: str, damage: bytes | None) -> None:
    """Replaces a summary, with None by its own bytes with a field that is no UTF-8."""
    with sqlite3.connect(database) as db:
        query = "SELECT document FROM summaries WHERE uid = ?"
        ((document,),) = db.execute(query, (user,)).fetchall()
        if damage is None:
            damage = document.replace(b"Bread", b"Br\xffad")
        db.execute("UPDATE summaries SET document = ? WHERE uid = ?", (damage, user))


def test_an_engagement_waits_for_another_writer(start: Start, tmp_path: Path) -> None:
    server = start()
    server.engage("anna", episode_id="episode-3", type="like")
    with sqlite3.connect(tmp_path / "users.db", isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")
        assert server.create("anna")["degraded"] == []  # who reads waits for nobody
        problem(server.call("PATCH", "/api/me", {"display_name": "Anna"}, "anna"), 503)
        db.execute("ROLLBACK")
    server.engage("anna", episode_id="episode-5", type="like")
    assert server.create("anna")["user_vector_episodes"] == 2
