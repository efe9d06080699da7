"""Triggers for a store that has none: its recorded events, handled in this process.

What Firestore and Eventarc do in the cloud: every event is handled at least once, and forgotten
only once its effect is stored. Events that a killed process left behind are handled by the next.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from feed.ports.errors import Unavailable
from feed.ports.users import SummaryStore
from feed.summary.writer import Unsettled, update_summary
from functions.telemetry import log, log_error
from functions.triggers.summary_updates import log_left_out


class Event(Protocol):
    """A write that a summary may not reflect yet."""

    @property
    def uid(self) -> str:
        """Whose."""
        ...

    @property
    def engagement_id(self) -> str | None:
        """Of what; None: the profile."""
        ...


class EventStore(SummaryStore, Protocol):
    """A store that records its own events."""

    async def events(self) -> Sequence[Event]:
        """The events not yet handled, oldest first."""
        ...

    async def handled(self, events: Sequence[Event]) -> None:
        """Forget these events: their effect is stored."""
        ...


class LocalTriggers:
    """Handles the events of an embedded store."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._lock = asyncio.Lock()
        self._behind = True  # an earlier process may have left events

    async def catch_up(self) -> None:
        """Handle what an earlier run could not, if anything."""
        if self._behind:
            await self.run()

    async def run(self) -> None:
        """Handle what is there. What cannot be handled now stays for the next time."""
        async with self._lock:
            self._behind = True
            try:
                by_user: dict[str, list[Event]] = defaultdict(list)
                for event in await self._store.events():
                    by_user[event.uid].append(event)
                handled = [await self._handle(uid, events) for uid, events in by_user.items()]
                self._behind = not all(handled)
            except Unavailable as error:
                log("WARNING", "events wait for the store", reason=str(error))

    async def _handle(self, uid: str, events: list[Event]) -> bool:
        """Whether the events of one user are done with."""
        names = [e.engagement_id for e in events if e.engagement_id is not None]
        profile = any(e.engagement_id is None for e in events)
        try:
            left_out = await update_summary(self._store, uid, names, profile=profile)
            await self._store.handled(events)
        except Unsettled as error:
            log("WARNING", "events wait for a summary that others write", reason=str(error))
            return False
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001  # nobody waits for another user's events
            log_error("events wait for a summary that cannot be written", error)
            return False
        if left_out:
            log_left_out(left_out)
        return True
