"""Audiences by the function and by the command: the same files, also after a process was killed."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import msgspec

from adapters.folder.shelf import FolderShelf
from adapters.sqlite import summary_archive
from adapters.sqlite.users import SqliteStore
from catalog_builder.publish.publisher import verify
from feed.model.engagement import Engagement, Profile, Summary
from feed.model.timestamps import to_us
from functions.audience.output import AudienceLine
from operations.audience import __main__ as command
from tests.support.catalogs import NOW
from tests.support.reconcile import Reconcile
from tests.support.server import Server, problem

USERS = summary_archive.PAGE + 100


def fill(database: Path, ids: list[str], series: list[str]) -> None:
    """Store the summaries of `USERS` users: few tastes, and one in ten follows a series."""

    async def write() -> None:
        store = SqliteStore(database)
        for user in range(USERS):
            liked = [ids[(user + nth * 3) % len(ids)] for nth in range(5)]
            engagements = tuple(
                Engagement(id=name, episode_id=name, type="like", timestamp_us=to_us(NOW) - nth)
                for nth, name in enumerate(liked)
            )
            profile = Profile(followed_series=(series[0],) if user % 10 == 0 else ())
            summary = Summary(engagements=engagements, profile=profile)
            await store.write_summary(f"user-{user:04}", summary, None)

    asyncio.run(write())


def test_a_function_that_is_killed_goes_on_and_finds_what_the_command_finds(
    small_shelf: str, start_server: Callable[..., Server], tmp_path: Path
) -> None:
    catalog = verify(FolderShelf(Path(small_shelf)))
    database, out = tmp_path / "users.db", tmp_path / "audiences"
    ids = [*catalog.ids]
    (row,) = catalog.rows([episode := "episode-5"]).tolist()
    fill(
        database, [one for one in ids if one != episode], [catalog.series_ids[catalog.series[row]]]
    )
    settings = {"SHELF": small_shelf, "STORE": str(database), "NOW": NOW.isoformat()}
    operator = Reconcile(tmp_path, command, AUDIENCES=str(tmp_path / "expected"), **settings)
    dry = operator.run("--episode", episode, "--dry-run")
    assert f"about {USERS} reads" in dry.stdout, dry.stderr
    assert not (tmp_path / "expected").exists()
    done = operator.run("--episode", episode, "--limit", "100")
    assert f"{episode}.jsonl" in done.stdout, done.stderr
    expected = (tmp_path / "expected" / f"{episode}.jsonl").read_bytes()
    lines = [msgspec.json.decode(one, type=AudienceLine) for one in expected.splitlines()]
    followers = [one for one in lines if one.reason.key == "series_followed"]
    assert followers
    assert lines[: len(followers)] == followers
    assert all(one.standing <= 10 for one in lines[len(followers) :])

    server = start_server("find_audience", AUDIENCES=str(out), **settings)
    asked = {"episodes": [episode], "limit": 100}
    report = server.call("POST", "/", {**asked, "max_s": 0.001}).json()
    assert (report["status"], report["users"], report["files"]) == (
        "running",
        summary_archive.PAGE,
        {},
    )

    def go_on() -> None:
        with suppress(httpx.TransportError):
            server.call("POST", "/", asked)

    call = threading.Thread(target=go_on)
    call.start()
    time.sleep(0.05)
    server.kill()
    call.join()
    assert [one.name[:9] for one in out.iterdir()] == ["progress-"]
    server.start()
    report = server.call("POST", "/", asked).json()
    assert (report["status"], report["users"]) == ("done", USERS)
    assert report["files"] == {episode: f"{episode}.jsonl"}
    assert {one.name: one.read_bytes() for one in out.iterdir()} == {f"{episode}.jsonl": expected}

    assert "no episode ?" in problem(server.call("POST", "/", {"episodes": ["?"]}), 422)["detail"]
    problem(server.call("POST", "/", {"episode": episode}), 400, "episode")
    problem(server.call("GET", "/"), 405)
