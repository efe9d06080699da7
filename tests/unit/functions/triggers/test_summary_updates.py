"""Events that arrive together are stored together, and each call gets the result."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.sqlite.users import SqliteStore
from feed.model.engagement import Engagement, Summary, newest, pack
from feed.ports.errors import Unavailable
from functions.triggers.summary_updates import EventBatcher


class CountingStore(SqliteStore):
    """Counts the writes of summaries; can be told to fail."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.writes = 0
        self.failures = 0

    async def read_engagements(self, uid: str, ids: Sequence[str]) -> dict[str, Engagement | None]:
        if self.failures:
            self.failures -= 1
            raise Unavailable("told to fail")
        return await super().read_engagements(uid, ids)

    async def write_summary(self, *arguments: Any) -> str:
        self.writes += 1
        return await super().write_summary(*arguments)


async def summary_of(store: CountingStore, uid: str) -> Summary:
    stored = await store.read_summary(uid)
    assert stored
    assert stored.summary
    return stored.summary


def engagement(name: str, at: int = 0) -> Engagement:
    return Engagement(id=name, episode_id="x", type="like", timestamp_us=at)


@pytest.fixture
def store(tmp_path: Path) -> CountingStore:
    return CountingStore(tmp_path / "users.db")


async def test_events_of_one_user_that_come_together_need_few_writes(store: CountingStore) -> None:
    some = [engagement(f"{i}", i) for i in range(100)]

    updates = EventBatcher(store)
    for one in some:
        await store.put_engagement("u", one)
    await asyncio.gather(*(updates.handle("u", one.id) for one in some * 2))
    assert pack((await summary_of(store, "u")).engagements) == pack(newest(some))
    assert not updates._locks
    assert not updates._users
    assert not updates._waiting
    assert store.writes <= 3


async def test_users_do_not_wait_for_each_other(store: CountingStore) -> None:
    updates = EventBatcher(store)
    for uid in "abc":
        await store.put_engagement(uid, engagement(uid))
        await store.update_profile(uid, {"languages": (uid,)})
    await asyncio.gather(
        *(updates.handle(uid, uid) for uid in "abc"), *(updates.handle(uid, None) for uid in "abc")
    )
    for uid in "abc":
        summary = await summary_of(store, uid)
        assert [e.id for e in summary.engagements] == [uid]
        assert summary.profile.languages == (uid,)


async def test_every_event_of_a_batch_that_fails_raises_and_may_come_again(
    store: CountingStore,
) -> None:
    updates = EventBatcher(store)
    for name in "abc":
        await store.put_engagement("u", engagement(name))
    store.failures = 1
    first = asyncio.create_task(updates.handle("u", "a"))
    await asyncio.sleep(0)
    others = [asyncio.create_task(updates.handle("u", name)) for name in "bc"]
    ended = await asyncio.gather(first, *others, return_exceptions=True)
    assert isinstance(ended[0], Unavailable)
    await asyncio.gather(*(updates.handle("u", name) for name in "abc"))
    assert len((await summary_of(store, "u")).engagements) == 3


def test_calls_that_wait_for_a_cancelled_writer_raise(store: CountingStore) -> None:
    async def work() -> None:
        entered, go = asyncio.Semaphore(0), asyncio.Semaphore(0)

        class Slow(CountingStore):
            async def read_engagements(
                self, uid: str, ids: Sequence[str]
            ) -> dict[str, Engagement | None]:
                entered.release()
                await go.acquire()
                return await super().read_engagements(uid, ids)

        updates = EventBatcher(Slow(store.connection.path))
        first = asyncio.create_task(updates.handle("u", "a"))
        await entered.acquire()
        leader = asyncio.create_task(updates.handle("u", "b"))
        follower = asyncio.create_task(updates.handle("u", "c"))
        go.release()
        await entered.acquire()  # the leader is storing what both brought
        leader.cancel()
        ended = await asyncio.gather(first, leader, follower, return_exceptions=True)
        errors = [type(None), asyncio.CancelledError, ConnectionAbortedError]
        assert [type(one) for one in ended] == errors

    asyncio.run(work())
