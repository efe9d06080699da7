"""The pool: sends each request to the best region, and to another one if that fails.

A request goes to the region with the fewest under way among those that may be asked; among equals,
to the one that is expected to answer first. If the region fails before it has answered anything,
the next one is asked, each at most once. So that there is time for it, the queue and each attempt
may use half of the time that is left, and the last attempt all of it.
"""

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from adapters.model_pool.breaker import OPEN_S
from adapters.model_pool.client import ModelClient
from adapters.model_pool.queue import Queue
from adapters.model_pool.region import Call, Kind, Region, Result
from feed.ports.errors import Refused, Unavailable
from feed.ports.language_model import (
    Blocked,
    Generated,
    Interrupted,
    Overloaded,
    PoolState,
    Prompt,
)

RETRY_S = math.ceil(OPEN_S)
"""after which another attempt is worth it when no region may be asked"""
T = TypeVar("T")
Ask = Callable[[ModelClient, AsyncExitStack], Awaitable[T]]
"""Begins a request; what has to be closed at its end goes onto the stack."""


class Limits(NamedTuple):
    """How much a pool does at once."""

    at_once: int = 16
    """requests under way, over all regions"""
    queue: int = 32
    """requests that wait for their turn"""
    spacing_s: float = 0.1
    """between the starts of two requests to one region"""


