"""Summary updates: events for one user that reach this instance together are merged in one go.

Each event is acknowledged only once its effect is stored: `handle` returns then, or raises.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from feed.ports.users import SummaryStore
from feed.summary.writer import update_summary
from functions.telemetry import log

PAUSE_S = 0.02
"""after a lost write, times the losses so far, half of it by chance"""
LONGEST = 5
"""losses that count: who waited longer each time would never win against who comes anew"""


@dataclass
class _Batch:
    engagement_ids: set[str] = field(default_factory=set)
    profile: bool = False
    done: asyncio.Future[None] | None = None


class SummaryUpdates:
    """Keeps the summaries of a store up to date, one writer per user and instance."""

    def __init__(self, store: SummaryStore) -> None:
        self._store = store
        self._waiting: dict[str, _Batch] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._users: defaultdict[str, int] = defaultdict(int)

    async def handle(self, uid: str, engagement_id: str | None) -> None:
        """Make the summary agree with what an event names (None: the profile).

        Raises `Unavailable`: what the event did is not stored, and it has to come again.
        """
        batch = self._waiting.setdefault(uid, _Batch())
        if engagement_id is None:
            batch.profile = True
        else:
            batch.engagement_ids.add(engagement_id)
        self._users[uid] += 1
        try:
            async with self._locks[uid]:
                if batch.done is None:  # nobody has taken it yet: it is ours
                    self._waiting.pop(uid)
                    batch.done = asyncio.get_running_loop().create_future()
                    await self._store_batch(uid, batch)
            await batch.done
        finally:
            self._users[uid] -= 1
            if not self._users[uid]:
                del self._users[uid], self._locks[uid]

    async def _store_batch(self, uid: str, batch: _Batch) -> None:
        """Merge a batch; whoever waits for it learns how that ended."""
        assert batch.done is not None  # noqa: S101  # for the type checker
        try:
            left_out = await update_summary(
                self._store, uid, batch.engagement_ids, profile=batch.profile, pause=pause
            )
        except BaseException as error:  # the writer may be cancelled: the others must hear of it
            batch.done.set_exception(
                error if isinstance(error, Exception) else ConnectionAbortedError("cut off")
            )
            batch.done.exception()  # seen: nobody else may be waiting
            raise
        batch.done.set_result(None)
        if left_out:
            log_left_out(left_out)


def log_left_out(names: Sequence[str]) -> None:
    """Log what does not fit in a summary (`feed.model.limits`) and was left out of one."""
    log(
        "WARNING",
        "a summary leaves out what is too large",
        left_out=[name[:40] for name in names[:10]],
        count=len(names),
    )


async def pause(conflicts: int) -> None:
    """Let the writer go ahead who was first."""
    await asyncio.sleep(PAUSE_S * min(conflicts, LONGEST) * (0.5 + random.random() / 2))  # noqa: S311  # jitter
