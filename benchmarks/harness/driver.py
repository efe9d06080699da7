"""Driver: sends requests over so many connections for so long, and remembers what came back.

A closed loop: each connection sends its next request when the last is answered, so that a slow
server is asked less, and waiting before a request could be sent is in no latency.
"""

import asyncio
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import aiohttp
import msgspec
import uvloop

TIMEOUT_S = 30.0
PAUSE_S = 0.1
"""after a request that failed or was refused, so that no server is hammered"""
REFUSED = frozenset({429, 503})


class PostRequest(NamedTuple):
    """A request: POST of JSON."""

    path: str
    body: bytes
    headers: Mapping[str, str] = {}


@dataclass
class LoadResult:
    """What came back. The lists are of what was answered with 200, in the same order."""

    sent: int = 0
    elapsed_s: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    """requests by status, or by what came instead of an answer"""
    latencies_ms: list[float] = field(default_factory=list)
    timings: list[str] = field(default_factory=list)
    """each answer's Server-Timing"""
    sizes: list[int] = field(default_factory=list)
    """bytes of each answer's body as it was sent"""
    degraded: Counter[str] = field(default_factory=Counter)
    """answers by what they had to do without"""
    refused_ms: list[float] = field(default_factory=list)
    """how long each refusal (429 or 503) took"""

    @property
    def answered(self) -> int:
        """How many were answered with 200."""
        return len(self.latencies_ms)

    @property
    def per_s(self) -> float:
        """Of these, how many in a second."""
        return self.answered / self.elapsed_s if self.elapsed_s else 0.0

    def steps_ms(self) -> dict[str, list[float]]:
        """By step of Server-Timing: its durations, of all answers that name it."""
        found: dict[str, list[float]] = {}
        for header in self.timings:
            for name, ms in server_timing_ms(header).items():
                found.setdefault(name, []).append(ms)
        return found


class _Session(msgspec.Struct):
    degraded: tuple[str, ...] = ()


_DEGRADED = msgspec.json.Decoder(_Session)


def drive(
    url: str, asks: Iterator[PostRequest], *, connections: int, duration_s: float
) -> LoadResult:
    """Send the requests in their order for so long. What is under way then is waited for."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_drive(url, asks, connections, duration_s))


async def _drive(
    url: str, asks: Iterator[PostRequest], connections: int, duration_s: float
) -> LoadResult:
    driven = LoadResult()
    limits = aiohttp.TCPConnector(limit=connections)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    # Bodies are unpacked by us, past the clock: aiohttp would send each to a thread.
    async with aiohttp.ClientSession(
        connector=limits, timeout=timeout, auto_decompress=False
    ) as session:
        began = time.perf_counter()
        ends = began + duration_s

        async def connection() -> None:
            while time.perf_counter() < ends:
                await _send(session, url, next(asks), driven)

        await asyncio.gather(*(connection() for _ in range(connections)))
        driven.elapsed_s = time.perf_counter() - began
    return driven


async def _send(
    session: aiohttp.ClientSession, url: str, ask: PostRequest, driven: LoadResult
) -> None:
    driven.sent += 1
    headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip", **ask.headers}
    began = time.perf_counter()
    try:
        async with session.post(url + ask.path, data=ask.body, headers=headers) as answer:
            body = await answer.read()
    except TimeoutError:
        driven.outcomes["timeout"] += 1
        return
    except aiohttp.ClientError as error:
        driven.outcomes[type(error).__name__] += 1
        await asyncio.sleep(PAUSE_S)
        return
    latency_ms = (time.perf_counter() - began) * 1000
    driven.outcomes[str(answer.status)] += 1
    if answer.status in REFUSED:
        driven.refused_ms.append(latency_ms)
        await asyncio.sleep(PAUSE_S)
    if answer.status == 200:  # noqa: PLR2004
        driven.latencies_ms.append(latency_ms)
        driven.timings.append(answer.headers.get("Server-Timing", ""))
        driven.sizes.append(len(body))
        with suppress(msgspec.MsgspecError, zlib.error):  # the constant is no session
            driven.degraded.update(_DEGRADED.decode(_plain(answer, body)).degraded)


def _plain(answer: aiohttp.ClientResponse, body: bytes) -> bytes:
    gzipped = answer.headers.get("Content-Encoding") == "gzip"
    return zlib.decompress(body, zlib.MAX_WBITS | 16) if gzipped else body


def server_timing_ms(header: str) -> dict[str, float]:
    """The steps of one Server-Timing, milliseconds each."""
    steps = {}
    for one in header.split(", "):
        name, found, ms = one.partition(";dur=")
        if found:
            steps[name] = float(ms)
    return steps