class ModelPool:
    """A `LanguageModel` that shares its requests between the regions of one vendor.

    Clients are made, and connect, with the first request, hence after any fork.
    """

    def __init__(
        self,
        name: str,
        regions: Iterable[str],
        connect: Callable[[str], ModelClient],
        limits: Limits = Limits(),  # noqa: B008  # immutable
        count: Callable[[str, str], None] = lambda _region, _result: None,
    ) -> None:
        """Make a pool that has made no request yet.

        Args:
            name: The model's name.
            regions: Names of the regions, of which there is at least one.
            connect: Makes the client of a region; it is called in a thread.
            limits: How much it does at once.
            count: Called with region and result of each request.
        """
        self._name = name
        self._regions = [Region(one, connect, limits.spacing_s, count) for one in regions]
        self._queue = Queue(limits.at_once, limits.queue)

    @property
    def name(self) -> str:
        """The model's name."""
        return self._name

    async def generate(self, prompt: Prompt, timeout_s: float) -> Generated:
        """The whole answer to a prompt, within `timeout_s`."""
        async with AsyncExitStack() as held:
            ask: Ask[Generated] = lambda client, _: client.generate(prompt)  # noqa: E731
            answer, call = await self._ask("generate", ask, timeout_s, held)
            call.result = "ok"
            return answer

    async def embed(self, texts: Sequence[str], timeout_s: float) -> npt.NDArray[np.float32]:
        """(len(texts), D) unit vectors of texts, within `timeout_s`."""
        async with AsyncExitStack() as held:
            ask: Ask[npt.NDArray[np.float32]] = lambda client, _: client.embed(texts)  # noqa: E731
            answer, call = await self._ask("embed", ask, timeout_s, held)
            call.result = "ok"
            return answer

    @asynccontextmanager
    async def stream(
        self, prompt: Prompt, timeout_s: float
    ) -> AsyncIterator[AsyncGenerator[Generated, None]]:
        """The answer to a prompt in fragments; the first one is there when the context opens."""

        async def begin(
            client: ModelClient, opened: AsyncExitStack
        ) -> tuple[Generated, AsyncGenerator[Generated, None]]:
            fragments = client.stream(prompt)
            opened.push_async_callback(fragments.aclose)
            first = await anext(fragments, None)
            if first is None or not first.text:
                raise Unavailable("the model answered nothing")
            return first, fragments

        async with AsyncExitStack() as held:
            (first, rest), call = await self._ask("stream", begin, timeout_s, held)
            call.result = "ok"
            fragments = _guarded(first, rest, timeout_s, call)
            held.push_async_callback(fragments.aclose)
            yield fragments

    def state(self) -> PoolState:
        """What is under way, what waits, and what is known of each region."""
        return PoolState(
            regions=[one.state() for one in self._regions],
            active=self._queue.active,
            capacity=self._queue.capacity,
            waiting=self._queue.waiting,
            queue_size=self._queue.size,
            shed=self._queue.shed,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        for region in self._regions:
            await region.aclose()

    async def _ask(
        self, kind: Kind, ask: Ask[T], timeout_s: float, held: AsyncExitStack
    ) -> tuple[T, Call]:
        """What the first region answers that does not fail; `held` keeps its request open."""
        now = asyncio.get_running_loop().time
        deadline = now() + timeout_s
        await held.enter_async_context(self._queue.turn(now() + timeout_s / 2))
        left = list(self._regions)
        failed: Unavailable = Overloaded("no region is asked after several failures", RETRY_S)
        while left and now() < deadline:
            region = min(left, key=lambda one: _preference(one, kind))
            left.remove(region)
            async with AsyncExitStack() as attempt:
                attempt.enter_context(region.occupied())
                if not region.admits() or not await self._turn(region, deadline):
                    continue
                call = attempt.enter_context(region.call(kind))
                try:
                    limit = _limit(deadline, is_last=not any(one.admits() for one in left))
                    async with asyncio.timeout_at(limit):
                        client = await region.client()
                        call.start()
                        answer = await ask(client, attempt)
                except (Unavailable, TimeoutError) as error:
                    failed, call.result = _explained(error, region.name)
                    if call.result == "timeout":
                        region.note_latency(call)
                    if isinstance(failed, Refused):
                        raise failed from error
                else:
                    region.note_latency(call)
                    held.push_async_exit(attempt.pop_all())
                    return answer, call
        raise failed

    async def _turn(self, region: Region, deadline: float) -> bool:
        """Wait until a region may be asked; returns False if its circuit has opened meanwhile."""
        try:
            async with asyncio.timeout_at(deadline):
                await region.turn()
        except TimeoutError:
            raise self._queue.overloaded("the time goes by before its turn") from None
        return region.admits()


def _preference(region: Region, kind: Kind) -> tuple[bool, bool, int, float]:
    """What regions are compared by; the least is asked first.

    A region to probe comes before all others, or it would not be found well until it is needed.
    """
    return not region.admits(), not region.needs_probe(), region.active, region.expected_s(kind)


def _limit(deadline: float, *, is_last: bool) -> float:
    """When an attempt ends: at the deadline, or halfway to it if another may follow."""
    now = asyncio.get_running_loop().time()
    return deadline if is_last else now + (deadline - now) / 2


def _explained(error: Exception, region: str) -> tuple[Unavailable, Result]:
    """An error as one of the port's, and as the result to count."""
    if isinstance(error, Blocked):
        return error, "blocked"
    if isinstance(error, Refused):
        return error, "refused"
    if isinstance(error, Overloaded):
        return error, "overloaded"
    if isinstance(error, Unavailable):
        return error, "unavailable"
    return Unavailable(f"{region}: no answer in time"), "timeout"


async def _guarded(
    first: Generated, rest: AsyncGenerator[Generated, None], timeout_s: float, call: Call
) -> AsyncGenerator[Generated, None]:
    """The fragments of a stream, whose failures from now on are interruptions."""
    yield first
    while True:
        try:
            async with asyncio.timeout(timeout_s):
                fragment = await anext(rest)
        except StopAsyncIteration:
            return
        except Refused as error:
            call.result = "blocked" if isinstance(error, Blocked) else "refused"
            raise
        except (Unavailable, TimeoutError) as error:
            call.result = "interrupted"
            reason = str(error) or f"no further fragment within {timeout_s:g} s"
            raise Interrupted(reason) from error
        yield fragment
