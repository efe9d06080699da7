"""The cost of a run at Firestore's prices: an estimate, a meter, and a budget."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple

from feed.model.engagement import MAX_ENGAGEMENTS
from feed.ports.users import StoreCounts

PRICED_ON = "2026-11-22"
READ_PRICE, WRITE_PRICE = 0.06, 0.18
"""dollars for 100,000 documents, US list prices of that day; deletions count as writes"""


class OverBudget(Exception):
    """The next call may cost more than is left of the budget."""


@dataclass
class Spending:
    """Numbers of documents read and written."""

    reads: int = 0
    writes: int = 0


MAX_PER_USER = Spending(reads=3 + 3 + 2 * (MAX_ENGAGEMENTS + 1), writes=2)
"""for a summary that differs: it is written twice, with the mark `incomplete` and without. Before
each write, the summary, the newest engagements and the profile are read; `--check` reads instead
of writing"""


class FirestorePrices(NamedTuple):
    """Firestore's prices, in dollars for 100,000 documents."""

    read: float = READ_PRICE
    write: float = WRITE_PRICE

    def dollars(self, spending: Spending) -> float:
        """Return the price of these documents in dollars."""
        return (spending.reads * self.read + spending.writes * self.write) / 100_000


def known_users(counts: StoreCounts) -> int:
    """Return the least number of users; those that have only engagements are not counted."""
    return max(counts.profiles, counts.summaries)


def estimate(counts: StoreCounts) -> tuple[Spending, Spending]:
    """Estimate the cost of a run over the known users: if no summary differs, and if all do.

    For each user, a run reads the id, the summary, the profile and the newest engagements. The
    estimate counts all engagements, and one read for a user without any.
    """
    users = known_users(counts)
    engagements = max(users, counts.engagements)
    none, all_drifted = 3 * users + engagements, 5 * users + 2 * engagements
    return Spending(none), Spending(all_drifted, MAX_PER_USER.writes * users)


class Meter:
    """Counts what is spent, and refuses calls that might exceed the budget.

    A call that fails is counted at its maximum cost.
    """

    def __init__(self, prices: FirestorePrices, budget: float | None = None) -> None:
        self.prices = prices
        self.budget = budget
        """in dollars; None is unlimited"""
        self.spent = Spending()
        self._reserved = Spending()
        self._running = 0
        self._call_ended = asyncio.Condition()

    @property
    def dollars(self) -> float:
        """What was spent so far, in dollars."""
        return self.prices.dollars(self.spent)

    @asynccontextmanager
    async def call(self, *, reads: int = 0, writes: int = 0) -> AsyncIterator[Spending]:
        """Meter one call to the store inside the context, given its maximum cost.

        Yields the cost, which the caller lowers if it turns out to be less. Waits for running
        calls if they may leave enough of the budget. Raises `OverBudget`.
        """
        async with self._call_ended:
            await self._call_ended.wait_for(lambda: self._fits(reads, writes) or not self._running)
            if not self._fits(reads, writes):
                raise OverBudget
            self._reserve(1, reads, writes)
        cost = Spending(reads, writes)
        try:
            yield cost
        finally:
            self.spent.reads += cost.reads
            self.spent.writes += cost.writes
            self._reserve(-1, -reads, -writes)
            async with self._call_ended:
                self._call_ended.notify_all()

    def _reserve(self, calls: int, reads: int, writes: int) -> None:
        self._running += calls
        self._reserved.reads += reads
        self._reserved.writes += writes

    def _fits(self, reads: int, writes: int) -> bool:
        if self.budget is None:
            return True
        reads += self.spent.reads + self._reserved.reads
        writes += self.spent.writes + self._reserved.writes
        return self.prices.dollars(Spending(reads, writes)) <= self.budget
