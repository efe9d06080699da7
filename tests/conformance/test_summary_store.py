"""What any store of users must do. An adapter passes by a subclass that opens it."""

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from adapters.sqlite import SqliteStore
from feed.engagement import TYPES, Engagement, Profile, Summary, newest, newest_first
from feed.ports import Conflict, Counts, SummaryStore, Unavailable
from feed.writer import update_summary

T = TypeVar("T")
Open = Callable[[], SummaryStore]


def engagement(name: str, at: int = 0, **fields: Any) -> Engagement:
    return Engagement(
        **{"id": name, "episode_id": "x", "type": "click", "timestamp_us": at, **fields}
    )


def summary_of(*names: str) -> Summary:
    return Summary(engagements=newest(engagement(name) for name in names))


class SummaryStoreContract:
    """The suite. `opened` opens the same store again, as another process would."""

    def run(self, work: Awaitable[T]) -> T:
        async def here() -> T:
            return await work

        return asyncio.run(here())

    def test_nobody_has_nothing(self, opened: Open) -> None:
        async def work() -> None:
            store = opened()
            assert await store.read_summary("u") is None
            assert await store.read_profile("u") == Profile()
            assert await store.newest_engagements("u", 10) == []
            assert await store.read_engagements("u", ["a"]) == {"a": None}
            assert not await store.delete_engagement("u", "a")
            assert await store.delete_engagements("u") == []
            assert not await store.delete_profile("u")
            assert await store.users(10) == []
            assert await store.count() == Counts(profiles=0, summaries=0, engagements=0)

        self.run(work())

    def test_an_engagement_comes_back_as_it_was(self, opened: Open) -> None:
        async def work() -> None:
            for kind in TYPES:
                one = engagement(
                    f"é-{kind}",
                    at=-5,
                    type=kind,
                    episode_id="🎧 " + "x" * 400,
                    progress=1 / 3,
                    episode_title="Título",
                    series_name="S",
                )
                await opened().put_engagement("u", one)
                assert await opened().read_engagements("u", [one.id]) == {one.id: one}

        self.run(work())

    def test_the_same_id_twice_is_one_engagement(self, opened: Open) -> None:
        async def work() -> None:
            store = opened()
            await store.put_engagement("u", engagement("a", 1))
            await store.put_engagement("u", engagement("a", 2, type="like"))
            assert await store.newest_engagements("u", 10) == [engagement("a", 2, type="like")]

        self.run(work())

    def test_engagements_are_listed_newest_first_and_page_by_page(self, opened: Open) -> None:
        some = [engagement(f"{i:02}", random.Random(i).randrange(5)) for i in range(30)]

        async def work() -> None:
            store = opened()
            for one in some:
                await store.put_engagement("u", one)
            listed: list[Engagement] = []
            after = None
            while page := await store.newest_engagements("u", 7, after):
                listed += page
                after = (page[-1].timestamp_us, page[-1].id)
            assert listed == sorted(some, key=newest_first)

        self.run(work())

    def test_users_are_kept_apart(self, opened: Open) -> None:
        async def work() -> None:
            store = opened()
            await store.put_engagement("u", engagement("a"))
            await store.update_profile("u", {"languages": ("en",)})
            await store.write_summary("u", summary_of("a"), None)
            assert await store.read_summary("v") is None
            assert await store.read_profile("v") == Profile()
            assert await store.newest_engagements("v", 10) == []
            await store.delete_engagements("v")
            await store.delete_profile("v")
            assert len(await store.newest_engagements("u", 10)) == 1
            assert (await store.read_profile("u")).languages == ("en",)

        self.run(work())

    @pytest.mark.parametrize("limit", [1, 3, 100])
    def test_users_are_listed_by_id_whatever_there_is_of_them(
        self, opened: Open, limit: int
    ) -> None:
        names = ["Z", "a", "a!", "a-", "ab", "b c", "z", "é", "\ufffd", "🎧"]

        async def work() -> None:
            store = opened()
            for place, uid in enumerate(reversed(names)):
                if place % 4 in {0, 3}:
                    await store.put_engagement(uid, engagement("a"))
                    await store.put_engagement(uid, engagement("b"))
                if place % 4 in {1, 3}:
                    await store.update_profile(uid, {"languages": ("en",)})
                if place % 4 in {2, 3}:
                    await store.write_summary(uid, summary_of("a"), None)
            listed: list[str] = []
            while page := await opened().users(limit, listed[-1] if listed else None):
                assert len(page) <= limit
                listed += page
            assert listed == names
            assert await store.users(10, "b") == names[5:]
            assert await store.count() == Counts(profiles=5, summaries=4, engagements=10)

        self.run(work())

    def test_pages_of_users_stay_in_place_while_some_come_and_go(self, opened: Open) -> None:
        async def work() -> None:
            store = opened()
            for uid in "bdfh":
                await store.put_engagement(uid, engagement("a"))
            assert await store.users(2) == ["b", "d"]
            for uid in "acei":
                await store.put_engagement(uid, engagement("a"))
            await store.delete_engagements("d")
            await store.delete_engagements("h")
            assert await store.users(3, "d") == ["e", "f", "i"]
            assert await store.users(3, "i") == []

        self.run(work())

    def test_a_profile_is_changed_field_by_field(self, opened: Open) -> None:
        async def work() -> None:
            await opened().update_profile("u", {"display_name": "Ada", "languages": ("en",)})
            profile = await opened().update_profile("u", {"languages": ()})
            assert profile == Profile(display_name="Ada") == await opened().read_profile("u")
            assert await opened().delete_profile("u")
            assert await opened().read_profile("u") == Profile()

        self.run(work())

    def test_concurrent_changes_of_a_profile_are_all_kept(self, opened: Open) -> None:
        fields = ["category_interests", "followed_series", "muted_series", "languages"]

        async def work() -> None:
            stores = [opened() for _ in fields]
            await asyncio.gather(
                *(s.update_profile("u", {f: (f,)}) for s, f in zip(stores, fields, strict=True))
            )
            profile = await opened().read_profile("u")
            assert all(getattr(profile, f) == (f,) for f in fields)

        self.run(work())

    def test_a_summary_is_written_only_over_the_one_that_was_read(self, opened: Open) -> None:
        async def work() -> None:
            store, other = opened(), opened()
            first = await store.write_summary("u", summary_of("a"), None)
            with pytest.raises(Conflict):
                await other.write_summary("u", summary_of("b"), None)
            second = await other.write_summary("u", summary_of("b"), first)
            with pytest.raises(Conflict):
                await store.write_summary("u", summary_of("c"), first)
            with pytest.raises(Conflict):
                await store.delete_summary("u", first)
            stored = await store.read_summary("u")
            assert stored is not None
            assert (stored.summary, stored.revision) == (summary_of("b"), second)

        self.run(work())

    def test_a_revision_never_comes_again_even_after_a_deletion(self, opened: Open) -> None:
        async def work() -> None:
            store = opened()
            seen = []
            for _ in range(3):
                seen.append(await store.write_summary("u", summary_of("a"), None))
                await store.delete_summary("u", seen[-1])
                assert await store.read_summary("u") is None
            assert len(set(seen)) == 3
            with pytest.raises(Conflict):
                await store.delete_summary("u", seen[0])

        self.run(work())

    def test_a_summary_of_500_comes_back_as_it_was(self, opened: Open) -> None:
        rng = random.Random(0)
        some = [
            engagement(f"{i}", rng.randrange(10**15), type=rng.choice(TYPES), progress=rng.random())
            for i in range(500)
        ]
        whole = Summary(
            engagements=newest(some), profile=Profile(muted_series=("é",)), incomplete=True
        )

        async def work() -> None:
            await opened().write_summary("u", whole, None)
            stored = await opened().read_summary("u")
            assert stored is not None
            assert stored.summary == whole

        self.run(work())

    def test_many_writers_at_once_leave_the_summary_exact(self, opened: Open) -> None:
        some = [engagement(f"{i:03}", i % 7) for i in range(60)]

        async def engage(store: SummaryStore, mine: list[Engagement]) -> None:
            for one in mine:
                await store.put_engagement("u", one)
                await update_summary(store, "u", [one.id])
                if one.timestamp_us == 3:
                    await store.delete_engagement("u", one.id)
                    await update_summary(store, "u", [one.id, one.id])

        async def work() -> None:
            await asyncio.gather(*(engage(opened(), some[i::4]) for i in range(4)))
            stored = await opened().read_summary("u")
            assert stored is not None
            kept = newest(e for e in some if e.timestamp_us != 3)
            assert stored.summary == Summary(engagements=kept)

        self.run(work())


