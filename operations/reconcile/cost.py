"""What a run costs at Firestore's prices: an estimate, what was spent, and a budget."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple

from feed.model.engagement import KEPT
from feed.ports.users import Counts

PRICED_ON = "2026-11-22"
READ_PRICE, WRITE_PRICE = 0.06, 0.18
"""dollars for 100,000 documents, US list prices of that day; a deletion counts as a write"""


class OverBudget(Exception):
    """What was to be done next might have cost more than is left."""


@dataclass
class Spending:
    """Documents read and written."""

    reads: int = 0
    writes: int = 0


USER_AT_MOST = Spending(reads=3 + 3 + 2 * (KEPT + 1), writes=2)
"""a summary that differs is read and written twice (with the mark `incomplete` and without), the
newest engagements before each write, the profile after them, too; `--check` reads in place of each
write"""


class Prices(NamedTuple):
    """Dollars for 100,000 documents."""

    read: float = READ_PRICE
    write: float = WRITE_PRICE

    def dollars(self, spending: Spending) -> float:
        """What so many documents cost."""
        return (spending.reads * self.read + spending.writes * self.write) / 100_000


def known_users(counts: Counts) -> int:
    """How many there are at least: more, where some have engagements alone."""
    return max(counts.profiles, counts.summaries)


def estimate(counts: Counts) -> tuple[Spending, Spending]:
    """What a run costs if no summary drifted, and if all did, if there are only the known users.

    Of each user it reads the name, the summary, the profile and the newest engagements; here all
    engagements, and one read where there are none.
    """
    users = known_users(counts)
    engagements = max(users, counts.engagements)
    none, all_drifted = 3 * users + engagements, 5 * users + 2 * engagements
    return Spending(none), Spending(all_drifted, USER_AT_MOST.writes * users)


class Meter:
    """Counts what is spent, and lets nothing begin that might go over the budget.

    A call that fails is counted at the most that it may have cost.
    """

    def __init__(self, prices: Prices, budget: float | None = None) -> None:
        self.prices = prices
        self.budget = budget
        """dollars"""
        self.spent = Spending()
        self._set_aside = Spending()
        self._under_way = 0
        self._ended = asyncio.Condition()

    @property
    def dollars(self) -> float:
        """What was spent so far."""
        return self.prices.dollars(self.spent)

    @asynccontextmanager
    async def call(self, *, reads: int = 0, writes: int = 0) -> AsyncIterator[Spending]:
        """One call to the store, and the most that it may cost; who knows that it was less says so.

        Waits for calls under way where they might leave enough. Raises `OverBudget`.
        """
        async with self._ended:
            await self._ended.wait_for(lambda: self._fits(reads, writes) or not self._under_way)
            if not self._fits(reads, writes):
                raise OverBudget
            self._hold(1, reads, writes)
        cost = Spending(reads, writes)
        try:
            yield cost
        finally:
            self.spent.reads += cost.reads
            self.spent.writes += cost.writes
            self._hold(-1, -reads, -writes)
            async with self._ended:
                self._ended.notify_all()

    def _hold(self, calls: int, reads: int, writes: int) -> None:
        self._under_way += calls
        self._set_aside.reads += reads
        self._set_aside.writes += writes

    def _fits(self, reads: int, writes: int) -> bool:
        if self.budget is None:
            return True
        reads += self.spent.reads + self._set_aside.reads
        writes += self.spent.writes + self._set_aside.writes
        return self.prices.dollars(Spending(reads, writes)) <= self.budget
