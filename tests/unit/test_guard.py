"""A dependency that fails is left alone, and tried again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import circuitbreaker
import pytest

from feed.ports import Unavailable
from functions import budget
from functions.budget import FIRST_S, Budget
from functions.guard import FAILURES, REST_S, Guard, Resting


class Clock:
    now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(circuitbreaker, "monotonic", clock.monotonic)
    monkeypatch.setattr(budget.time, "monotonic", clock.monotonic)
    return clock


class Dependency:
    """Answers, or raises what it is told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.error: Exception | None = None

    async def work(self) -> str:
        self.calls += 1
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        return "done"


def outcome(guard: Guard, work: Callable[[], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        try:
            return await guard.call(work)
        except (TimeoutError, Unavailable) as error:
            return type(error)

    return asyncio.run(run())


@pytest.mark.parametrize("error", [Unavailable("no"), TimeoutError()], ids=["gone", "slow"])
def test_after_some_failures_in_a_row_nothing_is_asked(clock: Clock, error: Exception) -> None:
    guard, one = Guard(Budget(1)), Dependency()
    assert outcome(guard, one.work) == "done"
    one.error = error
    for _ in range(FAILURES):
        assert outcome(guard, one.work) is type(error)
    for _ in range(3):
        assert outcome(guard, one.work) is Resting
    clock.now_s += REST_S - 0.5
    assert outcome(guard, one.work) is Resting
    assert one.calls == FAILURES + 1


def test_failures_between_answers_open_nothing() -> None:
    guard, one = Guard(Budget(1)), Dependency()
    for number in range(FAILURES * 3):
        one.error = Unavailable("no") if number % 3 else None
        assert outcome(guard, one.work) != Resting
    assert one.calls == FAILURES * 3


def test_after_a_rest_one_answer_brings_it_back(clock: Clock) -> None:
    guard, one = Guard(Budget(1)), Dependency()
    one.error = Unavailable("no")
    for _ in range(FAILURES):
        outcome(guard, one.work)
    clock.now_s += REST_S
    assert outcome(guard, one.work) is Unavailable
    assert outcome(guard, one.work) is Resting  # still away: it rests again
    clock.now_s += REST_S
    one.error = None
    assert outcome(guard, one.work) == "done"
    one.error = Unavailable("no")
    for _ in range(FAILURES):
        assert outcome(guard, one.work) is Unavailable


def test_while_one_call_tries_the_others_do_not_wait(clock: Clock) -> None:
    guard, one = Guard(Budget(1)), Dependency()
    one.error = Unavailable("no")
    for _ in range(FAILURES):
        outcome(guard, one.work)
    one.error = None
    clock.now_s += REST_S

    async def together() -> list[Any]:
        calls = [guard.call(one.work) for _ in range(20)]
        return await asyncio.gather(*calls, return_exceptions=True)

    found = asyncio.run(together())
    assert found[0] == "done"
    assert {type(other) for other in found[1:]} == {Resting}
    assert one.calls == FAILURES + 1


def test_what_nobody_expected_is_raised_and_the_next_call_is_made(clock: Clock) -> None:
    guard, one = Guard(Budget(1)), Dependency()
    one.error = Unavailable("no")
    for _ in range(FAILURES):
        outcome(guard, one.work)
    clock.now_s += REST_S
    one.error = KeyError("ours")
    with pytest.raises(KeyError):
        outcome(guard, one.work)
    one.error = None
    assert outcome(guard, one.work) == "done"


def test_a_call_takes_no_longer_than_its_budget() -> None:
    budget = Budget(0.02)
    guard = Guard(budget)
    asyncio.run(guard.call(Dependency().work))
    assert budget.left_s() == 0.02  # an answer came: the connection is open

    async def forever() -> None:
        await asyncio.Event().wait()

    assert outcome(guard, forever) is TimeoutError


def test_the_first_calls_of_a_process_share_a_longer_budget(clock: Clock) -> None:
    one = Budget(0.3)
    assert one.left_s() == FIRST_S
    clock.now_s += 1.5
    assert one.left_s() == pytest.approx(FIRST_S - 1.5)
    clock.now_s += 1.5
    assert one.left_s() == 0.3
    other = Budget(0.3)
    assert other.left_s() == FIRST_S
    other.answered()
    assert other.left_s() == 0.3
