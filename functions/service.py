"""The service: what the routes work with, put together by `wiring`."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from feed.engagement import Summary
from feed.ports import SummaryStore, Unavailable
from feed.scenario import Scenario
from functions.auth import Verifier
from functions.errors import ProblemError, invalid
from functions.holder import CatalogHolder, Held, NoCatalogError
from functions.settings import Settings
from functions.telemetry import Metrics, Timings, log

FIRST_SUMMARY_S = 2.0
"""how long the first reads of a process may take, counted once for all of them: they wait for the
connection to be opened"""
RETRY_AFTER_S = 5


@dataclass
class Service:
    """Settings, adapters and state of one process."""

    settings: Settings
    holder: CatalogHolder
    store: SummaryStore
    verifier: Verifier
    scenarios: Mapping[str, Scenario]
    cursor_keys: tuple[bytes, ...]
    now_us: Callable[[], int]
    stored: Callable[[], Awaitable[None]]
    """awaited after a write to the store: where it has no triggers, this is theirs"""
    metrics: Metrics = field(default_factory=Metrics)
    first_summary_s: float | None = None
    """when the first read of a summary began, on the monotonic clock"""
    summary_was_read: bool = False
    last_stamp_us: int = 0

    def stamp_us(self) -> int:
        """The time, later than at any call before: what happened later sorts as newer."""
        self.last_stamp_us = max(self.now_us(), self.last_stamp_us + 1)
        return self.last_stamp_us

    def user(self, request: Request) -> str:
        """The user of a request that needs one. Raises `ProblemError` 401."""
        uid = self.verifier.uid(request)
        if uid is None:
            raise ProblemError(
                401,
                "not-signed-in",
                "this call needs a user",
                field="Authorization",
                expected="Bearer and a Firebase ID token (locally: the header X-Demo-User)",
            )
        return uid

    def scenario(self, name: str | None) -> str:
        """The scenario to rank with. Raises `ProblemError` 400."""
        if name is None:
            return self.settings.SCENARIO
        if name not in self.scenarios:
            raise invalid("scenario", f"one of {', '.join(self.scenarios)}", repr(name))
        return name

    async def catalog(self, timings: Timings) -> Held:
        """The catalog to answer from. Raises `ProblemError` 503."""
        with timings.step("catalog"):
            try:
                return await self.holder.current()
            except NoCatalogError as error:
                raise ProblemError(
                    503,
                    "no-catalog",
                    "the catalog is being built, or its shelf cannot be reached: try again soon",
                    headers={"Retry-After": str(RETRY_AFTER_S)},
                ) from error

    async def summary(self, uid: str, timings: Timings) -> tuple[Summary | None, tuple[str, ...]]:
        """The user's summary within its time budget, or None and the name of what went wrong."""
        budget_s = self.settings.SUMMARY_TIMEOUT_S
        if not self.summary_was_read:
            now_s = time.monotonic()
            self.first_summary_s = self.first_summary_s or now_s
            budget_s = max(budget_s, self.first_summary_s + FIRST_SUMMARY_S - now_s)
        with timings.step("summary"):
            try:
                async with asyncio.timeout(budget_s):
                    if not self.summary_was_read:
                        await self.stored()  # what a killed process left behind
                    stored = await self.store.read_summary(uid)
            except TimeoutError:
                return None, ("summary_timeout",)
            except Unavailable as error:
                log("WARNING", "the summary cannot be read", reason=str(error))
                return None, ("summary_unavailable",)
        self.summary_was_read = True
        if stored is None:
            return None, ("summary_missing",)
        if stored.summary is None:
            return None, ("summary_unreadable",)
        return stored.summary, ()
