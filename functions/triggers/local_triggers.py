"""Local triggers: handles the events that an embedded store records, in this process.

As with Firestore and Eventarc in the cloud, every event is handled at least once, and forgotten
only after its effect is stored. The next process handles the events that a killed one left behind.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from feed.ports.errors import Unavailable
from feed.ports.users import SummaryStore
from feed.summary.writer import Unsettled, refresh_summary
from functions.telemetry import log, log_error
from functions.triggers.summary_updates import log_left_out


class StoreEvent(Protocol):
    """A write that a summary may not reflect yet."""

    @property
    def uid(self) -> str:
        """The user whose data was written."""

    @property
    def engagement_id(self) -> str | None:
        """The engagement that was written; None means the profile."""


class EventStore(SummaryStore, Protocol):
    """A store that records its own events."""

    async def events(self) -> Sequence[StoreEvent]:
        """Return the events that are not handled yet, oldest first."""

    async def handled(self, events: Sequence[StoreEvent]) -> None:
        """Delete these events, whose effect is stored."""


class LocalTriggers:
    """Updates the summaries of an embedded store from its events."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._lock = asyncio.Lock()
        self._has_events = True  # an earlier process may have left events

    async def catch_up(self) -> None:
        """Handle the events that an earlier run or process left, if any."""
        if self._has_events:
            await self.run()

    async def run(self) -> None:
        """Handle all events of the store. Those that fail stay for the next run."""
        async with self._lock:
            self._has_events = True
            try:
                by_user: dict[str, list[StoreEvent]] = defaultdict(list)
                for event in await self._store.events():
                    by_user[event.uid].append(event)
                handled = [await self._handle(uid, events) for uid, events in by_user.items()]
                self._has_events = not all(handled)
            except Unavailable as error:
                log("WARNING", "events wait for the store", reason=str(error))

    async def _handle(self, uid: str, events: list[StoreEvent]) -> bool:
        """Handle the events of one user; return whether that succeeded."""
        names = [e.engagement_id for e in events if e.engagement_id is not None]
        profile = any(e.engagement_id is None for e in events)
        try:
            left_out = await refresh_summary(self._store, uid, names, profile=profile)
            await self._store.handled(events)
        except Unsettled as error:
            log("WARNING", "events wait for a summary that others write", reason=str(error))
            return False
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001  # one user's events must not block another's
            log_error("events wait for a summary that cannot be written", error)
            return False
        if left_out:
            log_left_out(left_out)
        return True
