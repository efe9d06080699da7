"""An acknowledged engagement is never lost, and is in the summary exactly once."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from adapters.sqlite.users import SqliteStore
from feed.model.engagement import Engagement, Summary, newest, pack
from tests.support.catalogs import catalog_of, episodes, publish_to
from tests.support.server import Server

Start = Callable[..., Server]


@pytest.fixture
def running(start_server: Start, small_shelf: str) -> Server:
    return start_server(SHELF=small_shelf)


def stored(folder: Path, user: str) -> tuple[list[Engagement], Summary]:
    """What the store holds: every engagement, and the summary."""
    store = SqliteStore(folder / "users.db")

    async def read() -> tuple[list[Engagement], Summary]:
        found = await store.read_summary(user)
        assert found is not None
        assert found.summary is not None
        return await store.newest_engagements(user, 10_000), found.summary

    return asyncio.run(read())


def assert_summarised(folder: Path, user: str, count: int) -> None:
    engagements, summary = stored(folder, user)
    assert len(engagements) == count
    assert pack(summary.engagements) == pack(newest(engagements))
    assert not summary.incomplete


def test_engagements_at_the_same_moment_all_count_exactly_once(
    server: Server, folder: Path, user: str
) -> None:
    def engage(number: int) -> None:
        server.engage(user, id=str(number), episode_id=f"episode-{number}", type="click")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(engage, [*range(60), *range(0, 60, 3)]))  # some of them twice
    assert_summarised(folder, user, 60)


def test_writes_and_removals_at_the_same_moment_leave_what_exists(
    server: Server, folder: Path, user: str
) -> None:
    def write(number: int) -> None:
        engagement = {"id": str(number % 10), "episode_id": f"episode-{number}", "type": "click"}
        if number % 4 == 3:
            server.call("DELETE", f"/api/me/engagements/{number % 10}", user=user)
        else:
            server.engage(user, **engagement)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(80)))
    server.engage(user, id="last", episode_id="episode-1", type="like")
    engagements, _ = stored(folder, user)
    assert_summarised(folder, user, len(engagements))


def test_an_acknowledged_engagement_survives_a_kill(running: Server, tmp_path: Path) -> None:
    acknowledged: list[str] = []
    enough = threading.Event()

    def engage_until_the_end(writer: int) -> None:
        for number in range(10_000):
            try:
                name = f"{writer}-{number}"
                running.engage("anna", id=name, episode_id=f"episode-{number}", type="like")
            except httpx.TransportError:
                return
            acknowledged.append(name)
            if len(acknowledged) >= 25:
                enough.set()

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(engage_until_the_end, number) for number in range(4)]
        assert enough.wait(30)
        running.kill()
    for writer in writers:
        writer.result()

    running.start()
    page = running.call("GET", "/api/me/engagements?limit=500", user="anna").json()
    assert not page["next_cursor"]
    assert set(acknowledged) <= {e["id"] for e in page["engagements"]}
    assert running.create("anna")["user_vector_episodes"] > 0
    running.engage("bert", episode_id="episode-1", type="like")  # anybody's next write
    assert_summarised(tmp_path, "anna", len(page["engagements"]))


def test_an_engagement_whose_summary_was_not_written_is_summarised_by_the_next_process(
    running: Server, tmp_path: Path
) -> None:
    running.engage("anna", id="one", episode_id="episode-1", type="like")
    running.kill()
    with sqlite3.connect(tmp_path / "users.db") as db:  # as if it died before the summary
        db.execute("DELETE FROM summaries")
        db.execute("INSERT INTO events (uid, engagement_id) VALUES ('anna', 'one')")
    running.start()
    running.engage("bert", episode_id="episode-2", type="like")
    assert_summarised(tmp_path, "anna", 1)


def test_a_summary_that_cannot_be_written_does_not_block_other_users(
    running: Server, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "users.db") as db:  # no release wrote such a profile
        db.execute("INSERT INTO profiles VALUES ('anna', '[')")
        db.execute("INSERT INTO events (uid, engagement_id) VALUES ('anna', NULL)")
    running.engage("bert", episode_id="episode-2", type="like")
    assert_summarised(tmp_path, "bert", 1)
    assert running.create("anna")["episodes"]


def test_after_a_restart_under_a_fixed_clock_a_new_engagement_is_the_newest(
    start_server: Start, tmp_path: Path
) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(200)))
    server = start_server()
    for number in range(12):
        server.engage("ada", id=f"click-{number}", episode_id=f"episode-{number}", type="click")
    server.kill()
    server.start()
    before = server.create("ada")["episodes"]
    server.engage("ada", id="a-bookmark", episode_id="episode-150", type="bookmark")
    listed = server.call("GET", "/api/me/engagements", user="ada").json()["engagements"]
    assert [one["id"] for one in listed[:2]] == ["a-bookmark", "click-11"]
    assert server.create("ada")["episodes"] != before