class TestSqliteStore(SummaryStoreContract):
    @pytest.fixture(autouse=True)
    def _file(self, tmp_path: Path) -> None:
        self.path = tmp_path / "folder" / "users.db"

    @pytest.fixture
    def opened(self) -> Open:
        return lambda: SqliteStore(self.path)

    def test_every_write_leaves_its_event_until_it_is_handled(self) -> None:
        async def work() -> None:
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

        self.run(work())

    def test_a_spoiled_summary_is_read_as_unreadable_with_its_revision(self) -> None:
        async def work() -> None:
            store = SqliteStore(self.path)
            revision = await store.write_summary("u", summary_of("a"), None)
            with sqlite3.connect(self.path) as db:
                db.execute("UPDATE summaries SET document = x'00'")
            stored = await store.read_summary("u")
            assert stored is not None
            assert (stored.summary, stored.revision) == (None, revision)

        self.run(work())

    def test_a_file_that_is_no_database_is_unavailable(self) -> None:
        self.path.parent.mkdir()
        self.path.write_bytes(b"no database " * 1000)
        with pytest.raises(Unavailable, match=r"users\.db"):
            self.run(SqliteStore(self.path).read_summary("u"))

    def test_what_was_acknowledged_survives_a_kill_in_the_middle_of_writing(self) -> None:
        code = """
import asyncio, sys
from pathlib import Path
from adapters.sqlite import SqliteStore
from feed.engagement import Engagement

async def main():
    store = SqliteStore(Path(sys.argv[1]))
    for i in range(100_000):
        one = Engagement(id=f"{i}", episode_id="x", type="like", timestamp_us=i)
        await store.put_engagement("u", one)
        print(i, flush=True)

asyncio.run(main())
"""
        root = Path(__file__).parents[2]
        command = [sys.executable, "-c", code, str(self.path)]
        process = subprocess.Popen(
            command, cwd=root, stdout=subprocess.PIPE, text=True, env={**os.environ}
        )
        assert process.stdout
        acknowledged = [process.stdout.readline() for _ in range(50)]
        process.send_signal(signal.SIGKILL)
        acknowledged += process.stdout.read().splitlines(keepends=True)
        process.wait()

        async def work() -> None:
            store = SqliteStore(self.path)
            found = {e.id for e in await store.newest_engagements("u", 200_000)}
            assert {line.strip() for line in acknowledged if line.endswith("\n")} <= found
            assert {e.engagement_id for e in await store.events()} == found

        self.run(work())
