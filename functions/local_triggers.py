"""Triggers for a store that has none: its recorded events, handled in this process.

What Firestore and Eventarc do in the cloud: every event is handled at least once, and forgotten
only once its effect is stored. Events that a killed process left behind are handled by the next.
"""

import asyncio
from collections import defaultdict

from adapters.sqlite import Event, SqliteStore
from feed.ports import Unavailable
from feed.writer import update_summary
from functions.telemetry import log, log_error


class LocalTriggers:
    """Handles the events of an embedded store."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._lock = asyncio.Lock()

    async def run(self) -> None:
        """Handle what is there. What cannot be handled now stays for the next time."""
        async with self._lock:
            try:
                by_user: dict[str, list[Event]] = defaultdict(list)
                for event in await self._store.events():
                    by_user[event.uid].append(event)
                for uid, events in by_user.items():
                    await self._handle(uid, events)
            except Unavailable as error:
                log("WARNING", "events wait for the store", reason=str(error))

    async def _handle(self, uid: str, events: list[Event]) -> None:
        try:
            await self._update(uid, events)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001  # nobody waits for another user's events
            log_error("events wait for a summary that cannot be written", error)

    async def _update(self, uid: str, events: list[Event]) -> None:
        names = [e.engagement_id for e in events if e.engagement_id is not None]
        profile = any(e.engagement_id is None for e in events)
        await update_summary(self._store, uid, names, profile=profile)
        await self._store.handled(events)
