"""The store of users in SQLite: its contract, its events, and what remains of deleted data."""

import contextlib
import random
import sqlite3
from pathlib import Path

import pytest

from adapters.sqlite.conversations import SqliteConversations
from adapters.sqlite.users import SqliteStore
from feed.ports.errors import Unavailable
from feed.ports.language_model import Turn
from feed.summary.writer import refresh_summary
from tests.conformance.test_summary_store import OpenStore, SummaryStoreContract, engagement


class TestSqliteStore(SummaryStoreContract):
    @pytest.fixture(autouse=True)
    def _file(self, tmp_path: Path) -> None:
        self.path = tmp_path / "folder" / "users.db"

    @pytest.fixture
    def open_store(self) -> OpenStore:
        return lambda: SqliteStore(self.path)

    def spoil_summary(self, data: bytes) -> None:
        with sqlite3.connect(self.path) as db:
            db.execute("UPDATE summaries SET document = ?", (data,))

    async def test_every_write_leaves_its_event_until_it_is_handled(self) -> None:
        store = SqliteStore(self.path)
        await store.put_engagement("u", engagement("a"))
        await store.put_engagement("v", engagement("b"))
        await store.delete_engagement("u", "a")
        await store.delete_engagement("u", "a")
        await store.update_profile("u", {"languages": ()})
        await store.delete_engagements("v")
        events = await SqliteStore(self.path).events()
        names = [(e.uid, e.engagement_id) for e in events]
        assert names == [("u", "a"), ("v", "b"), ("u", "a"), ("u", None), ("v", "b")]
        await store.handled(events[1:])
        assert await store.events() == events[:1]

    async def test_the_bytes_of_deleted_users_are_in_none_of_the_files(self) -> None:
        rng = random.Random(10)
        users = [f"somebody-{i:02}" for i in range(8)]

        async def handle(store: SqliteStore) -> None:
            for event in await store.events():
                names = [event.engagement_id] if event.engagement_id else []
                await refresh_summary(store, event.uid, names, profile=not names)
                await store.handled([event])

        def traces(uid: str) -> dict[str, int]:
            files = self.path.parent.iterdir()
            return {file.name: file.read_bytes().count(uid.encode()) for file in files}

        store = SqliteStore(self.path)
        talks = SqliteConversations(store.connection)
        for _ in range(150):
            uid = rng.choice(users)
            text = f"of {uid} " * rng.randrange(1, 40)
            one = engagement(f"{uid}-{rng.randrange(20)}", episode_title=text, episode_id=uid)
            await store.put_engagement(uid, one)
            if not await talks.delete_all(uid):
                turns = [Turn("user", text)]
                await talks.write(uid, "a", turns, now_us=0, expires_us=1, revision=None)
            if rng.random() < 0.3:
                await store.delete_engagement(uid, one.id)
                await store.update_profile(uid, {"languages": (text,)})
        await handle(store)
        for uid in users[:3]:
            assert sum(traces(uid).values()) > 0
            await store.delete_engagements(uid)
            await store.delete_profile(uid)
            await talks.delete_all(uid)
            await refresh_summary(store, uid, profile=True, rebuild=True)
            await handle(store)
            await store.purge()
            assert set(traces(uid)) == {"users.db", "users.db-wal", "users.db-shm"}
            assert set(traces(uid).values()) == {0}
        assert await store.users(20) == users[3:]

    async def test_a_log_that_another_process_reads_is_emptied_by_a_later_write(self) -> None:
        log = self.path.with_name("users.db-wal")
        store = SqliteStore(self.path)
        await store.put_engagement("somebody", engagement("a"))
        with contextlib.closing(sqlite3.connect(self.path)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM engagements").fetchall()
            await store.delete_engagements("somebody")
            await store.handled(await store.events())
            await store.purge()
            assert b"somebody" in log.read_bytes()
        await store.put_engagement("other", engagement("a"))
        assert b"somebody" not in log.read_bytes() + self.path.read_bytes()

    async def test_a_file_that_is_no_database_is_unavailable(self) -> None:
        self.path.parent.mkdir()
        self.path.write_bytes(b"no database " * 1000)
        with pytest.raises(Unavailable, match=r"users\.db"):
            await SqliteStore(self.path).read_summary("u")
