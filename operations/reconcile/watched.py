"""A store as the writer of one user's summary sees it: watched, metered, perhaps only looked at."""

from collections.abc import Sequence

from feed.model.engagement import Engagement, Profile, Summary
from feed.ports.errors import Conflict
from feed.ports.users import Stored, SummaryAccess
from operations.reconcile.cost import Meter


class WatchedStore:
    """A `SummaryAccess` for one user, which remembers how the summary was and what it became.

    With `check` nothing is written: what the writer wrote is only remembered, on the same
    condition.
    """

    def __init__(self, store: SummaryAccess, meter: Meter, *, check: bool) -> None:
        self._store = store
        self._meter = meter
        self._check = check
        self.before: Stored | None = None
        """as it was before the first write"""
        self.after: Summary | None = None
        """as it was written last"""
        self.written = False

    async def read_summary(self, uid: str) -> Stored | None:
        """The summary."""
        stored = await self._read(uid)
        if self._check or not self.written:
            self.before, self.written = stored, False
        return stored

    async def write_summary(self, uid: str, summary: Summary, revision: str | None) -> str:
        """Write, or see that one could."""
        if self._check:
            await self._see_unchanged(uid)
            new = "checked"
        else:
            async with self._meter.call(writes=1):
                new = await self._store.write_summary(uid, summary, revision)
        self.after, self.written = summary, True
        return new

    async def delete_summary(self, uid: str, revision: str) -> None:
        """Delete, or see that one could."""
        if self._check:
            await self._see_unchanged(uid)
        else:
            async with self._meter.call(writes=1):
                await self._store.delete_summary(uid, revision)
        self.after, self.written = None, True

    async def read_engagements(self, uid: str, ids: Sequence[str]) -> dict[str, Engagement | None]:
        """The engagements named."""
        async with self._meter.call(reads=len(ids)):
            return await self._store.read_engagements(uid, ids)

    async def newest_engagements(
        self, uid: str, limit: int, after: tuple[int, str] | None = None
    ) -> list[Engagement]:
        """The newest: one document more is read, to know whether the limit cuts through equals."""
        async with self._meter.call(reads=limit + 1) as cost:
            found = await self._store.newest_engagements(uid, limit, after)
            cost.reads = len(found) + 1 if len(found) == limit else max(len(found), 1)
        return found

    async def read_profile(self, uid: str) -> Profile:
        """The profile."""
        async with self._meter.call(reads=1):
            return await self._store.read_profile(uid)

    async def _read(self, uid: str) -> Stored | None:
        async with self._meter.call(reads=1):
            return await self._store.read_summary(uid)

    async def _see_unchanged(self, uid: str) -> None:
        stored = await self._read(uid)
        if (stored and stored.revision) != (self.before and self.before.revision):
            raise Conflict(f"the summary of {uid} was written meanwhile")
