"""Load driver: sends requests over concurrent connections for a while and records the answers.

A closed loop: each connection sends its next request when the last is answered, so a slow server
receives fewer, and latencies do not include waiting before a request is sent.
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
"""pause after a failed or refused request, so that a server is not flooded"""
REFUSED = frozenset({429, 503})


class PostRequest(NamedTuple):
    """A POST request with a JSON body."""

    path: str
    body: bytes
    headers: Mapping[str, str] = {}


@dataclass
class LoadResult:
    """The outcome of a load run. Lists are of the answers with status 200, in the same order."""

    sent: int = 0
    elapsed_s: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    """number of requests by status, or by error if there was no answer"""
    latencies_ms: list[float] = field(default_factory=list)
    timings: list[str] = field(default_factory=list)
    """header Server-Timing of each answer"""
    sizes: list[int] = field(default_factory=list)
    """bytes of each answer's body as transferred"""
    degraded: Counter[str] = field(default_factory=Counter)
    """number of answers by degradation"""
    refused_ms: list[float] = field(default_factory=list)
    """duration of each refusal (429 or 503)"""

    @property
    def answered(self) -> int:
        """Number of answers with status 200."""
        return len(self.latencies_ms)

    @property
    def per_s(self) -> float:
        """Answers with status 200 per second."""
        return self.answered / self.elapsed_s if self.elapsed_s else 0.0

    def steps_ms(self) -> dict[str, list[float]]:
        """By step of Server-Timing: its durations in all answers that name it."""
        found: dict[str, list[float]] = {}
        for header in self.timings:
            for name, ms in server_timing_ms(header).items():
                found.setdefault(name, []).append(ms)
        return found


class _Session(msgspec.Struct):
    degraded: tuple[str, ...] = ()


_DEGRADED = msgspec.json.Decoder(_Session)


def drive(
    url: str, requests: Iterator[PostRequest], *, connections: int, duration_s: float
) -> LoadResult:
    """Send requests in order over a number of connections for a while, and await all answers."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_drive(url, requests, connections, duration_s))


async def _drive(
    url: str, requests: Iterator[PostRequest], connections: int, duration_s: float
) -> LoadResult:
    load = LoadResult()
    limits = aiohttp.TCPConnector(limit=connections)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    # Bodies are unpacked here, after the clock stops: aiohttp would use a thread for each.
    async with aiohttp.ClientSession(
        connector=limits, timeout=timeout, auto_decompress=False
    ) as session:
        began = time.perf_counter()
        ends = began + duration_s

        async def connection() -> None:
            while time.perf_counter() < ends:
                await _send(session, url, next(requests), load)

        await asyncio.gather(*(connection() for _ in range(connections)))
        load.elapsed_s = time.perf_counter() - began
    return load


async def _send(
    session: aiohttp.ClientSession, url: str, request: PostRequest, load: LoadResult
) -> None:
    load.sent += 1
    headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip", **request.headers}
    began = time.perf_counter()
    try:
        async with session.post(url + request.path, data=request.body, headers=headers) as answer:
            body = await answer.read()
    except TimeoutError:
        load.outcomes["timeout"] += 1
        return
    except aiohttp.ClientError as error:
        load.outcomes[type(error).__name__] += 1
        await asyncio.sleep(PAUSE_S)
        return
    latency_ms = (time.perf_counter() - began) * 1000
    load.outcomes[str(answer.status)] += 1
    if answer.status in REFUSED:
        load.refused_ms.append(latency_ms)
        await asyncio.sleep(PAUSE_S)
    if answer.status == 200:  # noqa: PLR2004
        load.latencies_ms.append(latency_ms)
        load.timings.append(answer.headers.get("Server-Timing", ""))
        load.sizes.append(len(body))
        with suppress(
            msgspec.MsgspecError, zlib.error
        ):  # an answer of the constant function is no session
            load.degraded.update(_DEGRADED.decode(_unpacked(answer, body)).degraded)


def _unpacked(answer: aiohttp.ClientResponse, body: bytes) -> bytes:
    gzipped = answer.headers.get("Content-Encoding") == "gzip"
    return zlib.decompress(body, zlib.MAX_WBITS | 16) if gzipped else body


def server_timing_ms(header: str) -> dict[str, float]:
    """By step: its milliseconds in a Server-Timing header."""
    steps = {}
    for one in header.split(", "):
        name, found, ms = one.partition(";dur=")
        if found:
            steps[name] = float(ms)
    return steps
