"""Users' summaries as sessions need them: read within a time budget, and told what was seen."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from feed.model.degradation import Degradation
from feed.model.engagement import Profile, Summary, with_profile
from feed.model.impressions import Impression
from feed.ports.errors import Unavailable
from feed.ports.users import StoredSummary, SummaryStore
from feed.summary.impressions import record_impressions
from feed.summary.writer import refresh_summary
from functions.api.languages import standard_tags
from functions.serving.circuit_breaker import CircuitBreaker
from functions.serving.degradation_log import DegradationLog
from functions.telemetry import Timings
from functions.triggers.summary_updates import pause

RECORD_S = 1.0
"""how long a call waits until what the user saw is stored"""
NOT_STORED = ""
"""revision of a summary that was made of an app's preferences, since none is stored"""


class Triggers(Protocol):
    """Keeps summaries up to date where the store has no triggers of its own."""

    async def run(self) -> None:
        """Handle the events of the writes so far."""

    async def catch_up(self) -> None:
        """Handle the events that an earlier `run` could not; return at once if there are none."""


class NoTriggers:
    """Does nothing: the store has triggers of its own."""

    async def run(self) -> None:
        """Do nothing: the store notifies its own triggers of writes."""

    async def catch_up(self) -> None:
        """Do nothing: the store's triggers update summaries by themselves."""


class UserSummaries:
    """Reads and extends the summaries of users."""

    def __init__(
        self,
        store: SummaryStore,
        breaker: CircuitBreaker,
        triggers: Triggers,
        preferences: Callable[[str], Awaitable[Profile]] | None,
        degradations: DegradationLog,
    ) -> None:
        """`preferences` reads the profile of a user without a summary, if an app keeps any."""
        self._store = store
        self._breaker = breaker
        self._triggers = triggers
        self._preferences = preferences
        self._degradations = degradations

    async def read(
        self, uid: str | None, timings: Timings
    ) -> tuple[Summary | None, tuple[Degradation, ...]]:
        """Return the user's summary, or None and what went wrong within its time budget."""
        stored, degraded = await self.read_stored(uid, timings)
        if stored is None or stored.summary is None:
            return None, degraded
        summary, unreadable = with_standard_languages(stored.summary)
        return summary, (*degraded, *unreadable)

    async def read_stored(
        self, uid: str | None, timings: Timings
    ) -> tuple[StoredSummary | None, tuple[Degradation, ...]]:
        """Return the summary as it is stored, or None, and what went wrong in the time budget.

        One that holds only what the user saw counts as missing, too.
        """
        if uid is None:
            return None, ()
        with timings.step("summary"):
            try:
                stored = await self._breaker.call(lambda: self._read(uid))
            except TimeoutError:
                return None, (Degradation.SUMMARY_TIMEOUT,)
            except Unavailable as error:
                self._degradations.explain(Degradation.SUMMARY_UNAVAILABLE, str(error))
                return None, (Degradation.SUMMARY_UNAVAILABLE,)
        if _is_missing(stored):
            return stored, (Degradation.SUMMARY_MISSING,)
        return stored, () if stored and stored.summary else (Degradation.SUMMARY_UNREADABLE,)

    async def record_seen(
        self,
        uid: str,
        seen: Sequence[Impression],
        stored: StoredSummary | None = None,
        merged: bytes | None = None,
    ) -> tuple[Degradation, ...]:
        """Add what a user saw to the summary.

        Where the summary was just read, it is `stored`, and `merged` the union with what it has.
        Returns what went wrong: the client has to send it again.
        """

        async def record() -> None:
            known = await self._store.read_summary(uid) if merged is None else stored
            await record_impressions(self._store, uid, seen, known, merged)

        return await self._within_time(record)

    async def record_engagement(
        self, uid: str, engagement_id: str, seen: Sequence[Impression]
    ) -> tuple[Degradation, ...]:
        """Add a stored engagement and what the user saw to the summary, in one write.

        Its event then finds nothing to write. Returns what went wrong, as `record_seen` does.
        """

        async def record() -> None:
            await refresh_summary(self._store, uid, [engagement_id], seen=seen, pause=pause)

        return await self._within_time(record)

    async def _within_time(self, record: Callable[[], Awaitable[None]]) -> tuple[Degradation, ...]:
        try:
            async with asyncio.timeout(RECORD_S):
                await self._breaker.call(record, limited=False)
        except (TimeoutError, Unavailable) as error:
            self._degradations.explain(Degradation.IMPRESSIONS_UNSAVED, repr(error))
            return (Degradation.IMPRESSIONS_UNSAVED,)
        return ()

    async def _read(self, uid: str) -> StoredSummary | None:
        await self._triggers.catch_up()
        stored = await self._store.read_summary(uid)
        if self._preferences is None or not _is_missing(stored):
            return stored
        seen = stored.summary.seen if stored and stored.summary else b""
        summary = with_profile(Summary(seen=seen), await self._preferences(uid))
        revision = stored.revision if stored else NOT_STORED
        return None if summary.is_empty else StoredSummary(summary, revision)


def _is_missing(stored: StoredSummary | None) -> bool:
    return stored is None or (stored.summary is not None and stored.summary.has_only_seen)


def with_standard_languages(summary: Summary) -> tuple[Summary, tuple[Degradation, ...]]:
    """Return the summary with its language tags in standard form, and whether all are unreadable.

    An app may have stored any text. Where no text is a language, every language is shown.
    """
    stored = summary.profile.languages
    languages = standard_tags(stored)
    if languages is stored:
        return summary, ()
    profile = msgspec.structs.replace(summary.profile, languages=languages)
    unreadable = () if languages else (Degradation.LANGUAGES_UNREADABLE,)
    return msgspec.structs.replace(summary, profile=profile), unreadable
