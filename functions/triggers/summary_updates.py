"""Summary updates: events of one user that arrive together are applied in one write.

An event is acknowledged only after its effect is stored: `EventBatcher.handle` then returns.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from feed.ports.users import SummaryStore
from feed.summary.writer import refresh_summary
from functions.telemetry import log

PAUSE_S = 0.02
"""after a write conflict, times the conflicts so far, of which half is random"""
MAX_CONFLICTS_COUNTED = 5
"""longer pauses would never win against new writers, which start with short ones"""


@dataclass
class _Batch:
    engagement_ids: set[str] = field(default_factory=set)
    profile: bool = False
    rebuild: bool = False
    done: asyncio.Future[None] | None = None


class EventBatcher:
    """Updates the summaries of a store, with one writer per user in this instance."""

    def __init__(self, store: SummaryStore, *, always_profile: bool = False) -> None:
        """With `always_profile`, the profile is read with each update: its writes send no event."""
        self._store = store
        self._always_profile = always_profile
        self._waiting: dict[str, _Batch] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._users: defaultdict[str, int] = defaultdict(int)

    async def handle(self, uid: str, engagement_id: str | None, *, rebuild: bool = False) -> None:
        """Update a user's summary with the engagement that an event names; None is the profile.

        With `rebuild`, all engagements are read again: the user's data were deleted. Raises
        `Unavailable` if the effect is not stored: the event has to be delivered again.
        """
        batch = self._waiting.setdefault(uid, _Batch())
        if engagement_id is None:
            batch.profile = True
        else:
            batch.engagement_ids.add(engagement_id)
        batch.rebuild |= rebuild
        self._users[uid] += 1
        try:
            async with self._locks[uid]:
                if batch.done is None:  # no other call writes it yet
                    self._waiting.pop(uid)
                    batch.done = asyncio.get_running_loop().create_future()
                    await self._store_batch(uid, batch)
            await batch.done
        finally:
            self._users[uid] -= 1
            if not self._users[uid]:
                del self._users[uid], self._locks[uid]

    async def _store_batch(self, uid: str, batch: _Batch) -> None:
        """Write a batch, and pass its result on to every call that waits for it."""
        assert batch.done is not None  # noqa: S101  # for the type checker
        try:
            left_out = await refresh_summary(
                self._store,
                uid,
                batch.engagement_ids,
                profile=batch.profile or self._always_profile,
                rebuild=batch.rebuild,
                forget_seen=batch.rebuild,
                pause=pause,
            )
        except BaseException as error:  # also when this call is cancelled
            batch.done.set_exception(
                error if isinstance(error, Exception) else ConnectionAbortedError("cancelled")
            )
            batch.done.exception()  # mark it as retrieved: no other call may wait
            raise
        batch.done.set_result(None)
        if left_out:
            log_left_out(left_out)


def log_left_out(names: Sequence[str]) -> None:
    """Log the engagement ids and profile fields left out of a summary as too large."""
    log(
        "WARNING",
        "a summary leaves out what is too large",
        left_out=[name[:40] for name in names[:10]],
        count=len(names),
    )


async def pause(conflicts: int) -> None:
    """Wait before retrying a write, longer after each conflict."""
    jitter = 0.5 + random.random() / 2  # noqa: S311
    await asyncio.sleep(PAUSE_S * min(conflicts, MAX_CONFLICTS_COUNTED) * jitter)
