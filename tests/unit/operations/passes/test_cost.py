"""The meter counts what is spent, and never exceeds its budget."""

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.ports.users import StoreCounts
from operations.passes.cost import FirestorePrices, Meter, OverBudget, Spending, estimate

ONE = FirestorePrices(read=100_000, write=300_000)
"""dollars: a read costs one, a write three"""

calls = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(0, 9), st.integers(0, 3)),
    max_size=30,
)
"""of each: reads and writes at most, how many reads fewer it was, steps that it takes"""


@given(calls, st.integers(0, 60))
async def test_no_budget_is_exceeded_and_calls_that_fit_are_made(
    calls: list[tuple[int, int, int, int]], budget: int
) -> None:
    meter = Meter(ONE, budget)
    refused: list[int] = []
    done = Spending()

    async def call(reads: int, writes: int, fewer: int, steps: int) -> None:
        try:
            async with meter.call(reads=reads, writes=writes) as cost:
                for _ in range(steps):
                    await asyncio.sleep(0)
                cost.reads = max(reads - fewer, 0)
        except OverBudget:
            refused.append(reads + 3 * writes)
        else:
            done.reads += max(reads - fewer, 0)
            done.writes += writes
        assert meter.dollars <= budget

    await asyncio.gather(*(call(*one) for one in calls))
    assert meter.spent == done
    assert all(meter.dollars + cost > budget for cost in refused)


async def test_a_call_that_fails_counts_at_its_maximum_cost() -> None:
    meter = Meter(ONE)
    with pytest.raises(ConnectionError):
        async with meter.call(reads=5, writes=1):
            raise ConnectionError
    assert meter.spent == Spending(5, 1)
    assert meter.dollars == 8


async def test_a_cancelled_call_lets_waiting_calls_go_on() -> None:
    meter = Meter(ONE, 10)

    async def slow() -> None:
        async with meter.call(reads=8):
            await asyncio.sleep(60)

    async def next_one() -> None:
        async with meter.call(reads=2) as cost:
            cost.reads = 1

    cut_off = asyncio.create_task(slow())
    await asyncio.sleep(0)
    waiting = asyncio.create_task(next_one())
    cut_off.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await cut_off
    await waiting
    assert meter.spent.reads == 9


def test_an_estimate_is_of_every_user_and_every_engagement() -> None:
    none, all_drifted = estimate(StoreCounts(profiles=10, summaries=8, engagements=100))
    assert none == Spending(reads=10 * 3 + 100)
    assert all_drifted == Spending(reads=10 * 2 + 3 * 10 + 2 * 100, writes=20)
    assert estimate(StoreCounts(0, 0, 0)) == (Spending(), Spending())
