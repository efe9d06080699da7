"""A pass over all users in batches that rebuilds summaries; a failure stops no other user."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from typing import NamedTuple, TypeVar

import msgspec

from feed.ports.errors import Unavailable
from feed.ports.users import SummaryStore
from feed.summary.writer import refresh_summary
from functions.triggers.summary_updates import pause
from operations.passes.checkpoint import Checkpoint
from operations.passes.cost import MAX_PER_USER, FirestorePrices, Meter, OverBudget, Spending
from operations.passes.drift import Drift, drift_between
from operations.passes.recording_store import RecordingStore

T = TypeVar("T")

BATCH = 100
"""users between two checkpoints, and in one listing"""
RETRY_PAUSES_S = (0.5, 2.0)
"""before each further try while the store is unavailable"""


class UserResult(NamedTuple):
    """The result of a run for one user."""

    uid: str
    done: bool = True
    """False if the user has to be tried again"""
    drift: Drift | None = None
    """None if no difference was found"""
    error: str | None = None
    """why the user is not done; None if only the budget was used up"""


OnBatch = Callable[[list[UserResult], Checkpoint], None]
"""called after each batch with its results and the new checkpoint"""


class RebuildRun:
    """Rebuilds the summaries of a store, or with `check` only compares them."""

    def __init__(
        self, store: SummaryStore, meter: Meter, *, check: bool = False, concurrency: int = 8
    ) -> None:
        self._store = store
        self._meter = meter
        self._check = check
        self._concurrency = asyncio.Semaphore(concurrency)
        self.over_budget = False
        """whether the budget ended the run"""

    async def all_users(self, start: Checkpoint, on_batch: OnBatch) -> None:
        """Process the users that a checkpoint has to try again, then all users after it.

        Raises `Unavailable` if the users cannot be listed.
        """
        at = start
        if start.again:
            results, again = await self.users(start.again)
            at = msgspec.structs.replace(at, again=again)
            on_batch(results, at)
        async with aclosing(self._batches(start.after)) as batches:
            async for batch in batches:
                results, again = await self.users(batch)
                at = msgspec.structs.replace(at, after=batch[-1], again=at.again + again)
                on_batch(results, at)

    async def users(self, uids: Sequence[str]) -> tuple[list[UserResult], tuple[str, ...]]:
        """Process these users; return their results in order, and the ids to try again."""
        results = await asyncio.gather(*(self._user(uid) for uid in uids))
        return results, tuple(one.uid for one in results if not one.done)

    async def _batches(self, after: str | None) -> AsyncGenerator[Sequence[str], None]:
        """Yield all users after one, while the next batch is listed in the background."""
        listing = asyncio.ensure_future(self._list(after))
        try:
            while (batch := await listing) and not self.over_budget:
                listing = asyncio.ensure_future(self._list(batch[-1]))
                yield batch
        finally:
            listing.cancel()
            await asyncio.gather(listing, return_exceptions=True)

    async def _list(self, after: str | None) -> Sequence[str]:
        async def list_users() -> Sequence[str]:
            sources = self._store.sources
            async with self._meter.call(reads=BATCH * sources) as cost:
                found = await self._store.users(BATCH, after)
                cost.reads = min(len(found) + 1, BATCH) * sources
            return found

        try:
            return await with_retries(list_users)
        except OverBudget:
            self.over_budget = True
            return ()

    async def _user(self, uid: str) -> UserResult:
        store = RecordingStore(self._store, self._meter, check=self._check)
        done, error = False, None

        async def rebuild() -> None:
            await refresh_summary(store, uid, profile=True, rebuild=True, pause=pause)

        async with self._concurrency:
            try:
                if not self.over_budget:
                    await with_retries(rebuild)
                    done = True
            except OverBudget:
                self.over_budget = True
            except Unavailable as unavailable:
                error = str(unavailable)
            except Exception as bug:  # noqa: BLE001  # reported; other users go on
                error = f"{type(bug).__name__}: {bug}"
        is_compared = store.written and (done or not self._check)
        was_made_and_undone = store.before is None and store.after is None
        compare = is_compared and not was_made_and_undone
        drift = drift_between(store.before, store.after) if compare else None
        return UserResult(uid, done, drift, error)


def least_budget(prices: FirestorePrices, concurrency: int) -> float:
    """Return the budget in dollars with which every run makes progress.

    It is enough for all concurrent users, and for two listings.
    """
    reads = concurrency * MAX_PER_USER.reads + 2 * BATCH
    return prices.dollars(Spending(reads, concurrency * MAX_PER_USER.writes))


async def with_retries(call: Callable[[], Awaitable[T]]) -> T:
    """Return the result of a call, tried again while the store is unavailable."""
    for pause_s in RETRY_PAUSES_S:
        with suppress(Unavailable):
            return await call()
        await asyncio.sleep(pause_s)
    return await call()
