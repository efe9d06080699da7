"""A run: users in order, batch by batch, some at a time, and one's trouble is nobody else's."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from typing import NamedTuple, TypeVar

import msgspec

from feed.ports.errors import Unavailable
from feed.ports.users import SummaryStore
from feed.summary.writer import update_summary
from functions.triggers.summary_updates import pause
from operations.reconcile.checkpoint import Checkpoint
from operations.reconcile.cost import USER_AT_MOST, Meter, OverBudget, Prices, Spending
from operations.reconcile.drift import Drift, drift_between
from operations.reconcile.watched import WatchedStore

T = TypeVar("T")

BATCH = 100
"""users between two checkpoints, and in one listing"""
PAUSES_S = (0.5, 2.0)
"""before each further try where the store was unavailable"""


class Finding(NamedTuple):
    """What became of one user."""

    uid: str
    done: bool = True
    """otherwise the user has to be tried again"""
    drift: Drift | None = None
    """None: nothing was found to be wrong, so far"""
    error: str | None = None
    """why it is not done; None if only the budget ended"""


Tell = Callable[[list[Finding], Checkpoint], None]
"""called after each batch with its findings, and where the run stands"""


class Run:
    """Rebuilds the summaries of a store, or with `check` only compares them."""

    def __init__(
        self, store: SummaryStore, meter: Meter, *, check: bool = False, concurrency: int = 8
    ) -> None:
        self._store = store
        self._meter = meter
        self._check = check
        self._places = asyncio.Semaphore(concurrency)
        self.over_budget = False
        """whether the run ended early"""

    async def everybody(self, start: Checkpoint, tell: Tell) -> None:
        """All users beyond a checkpoint, after those that it has to be tried again.

        Raises `Unavailable` when they cannot be listed.
        """
        at = start
        if start.again:
            findings, again = await self.users(start.again)
            at = msgspec.structs.replace(at, again=again)
            tell(findings, at)
        async with aclosing(self._batches(start.after)) as batches:
            async for batch in batches:
                findings, again = await self.users(batch)
                at = msgspec.structs.replace(at, after=batch[-1], again=at.again + again)
                tell(findings, at)

    async def users(self, uids: Sequence[str]) -> tuple[list[Finding], tuple[str, ...]]:
        """What became of these users, in their order, and who has to be tried again."""
        found = await asyncio.gather(*(self._user(uid) for uid in uids))
        return found, tuple(one.uid for one in found if not one.done)

    async def _batches(self, after: str | None) -> AsyncGenerator[Sequence[str], None]:
        """All users after one; the next batch is listed while one is worked on."""
        coming = asyncio.ensure_future(self._list(after))
        try:
            while (batch := await coming) and not self.over_budget:
                coming = asyncio.ensure_future(self._list(batch[-1]))
                yield batch
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    async def _list(self, after: str | None) -> Sequence[str]:
        async def list_users() -> Sequence[str]:
            async with self._meter.call(reads=BATCH) as cost:
                found = await self._store.users(BATCH, after)
                cost.reads = min(len(found) + 1, BATCH)
            return found

        try:
            return await _patiently(list_users)
        except OverBudget:
            self.over_budget = True
            return ()

    async def _user(self, uid: str) -> Finding:
        store = WatchedStore(self._store, self._meter, check=self._check)
        done, error = False, None

        async def rebuild() -> None:
            await update_summary(store, uid, profile=True, rebuild=True, pause=pause)

        async with self._places:
            try:
                if not self.over_budget:
                    await _patiently(rebuild)
                    done = True
            except OverBudget:
                self.over_budget = True
            except Unavailable as unavailable:
                error = str(unavailable)
            except Exception as bug:  # noqa: BLE001  # reported; it is nobody else's trouble
                error = f"{type(bug).__name__}: {bug}"
        known = store.written and (done or not self._check)
        drift = drift_between(store.before, store.after) if known else None
        return Finding(uid, done, drift, error)


def least_budget(prices: Prices, concurrency: int) -> float:
    """Dollars with which every run gets further: for each user under way, and two listings."""
    reads = concurrency * USER_AT_MOST.reads + 2 * BATCH
    return prices.dollars(Spending(reads, concurrency * USER_AT_MOST.writes))


async def _patiently(call: Callable[[], Awaitable[T]]) -> T:
    """What a call gives, perhaps only at a later try."""
    for pause_s in PAUSES_S:
        with suppress(Unavailable):
            return await call()
        await asyncio.sleep(pause_s)
    return await call()
