"""A store for one user that is metered, and that records how the summary changed."""

from collections.abc import Sequence

from feed.model.engagement import Engagement, Profile, Summary
from feed.ports.errors import Conflict
from feed.ports.users import StoredSummary, SummaryAccess
from operations.passes.cost import Meter


class RecordingStore:
    """A `SummaryAccess` for one user that records the summary before and after a rebuild.

    With `check` a write is only recorded, under the same condition as a real one.
    """

    def __init__(self, store: SummaryAccess, meter: Meter, *, check: bool) -> None:
        self._store = store
        self._meter = meter
        self._check = check
        self.before: StoredSummary | None = None
        """the summary before the first write"""
        self.after: Summary | None = None
        """the summary as last written"""
        self.written = False

    @property
    def sources(self) -> int:
        """The number of collections that engagements of a user are read from."""
        return self._store.sources

    async def read_summary(self, uid: str) -> StoredSummary | None:
        """Read the summary."""
        stored = await self._read(uid)
        if self._check or not self.written:
            self.before, self.written = stored, False
        return stored

    async def write_summary(self, uid: str, summary: Summary, revision: str | None) -> str:
        """Write the summary, or with `check` only test the condition for it."""
        if self._check:
            await self._check_unchanged(uid)
            new = "checked"
        else:
            async with self._meter.call(writes=1):
                new = await self._store.write_summary(uid, summary, revision)
        self.after, self.written = summary, True
        return new

    async def delete_summary(self, uid: str, revision: str) -> None:
        """Delete the summary, or with `check` only test the condition for it."""
        if self._check:
            await self._check_unchanged(uid)
        else:
            async with self._meter.call(writes=1):
                await self._store.delete_summary(uid, revision)
        self.after, self.written = None, True

    async def read_engagements(self, uid: str, ids: Sequence[str]) -> dict[str, Engagement | None]:
        """Read the engagements with these ids; None for one that does not exist."""
        async with self._meter.call(reads=len(ids)):
            return await self._store.read_engagements(uid, ids)

    async def newest_engagements(
        self, uid: str, limit: int, after: tuple[int, str] | None = None
    ) -> list[Engagement]:
        """Read the newest engagements, and one more to see whether the limit splits a tie.

        With several sources that is the cost of each, and the time of a deletion is read, too.
        """
        sources = self.sources
        most = limit + 1 if sources == 1 else sources * (limit + 1) + 1
        async with self._meter.call(reads=most) as cost:
            found = await self._store.newest_engagements(uid, limit, after)
            if len(found) == limit:
                cost.reads = most
            elif sources == 1:
                cost.reads = max(len(found), 1)
            else:
                cost.reads = len(found) + sources + 1
        return found

    async def read_profile(self, uid: str) -> Profile:
        """Read the profile."""
        async with self._meter.call(reads=1):
            return await self._store.read_profile(uid)

    async def _read(self, uid: str) -> StoredSummary | None:
        async with self._meter.call(reads=1):
            return await self._store.read_summary(uid)

    async def _check_unchanged(self, uid: str) -> None:
        stored = await self._read(uid)
        if (stored and stored.revision) != (self.before and self.before.revision):
            raise Conflict(f"the summary of {uid} was changed by another writer")
