"""A run skips no user, and the failure of one stops no other."""

import asyncio
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.sqlite.users import SqliteStore
from feed.model.engagement import MAX_ENGAGEMENTS, Engagement
from feed.ports.errors import Unavailable
from feed.ports.users import StoredSummary
from feed.summary.writer import refresh_summary
from operations.passes import run as runs
from operations.passes.checkpoint import Checkpoint
from operations.passes.cost import FirestorePrices, Meter
from operations.passes.recording_store import RecordingStore
from operations.passes.run import RebuildRun, UserResult, least_budget
from tests.support.drift_cases import CASES, assert_exact, found, seed

START = Checkpoint(store="here", check=False)
USERS = sorted(uid for uid in CASES if uid != "nobody")


class TroubledStore(SqliteStore):
    """Fails as often as it is batches, by user; counts what it does."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.failures: Counter[str] = Counter()
        self.error: Exception = Unavailable("told to fail")
        self.read: Counter[str] = Counter()
        self.writes = 0
        self.meanwhile: Any = None
        """awaited with the user, after the newest were read"""

    async def read_summary(self, uid: str) -> StoredSummary | None:
        self.read[uid] += 1
        self._fail(uid)
        return await super().read_summary(uid)

    async def newest_engagements(self, uid: str, *arguments: Any) -> list[Engagement]:
        found = await super().newest_engagements(uid, *arguments)
        if self.meanwhile is not None:
            await self.meanwhile(uid)
        return found

    async def write_summary(self, *arguments: Any) -> str:
        self.writes += 1
        return await super().write_summary(*arguments)

    async def delete_summary(self, *arguments: Any) -> None:
        self.writes += 1
        await super().delete_summary(*arguments)

    async def users(self, limit: int, after: str | None = None) -> list[str]:
        self._fail("users")
        return await super().users(limit, after)

    def _fail(self, name: str) -> None:
        if self.failures[name]:
            self.failures[name] -= 1
            raise self.error


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TroubledStore:
    monkeypatch.setattr(runs, "RETRY_PAUSES_S", (0, 0))
    monkeypatch.setattr(runs, "BATCH", 4)
    store = TroubledStore(tmp_path / "users.db")
    asyncio.run(seed(SqliteStore(tmp_path / "users.db")))
    return store


class Batches:
    """Collects the results of a run, and its last checkpoint."""

    def __init__(self) -> None:
        self.results: list[UserResult] = []
        self.at = START

    def __call__(self, results: list[UserResult], at: Checkpoint) -> None:
        self.results += results
        self.at = at

    @property
    def drift(self) -> dict[str, Any]:
        return {
            one.uid: msgspec.json.decode(msgspec.json.encode(one.drift))
            for one in self.results
            if one.drift is not None
        }


def go(store: SqliteStore, start: Checkpoint = START, **options: Any) -> tuple[RebuildRun, Batches]:
    batches = Batches()

    async def work() -> RebuildRun:
        meter = options.pop("meter", None) or Meter(FirestorePrices())
        run = RebuildRun(store, meter, **options)
        await run.all_users(start, batches)
        return run

    return asyncio.run(work()), batches


def run_users(
    store: SqliteStore, uid: str, *, check: bool = False
) -> tuple[list[UserResult], list[str]]:
    return asyncio.run(RebuildRun(store, Meter(FirestorePrices()), check=check).users([uid]))


@pytest.mark.parametrize("concurrency", [1, 8])
def test_every_drift_is_found_and_repaired_and_not_found_again(
    store: TroubledStore, concurrency: int
) -> None:
    _, batches = go(store, concurrency=concurrency)
    assert batches.drift == found()
    assert [one.uid for one in batches.results] == USERS
    assert batches.at == Checkpoint(store="here", check=False, after=USERS[-1])
    asyncio.run(assert_exact(store, CASES))
    writes = store.writes
    _, batches = go(store)
    assert not batches.drift
    assert store.writes == writes


def test_a_user_who_fails_is_tried_again_and_stops_no_other(store: TroubledStore) -> None:
    store.failures.update({"lost": 2, "much": 99})
    _, batches = go(store)
    assert batches.drift == {uid: drift for uid, drift in found().items() if uid != "much"}
    assert [one for one in batches.results if one.error] == [
        UserResult("much", done=False, error="told to fail")
    ]
    assert store.read["much"] == 3
    assert batches.at.again == ("much",)
    assert batches.at.after == USERS[-1]

    store.failures.clear()
    _, batches = go(store, batches.at)
    assert batches.drift == {"much": found()["much"]}
    assert batches.at.again == ()
    asyncio.run(assert_exact(store, CASES))


def test_a_bug_with_one_user_stops_no_other_and_is_not_tried_again(store: TroubledStore) -> None:
    store.failures["much"], store.error = 9, KeyError("x")
    _, batches = go(store)
    assert [one for one in batches.results if one.error] == [
        UserResult("much", done=False, error="KeyError: 'x'")
    ]
    assert store.read["much"] == 1
    assert batches.at.again == ("much",)


def test_a_listing_that_fails_is_tried_again(store: TroubledStore) -> None:
    store.failures["users"] = 2
    _, batches = go(store)
    assert [one.uid for one in batches.results] == USERS


def test_a_run_ends_at_its_checkpoint_if_users_cannot_be_listed(store: TroubledStore) -> None:
    batches = Batches()

    def fail_from_now_on(results: list[UserResult], at: Checkpoint) -> None:
        batches(results, at)
        store.failures["users"] = 99

    run = RebuildRun(store, Meter(FirestorePrices()))
    with pytest.raises(Unavailable):
        asyncio.run(run.all_users(START, fail_from_now_on))
    # One listing was ahead: the second batch was known.
    assert batches.at.after in {USERS[3], USERS[7]}
    store.failures.clear()
    _, rest = go(store, batches.at)
    assert [one.uid for one in batches.results + rest.results] == USERS


def test_drift_is_reported_even_if_the_first_repair_breaks_off(store: TroubledStore) -> None:
    once = iter([True])

    async def fail_after_the_first_write(uid: str) -> None:
        if uid == "lost" and store.writes and next(once, False):
            raise Unavailable("told to fail")

    store.meanwhile = fail_after_the_first_write
    findings, again = run_users(store, "lost")
    assert not again
    assert msgspec.to_builtins(findings[0].drift)["summary_missing"]
    asyncio.run(assert_exact(store, ["lost"]))


def test_a_check_starts_again_when_another_writer_changes_the_summary(store: TroubledStore) -> None:
    once = iter([True])

    async def another_repairs_it(uid: str) -> None:
        if next(once, False):
            other = SqliteStore(store.connection.path)
            await refresh_summary(other, uid, profile=True, rebuild=True)

    store.meanwhile = another_repairs_it
    findings, _ = run_users(store, "much", check=True)
    assert findings == [UserResult("much")]
    assert not store.writes


def test_a_summary_that_another_writer_changes_meanwhile_ends_exact(store: TroubledStore) -> None:
    once = iter([True])

    async def another_changes_it(uid: str) -> None:
        if next(once, False):
            other = SqliteStore(store.connection.path)
            one = Engagement(id="new", episode_id="x", type="like", timestamp_us=99)
            await other.put_engagement(uid, one)
            await refresh_summary(other, uid, ["new"])

    store.meanwhile = another_changes_it
    findings, again = run_users(store, "one-missing")
    assert not again
    assert findings[0].drift is not None
    assert findings[0].drift.engagements_missing == 1
    asyncio.run(assert_exact(store, ["one-missing"]))


async def test_a_list_of_several_sources_is_metered_as_one_of_each(tmp_path: Path) -> None:
    class Several(TroubledStore):
        sources = 3

    store, meter = Several(tmp_path / "users.db"), Meter(FirestorePrices())
    for number in range(4):
        one = Engagement(id=f"{number}", episode_id="x", type="like", timestamp_us=number)
        await store.put_engagement("u", one)
    recording = RecordingStore(store, meter, check=False)
    await recording.newest_engagements("u", 3)
    assert meter.spent.reads == 3 * 4 + 1
    await recording.newest_engagements("u", 10)
    assert meter.spent.reads == 3 * 4 + 1 + 4 + 3 + 1


@pytest.mark.parametrize("concurrency", [1, 3])
def test_every_run_makes_progress_within_the_least_budget(
    tmp_path: Path, store: TroubledStore, concurrency: int
) -> None:
    heavy = [f"heavy-{number}" for number in range(14)]
    row = "INSERT INTO engagements VALUES (?, ?, 'episode', 'click', ?, NULL, '', '')"
    with sqlite3.connect(tmp_path / "users.db") as db:
        db.executemany(row, [(uid, f"{i}", i) for uid in heavy for i in range(MAX_ENGAGEMENTS + 1)])
    prices = FirestorePrices(read=1, write=3)
    budget, at, findings, rounds = least_budget(prices, concurrency), START, [], 0
    while True:
        meter = Meter(prices, budget)
        run, batches = go(store, at, meter=meter, concurrency=concurrency)
        assert meter.dollars <= budget
        at, findings, rounds = batches.at, findings + batches.results, rounds + 1
        if not run.over_budget:
            break
        assert any(one.done for one in batches.results)
    assert rounds > 2
    assert sorted(one.uid for one in findings if one.done) == sorted(USERS + heavy)
    assert {one.uid for one in findings if one.drift} == {*found(), *heavy}
    asyncio.run(assert_exact(store, [*CASES, *heavy]))


def test_a_budget_too_small_to_list_users_ends_the_run_as_over_budget(store: TroubledStore) -> None:
    run, batches = go(store, meter=Meter(FirestorePrices(read=100_000), budget=runs.BATCH - 1))
    assert run.over_budget
    assert not batches.results


def test_an_empty_store_is_done_at_once(tmp_path: Path) -> None:
    _, batches = go(SqliteStore(tmp_path / "none.db"))
    assert batches.results == []
    assert batches.at == START
