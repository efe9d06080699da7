"""A circuit breaker stops calls to a dependency that fails, and probes it in the background."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from feed.ports.errors import Refused, Unavailable
from feed.summary.writer import Unsettled
from functions.serving import circuit_breaker, time_budget
from functions.serving.circuit_breaker import FAILURE_THRESHOLD, CircuitBreaker, CircuitOpen
from functions.serving.time_budget import CONNECT_S, SLICE_S, TimeBudget, done_within
from tests.support.clock import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time_budget.time, "monotonic", clock)
    return clock


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Probes follow each other at once."""
    monkeypatch.setattr(circuit_breaker, "PROBE_INTERVAL_S", 0)


class Dependency:
    """Answers, or raises what it is told to. `breaker` has a budget that nothing uses up."""

    def __init__(self, budget_s: float = 5) -> None:
        self.calls = self.probes = self.probing = self.most_probing = 0
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        """what a probe waits for"""
        self.budget = TimeBudget(budget_s)
        self.budget.mark_connected()
        self.results: list[str] = []
        self.breaker = CircuitBreaker(
            "the dependency",
            self.budget,
            self.probe,
            cancel_late=False,
            count=self.results.append,
        )

    async def work(self) -> str:
        self.calls += 1
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        return "done"

    async def probe(self) -> None:
        self.probes += 1
        self.probing += 1
        self.most_probing = max(self.probing, self.most_probing)
        await self.gate.wait()
        self.probing -= 1
        if self.error:
            self.gate.clear()
            raise self.error

    async def outcome(self, work: Callable[[], Awaitable[Any]] | None = None) -> Any:
        try:
            return await self.breaker.call(work or self.work)
        except (TimeoutError, Unavailable) as error:
            return type(error)

    async def open(self) -> None:
        """Fail until the circuit is open."""
        self.error = Unavailable("no")
        for _ in range(FAILURE_THRESHOLD):
            assert await self.outcome() is Unavailable


async def turns(condition: Callable[[], bool]) -> None:
    """Let the loop turn until it is so."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  # nothing else turns the loop
            await asyncio.sleep(0)


@pytest.mark.parametrize("error", [Unavailable("no"), TimeoutError()], ids=["gone", "slow"])
async def test_after_several_failures_in_a_row_no_call_is_made(error: Exception) -> None:
    one = Dependency()
    assert await one.outcome() == "done"
    one.error = error
    for _ in range(FAILURE_THRESHOLD):
        assert await one.outcome() is type(error)
    for _ in range(3):
        assert await one.outcome() is CircuitOpen
    assert one.calls == FAILURE_THRESHOLD + 1
    failure = "timeout" if isinstance(error, TimeoutError) else "unavailable"
    assert one.results == ["ok", *[failure] * FAILURE_THRESHOLD]


async def test_failures_between_answers_do_not_open_the_circuit() -> None:
    one = Dependency()
    for number in range(FAILURE_THRESHOLD * 3):
        one.error = Unavailable("no") if number % 3 else None
        assert await one.outcome() != CircuitOpen
    assert one.calls == FAILURE_THRESHOLD * 3


@pytest.mark.parametrize(
    "error", [Refused("this is nothing to ask for"), Unsettled("others"), KeyError("ours")]
)
async def test_a_refusal_or_an_unexpected_error_is_raised_and_does_not_open_the_circuit(
    error: Exception,
) -> None:
    one = Dependency()
    one.error = error
    for _ in range(FAILURE_THRESHOLD * 3):
        with pytest.raises(type(error)):
            await one.breaker.call(one.work)


async def test_no_call_is_made_before_a_probe_is_answered_and_then_all_are() -> None:
    one = Dependency()
    await one.open()
    one.gate.set()
    await turns(lambda: one.probes == 2)  # the first failed
    assert await one.outcome() is CircuitOpen
    one.error = None
    one.gate.set()
    await turns(lambda: not one.breaker.is_open)
    assert await one.outcome() == "done"
    await one.open()
    assert await one.outcome() is CircuitOpen


async def test_one_probe_runs_at_a_time_and_no_caller_waits_for_it() -> None:
    one = Dependency()
    await one.open()
    await turns(lambda: one.probing == 1)
    found = await asyncio.gather(*(one.outcome() for _ in range(20)))
    assert set(found) == {CircuitOpen}
    assert (one.probes, one.most_probing) == (1, 1)


def test_a_circuit_that_another_loop_left_open_is_probed() -> None:
    one = Dependency()
    asyncio.run(one.open())

    async def run() -> None:
        one.error, one.gate = None, asyncio.Event()
        one.gate.set()
        assert await one.outcome() is CircuitOpen
        await turns(lambda: not one.breaker.is_open)

    asyncio.run(run())


async def test_a_late_answer_closes_the_circuit() -> None:
    one, late = Dependency(budget_s=0.01), asyncio.Event()
    for _ in range(FAILURE_THRESHOLD):
        assert await one.outcome(late.wait) is TimeoutError
    assert one.breaker.is_open
    late.set()
    await turns(lambda: not one.breaker.is_open)
    assert await one.outcome() == "done"


async def test_a_late_failure_is_not_counted_again() -> None:
    one, late = Dependency(budget_s=0.01), asyncio.Event()

    async def fail() -> None:
        await late.wait()
        raise Unavailable("no")

    for _ in range(FAILURE_THRESHOLD - 1):
        assert await one.outcome(fail) is TimeoutError
    late.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not one.breaker.is_open


async def test_a_call_takes_no_longer_than_its_budget_unless_it_is_unlimited() -> None:
    one = Dependency(budget_s=0.01)
    assert await one.outcome(asyncio.Event().wait) is TimeoutError
    assert await one.breaker.call(lambda: asyncio.sleep(0.1, "done"), limited=False) == "done"


async def test_a_call_over_its_budget_is_cancelled_if_the_breaker_says_so() -> None:
    cancelled = asyncio.Event()

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    one = Dependency(budget_s=0.01)
    breaker = CircuitBreaker("the dependency", one.budget, one.probe)
    with pytest.raises(TimeoutError):
        await breaker.call(forever)
    await asyncio.wait_for(cancelled.wait(), 5)


def test_time_in_which_the_event_loop_is_busy_does_not_count() -> None:
    async def run() -> bool:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(asyncio.sleep(2.5 * SLICE_S, "done"))
        loop.call_soon(time.sleep, 8 * SLICE_S)  # something computes
        return await done_within(task, 5 * SLICE_S)

    assert asyncio.run(run())


def test_the_first_calls_of_a_process_share_a_longer_budget(clock: Clock) -> None:
    one = TimeBudget(0.3)
    assert one.remaining_s() == CONNECT_S
    clock.now_s += 1.5
    assert one.remaining_s() == pytest.approx(CONNECT_S - 1.5)
    clock.now_s += 1.5
    assert one.remaining_s() == 0.3
    other = TimeBudget(0.3)
    assert other.remaining_s() == CONNECT_S
    other.mark_connected()
    assert other.remaining_s() == 0.3
