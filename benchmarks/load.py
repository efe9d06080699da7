"""Load: sessions of many different listeners against a function, deployed or local.

`python -m benchmarks.load --url URL --concurrency N --duration S [--output FILE]`: latencies,
errors by status, the server's own timings and sessions a second. The listeners' histories are of
episodes that the API itself showed. Anonymous, unless ID_TOKEN in the environment is a user's.
It sends the sessions that it counts, and the few requests before them that it names.
"""

import asyncio
import itertools
import os
import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp
import msgspec

from benchmarks.harness.driver import TIMEOUT_S, LoadResult, PostRequest, drive
from benchmarks.harness.measurement import quantiles
from benchmarks.report.results import BenchmarkResult, ResultTable, options

CREATE = "/api/sessions/create"
MOST_CONNECTIONS = 1000
KNOWN = 600
"""episodes to learn before the sessions begin"""
MOST_QUESTIONS = 30
"""requests to learn them with"""
LISTENERS = 500
HISTORIES = (0, 1, 3, 10, 30, 100, 300)
"""engagements of a listener"""
TYPES = ("click", "listen", "listen", "complete", "bookmark", "like", "share", "not_interested")


class NoFunctionError(Exception):
    """What answers there, if anything, is not the session function. The message says why."""


class _Page(msgspec.Struct):
    class Card(msgspec.Struct):
        id: str

    session_id: str
    episodes: list[Card]
    next_cursor: str | None


class KnownEpisodes(NamedTuple):
    """Episodes that the API showed, and how many requests it took."""

    episodes: list[str]
    requests: int


async def learn(url: str, headers: dict[str, str]) -> KnownEpisodes:
    """Episodes of the API's own answers. Raises `NoFunctionError`."""
    known: dict[str, None] = {}
    requests = 0
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
        page = await _ask(session, url + CREATE, {"limit": 50})
        while True:
            requests += 1
            before = len(known)
            known |= dict.fromkeys(card.id for card in page.episodes)
            if len(known) >= KNOWN or requests >= MOST_QUESTIONS or len(known) == before:
                return KnownEpisodes(list(known), requests)
            if page.next_cursor:
                address = f"{url}/api/sessions/{page.session_id}/next"
                page = await _ask(session, address, {"cursor": page.next_cursor, "limit": 50})
            else:
                page = await _ask(session, url + CREATE, {"limit": 50, "excluded_ids": [*known]})


async def _ask(session: aiohttp.ClientSession, address: str, body: dict[str, Any]) -> _Page:
    try:
        async with session.post(address, json=body) as answer:
            text = await answer.read()
    except TimeoutError:
        raise NoFunctionError(f"{address} did not answer in {TIMEOUT_S:.0f} s") from None
    except (aiohttp.ClientError, ValueError) as error:
        raise NoFunctionError(f"{address} cannot be asked: {error}") from error
    if answer.status != 200:  # noqa: PLR2004
        said = " ".join(text[:200].decode(errors="replace").split())
        raise NoFunctionError(f"{address} answered {answer.status}: {said}")
    try:
        return msgspec.json.decode(text, type=_Page)
    except msgspec.MsgspecError as error:
        raise NoFunctionError(f"{address} answered something else: {error}") from error


def listeners(
    episodes: Sequence[str], headers: dict[str, str], seed: int = 0
) -> Iterator[PostRequest]:
    """Sessions of different listeners, for ever; the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311  # histories
    made = []
    for number in range(LISTENERS):
        count = min(HISTORIES[number % len(HISTORIES)], len(episodes))
        heard = [
            {"episode_id": episode, "type": rng.choice(TYPES)}
            for episode in rng.sample(episodes, count)
        ]
        body = msgspec.json.encode({"engagements": heard, "limit": 10})
        made.append(PostRequest(CREATE, body, headers))
    return itertools.cycle(made)


def result(driven: LoadResult, learned: KnownEpisodes, connections: int) -> BenchmarkResult:
    """LoadResult as tables."""
    steps = driven.steps_ms()
    times = {"session": quantiles(driven.latencies_ms)}
    times |= {f"server: {name}": quantiles(taken, 3) for name, taken in steps.items()}
    refused = quantiles(driven.refused_ms)
    rows = [[name, *(f"{ms:,.2f}" for ms in taken.values())] for name, taken in times.items()]
    if refused:
        rows.append(["refusal", *(f"{ms:,.2f}" for ms in refused.values())])
    outcomes = [[name, f"{count:,}"] for name, count in sorted(driven.outcomes.items())]
    outcomes += [[f"degraded: {name}", f"{n:,}"] for name, n in sorted(driven.degraded.items())]
    size = round(sum(driven.sizes) / max(driven.answered, 1))
    totals = [
        ["sessions sent", f"{driven.sent:,}"],
        ["of these answered with 200", f"{driven.answered:,}"],
        ["sessions per second", f"{driven.per_s:,.1f}"],
        ["bytes of an answer", f"{size:,}"],
        ["requests before, to learn episodes", f"{learned.requests:,}"],
        ["episodes learned", f"{len(learned.episodes):,}"],
    ]
    found = {
        "connections": connections,
        "seconds": round(driven.elapsed_s, 3),
        "sent": driven.sent,
        "answered": driven.answered,
        "sessions_per_s": round(driven.per_s, 2),
        "outcomes": dict(sorted(driven.outcomes.items())),
        "degraded": dict(sorted(driven.degraded.items())),
        "latency_ms": times.pop("session"),
        "refused_ms": refused,
        "server_ms": {name.removeprefix("server: "): taken for name, taken in times.items()},
        "answer_bytes": size,
        "learning_requests": learned.requests,
    }
    tables = [
        ResultTable("Milliseconds", ["", "p50", "p95", "p99"], [row for row in rows if row[1:]]),
        ResultTable("Answers", ["status", "sessions"], outcomes),
        ResultTable("In all", ["", ""], totals),
    ]
    about = f"{connections} connections for {driven.elapsed_s:.1f} s, each one session at a time"
    return BenchmarkResult("load", about, tables, found)


def main(arguments: Sequence[str] | None = None) -> None:
    """Load a function, and say what it bore."""
    parser = options("load", __doc__ or "", "--output")
    parser.add_argument("--url", required=True, help="where the function is, without /api")
    parser.add_argument("--concurrency", type=int, default=8, metavar="N", help="(default: 8)")
    parser.add_argument("--duration", type=float, default=10, metavar="S", help="(default: 10)")
    given = parser.parse_args(arguments)
    if not 1 <= given.concurrency <= MOST_CONNECTIONS:
        parser.error(f"--concurrency: expected 1 to {MOST_CONNECTIONS}, got {given.concurrency}")
    if not 0 < given.duration < float("inf"):
        parser.error(f"--duration: expected seconds, got {given.duration}")
    token = os.environ.get("ID_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        url = _checked(given.url)
        learned = asyncio.run(learn(url, headers))
    except NoFunctionError as error:
        raise SystemExit(f"benchmarks.load: {error}") from None
    asks = listeners(learned.episodes, headers)
    driven = drive(url, asks, connections=given.concurrency, duration_s=given.duration)
    result(driven, learned, given.concurrency).tell(given.json)


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise NoFunctionError(f"--url: expected http://… or https://…, got {url!r}")
    return url.rstrip("/")


if __name__ == "__main__":
    main()
