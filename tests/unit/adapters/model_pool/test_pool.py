"""The pool in simulated time, over regions that answer, fail and hang as a test tells them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from adapters.model_pool.breaker import FAILURES, LONGEST_OPEN_S, OPEN_S
from adapters.model_pool.pool import Limits, ModelPool
from feed.ports.errors import Refused, Unavailable
from feed.ports.language_model import Blocked, Generated, Interrupted, Overloaded, Prompt, Turn
from tests.support.simulated_time import in_simulated_time

PROMPT = Prompt(turns=[Turn("user", "Why do cats purr?")])
DOWN, BUSY, HUNG = Unavailable("503"), Overloaded("429", 3), 1e9


@dataclass
class FakeRegion:
    """A client whose `behaviour` is how long an answer takes, or the error that it raises."""

    name: str
    behaviour: float | Exception = 0.0
    cut: Exception | None = None
    """raised in a stream after the first fragment"""
    starts: list[float] = field(default_factory=list)
    active: int = 0
    streams: list[AsyncGenerator[Generated, None]] = field(default_factory=list)
    """kept, so that none is closed because nothing refers to it"""

    async def generate(self, _prompt: Prompt) -> Generated:
        self.starts.append(asyncio.get_running_loop().time())
        self.active += 1
        try:
            if isinstance(self.behaviour, Exception):
                await asyncio.sleep(0.01)
                raise self.behaviour
            await asyncio.sleep(self.behaviour)
            return Generated(self.name)
        finally:
            self.active -= 1

    def stream(self, prompt: Prompt) -> AsyncGenerator[Generated, None]:
        self.streams.append(self._stream(prompt))
        return self.streams[-1]

    async def _stream(self, prompt: Prompt) -> AsyncGenerator[Generated, None]:
        yield await self.generate(prompt)
        self.active += 1
        try:
            if self.cut:
                raise self.cut
            await asyncio.sleep(0.5)
            yield Generated(" the end")
        finally:
            self.active -= 1

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        await self.generate(PROMPT)
        return np.ones((len(texts), 1), np.float32)

    async def aclose(self) -> None:
        pass


def pool_of(regions: Sequence[FakeRegion], **limits: Any) -> ModelPool:
    by_name = {one.name: one for one in regions}
    return ModelPool("m", by_name, by_name.__getitem__, Limits(**{"spacing_s": 0, **limits}))


def regions(*behaviours: float | Exception) -> list[FakeRegion]:
    return [FakeRegion(name, one) for name, one in zip("abcd", behaviours, strict=False)]


def simulated(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        in_simulated_time(test())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


async def read(pool: ModelPool, timeout_s: float = 10, into: list[str] | None = None) -> str:
    got = [] if into is None else into
    async with pool.stream(PROMPT, timeout_s) as fragments:
        async for one in fragments:
            got.append(one.text)  # what came before an error counts
    return "".join(got)


@simulated
async def test_requests_go_to_the_region_with_the_fewest_under_way() -> None:
    some = regions(1, 2, 3)
    pool = pool_of(some)
    for _ in range(2):  # the second time it knows how long each takes
        await asyncio.gather(*(pool.generate(PROMPT, 10) for _ in range(6)))
    assert [len(one.starts) for one in some] == [4, 4, 4]


@simulated
async def test_among_equals_the_region_that_answers_first_is_asked() -> None:
    some = regions(0.3, 0.1, 0.2)
    pool = pool_of(some)
    for _ in range(6):
        await pool.generate(PROMPT, 10)
    assert [len(one.starts) for one in some] == [1, 4, 1]
    some[1].behaviour = HUNG
    for _ in range(2):  # after the first time, it is no longer expected to be fast
        await pool.generate(PROMPT, 10)
    assert [len(one.starts) for one in some] == [1, 5, 3]
    some[1].behaviour = 0.1
    latency = {one.name: one.latency_ms["generate"] for one in pool.state().regions}
    assert (latency["a"], latency["c"]) == (300, 200)
    assert latency["b"] > 1000


@simulated
async def test_a_region_whose_next_start_is_not_due_is_not_waited_for() -> None:
    some = regions(0, 0)
    pool = pool_of(some, spacing_s=1)
    for _ in range(4):
        await pool.generate(PROMPT, 10)
    assert sorted(one.starts for one in some) == [[0, 1], [0, 1]]


@pytest.mark.parametrize("trouble", [DOWN, BUSY, HUNG])
@pytest.mark.parametrize("kind", ["generate", "stream", "embed"])
def test_a_region_that_fails_before_it_answers_is_replaced(
    kind: str, trouble: float | Exception
) -> None:
    async def ask() -> None:
        some = regions(trouble, 0.1)
        pool = pool_of(some)
        if kind == "stream":
            assert await read(pool) == "b the end"
        elif kind == "embed":
            assert (await pool.embed(["x"], 10)).shape == (1, 1)
        else:
            assert (await pool.generate(PROMPT, 10)).text == "b"
        assert [one.active for one in some] == [0, 0]

    in_simulated_time(ask())


@simulated
async def test_an_attempt_leaves_half_of_the_time_to_the_next_region() -> None:
    some = regions(HUNG, HUNG, 2.4)
    pool = pool_of(some)
    assert (await pool.generate(PROMPT, 10)).text == "c"
    assert [one.starts for one in some] == [[0], [5], [7.5]]
    with pytest.raises(Unavailable, match="no answer in time"):
        await pool_of(regions(HUNG)).generate(PROMPT, 10)


@pytest.mark.parametrize("refusal", [Refused("400"), Blocked("safety")])
def test_what_one_region_refuses_is_not_asked_of_another(refusal: Exception) -> None:
    async def ask() -> None:
        some = regions(refusal, 0)
        pool = pool_of(some)
        for _ in range(FAILURES):
            with pytest.raises(type(refusal)):
                await pool.generate(PROMPT, 10)
        assert some[1].starts == []
        assert pool.state().regions[0].circuit == "closed"

    in_simulated_time(ask())


@pytest.mark.parametrize("cut", [DOWN, BUSY])
def test_a_stream_that_breaks_off_is_interrupted_and_not_repeated(cut: Exception) -> None:
    async def ask() -> None:
        some = regions(0.1, 0.1)
        some[0].cut = cut
        pool = pool_of(some)
        got: list[str] = []
        with pytest.raises(Interrupted):
            await read(pool, into=got)
        assert (got, some[1].starts) == (["a"], [])
        assert pool.state().regions[0].results == {"interrupted": 1}

    in_simulated_time(ask())


@simulated
async def test_a_stream_that_stalls_or_is_blocked_says_which() -> None:
    pool = pool_of(regions(0.1))
    with pytest.raises(Interrupted, match=r"no further fragment within 0\.2 s"):
        await read(pool, 0.2)
    some = regions(0.1)
    some[0].cut = Blocked("safety")
    with pytest.raises(Blocked):
        await read(pool_of(some))


@simulated
async def test_a_region_that_fails_is_left_alone_then_probed_by_one_request() -> None:
    some = regions(5.0, 0.1)
    pool = pool_of(some)
    await pool.generate(PROMPT, 20)
    some[0].behaviour, some[0].starts = DOWN, []

    async def burst() -> int:
        before = len(some[0].starts)
        await asyncio.gather(*(pool.generate(PROMPT, 10) for _ in range(4)))
        return len(some[0].starts) - before

    def circuit() -> str:
        return pool.state().regions[0].circuit

    while circuit() == "closed":
        await asyncio.gather(*(pool.generate(PROMPT, 10) for _ in range(2)))
    assert len(some[0].starts) == FAILURES
    assert await burst() == 0
    for wait_s in (OPEN_S, 2 * OPEN_S):  # each probe that fails doubles the wait
        await asyncio.sleep(wait_s - 0.5)
        assert circuit() == "open"
        await asyncio.sleep(0.5)
        assert circuit() == "half_open"
        assert await burst() == 1
    some[0].behaviour = 5.0  # slower than the other one, and asked all the same
    await asyncio.sleep(LONGEST_OPEN_S)
    await pool.generate(PROMPT, 20)
    assert circuit() == "closed"


@simulated
async def test_who_gives_a_region_little_time_does_not_close_it_to_others() -> None:
    pool = pool_of(regions(1.0))
    for _ in range(2 * FAILURES):
        with pytest.raises(Unavailable, match="no answer in time"):
            await pool.generate(PROMPT, 0.5)
    assert pool.state().regions[0].results == {"timeout": 2 * FAILURES}
    assert (await pool.generate(PROMPT, 10)).text == "a"
    pool = pool_of(regions(HUNG))
    for _ in range(FAILURES):
        with pytest.raises(Unavailable, match="no answer in time"):
            await pool.generate(PROMPT, 10)
    assert pool.state().regions[0].circuit == "open"


@simulated
async def test_a_probe_that_hangs_up_leaves_the_next_one_to_another_request() -> None:
    some = regions(DOWN)
    pool = pool_of(some)
    for _ in range(FAILURES):
        with pytest.raises(Unavailable):
            await pool.generate(PROMPT, 10)
    with pytest.raises(Unavailable, match="after several failures"):
        await pool.generate(PROMPT, 10)
    assert len(some[0].starts) == FAILURES
    await asyncio.sleep(OPEN_S)
    some[0].behaviour = HUNG
    probe = asyncio.create_task(pool.generate(PROMPT, 10))
    await asyncio.sleep(0.1)
    probe.cancel()
    await asyncio.wait([probe])
    some[0].behaviour = 0.1
    assert (await pool.generate(PROMPT, 10)).text == "a"


@simulated
async def test_beyond_the_queue_a_request_is_shed_at_once_and_told_when_to_come_back() -> None:
    pool = pool_of(regions(2), at_once=1, queue=1)
    both = [asyncio.create_task(pool.generate(PROMPT, 10)) for _ in range(2)]
    await asyncio.sleep(0.1)
    with pytest.raises(Overloaded) as shed:
        await pool.generate(PROMPT, 10)
    assert asyncio.get_running_loop().time() == 0.1
    assert 1 <= shed.value.retry_after_s <= 60
    state = pool.state()
    assert (state.active, state.waiting, state.shed) == (1, 1, 1)
    await asyncio.gather(*both)
    held = asyncio.create_task(pool.generate(PROMPT, 10))
    with pytest.raises(Overloaded, match="no request ended in time"):
        await asyncio.gather(held, pool.generate(PROMPT, 1))


@simulated
async def test_who_hangs_up_frees_the_place_at_once() -> None:
    some = regions(HUNG)
    pool = pool_of(some, at_once=1)
    hanging = asyncio.create_task(read(pool, 100))
    waiting = asyncio.create_task(pool.generate(PROMPT, 100))
    await asyncio.sleep(1)
    some[0].behaviour = 0.5
    hanging.cancel()
    assert (await waiting).text == "a"
    assert asyncio.get_running_loop().time() == 1.5
    async with pool.stream(PROMPT, 10) as fragments:
        await anext(fragments)
        assert pool.state().active == 1
    assert (pool.state().active, some[0].active) == (0, 0)
    with pytest.raises(StopAsyncIteration):  # it is closed
        await anext(some[0].streams[-1])


ARRIVALS = st.lists(
    st.tuples(
        st.sampled_from(["generate", "stream"]),
        st.integers(0, 20),  # tenths of a second until the next request
        st.none() | st.integers(0, 30),  # tenths of a second until the client hangs up
    ),
    max_size=40,
)
BEHAVIOURS = st.one_of(
    *(st.just(one) for one in (DOWN, BUSY, HUNG, Refused("400"))), st.floats(0, 3)
)


@hypothesis_settings(max_examples=40)
@given(st.lists(BEHAVIOURS, min_size=1, max_size=4), ARRIVALS, st.integers(1, 4), st.integers(0, 4))
def test_whatever_happens_limits_hold_and_nothing_stays_under_way(
    behaviours: list[float | Exception],
    arrivals: list[tuple[str, int, int | None]],
    at_once: int,
    queue: int,
) -> None:
    spacing_s = 0.1

    async def run() -> None:
        some = regions(*behaviours)
        pool = pool_of(some, at_once=at_once, queue=queue, spacing_s=spacing_s)
        tasks = []
        for kind, pause, hangs_up in arrivals:
            ask = read(pool, 5) if kind == "stream" else pool.generate(PROMPT, 5)
            task: asyncio.Task[Any] = asyncio.create_task(ask)
            tasks.append(task)
            if hangs_up is not None:
                asyncio.get_running_loop().call_later(hangs_up / 10, task.cancel)
            await asyncio.sleep(pause / 10)
            assert sum(one.active for one in some) <= at_once
            assert pool.state().waiting <= queue
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert asyncio.get_running_loop().time() <= sum(pause for _, pause, _ in arrivals) / 10 + 11
        for one in ended:
            assert isinstance(one, str | Generated | Unavailable | asyncio.CancelledError), one
        for region in some:
            gaps = np.diff(region.starts)
            assert np.all(gaps >= spacing_s - 1e-9)
            assert region.active == 0
        state = pool.state()
        assert state.active == state.waiting == sum(one.active for one in state.regions) == 0

    in_simulated_time(run())
