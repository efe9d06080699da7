"""Load: sessions of users with different histories against a function, deployed or local.

`python -m benchmarks.load --url URL --concurrency N --duration S [--output FILE]`: latencies,
errors by status, the server's own timings and sessions per second. Histories consist of episodes
that the API itself returned, in a few requests before the load, whose number is reported. Requests
are anonymous unless ID_TOKEN in the environment is a user's.
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
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser

CREATE = "/api/sessions/create"
MAX_CONNECTIONS = 1000
WANTED_EPISODES = 600
"""number of episode ids to collect before the load starts"""
MAX_REQUESTS = 30
"""most requests to collect them with"""
USERS = 500
ENGAGEMENT_COUNTS = (0, 1, 3, 10, 30, 100, 300)
"""numbers of engagements of users"""
TYPES = ("click", "listen", "listen", "complete", "bookmark", "like", "share", "not_interested")


class TargetError(Exception):
    """The URL does not answer as a session function; the message says what it does instead."""


class _Page(msgspec.Struct):
    class Card(msgspec.Struct):
        id: str

    session_id: str
    episodes: list[Card]
    next_cursor: str | None


class KnownEpisodes(NamedTuple):
    """Episode ids that the API returned, and the number of requests for them."""

    episodes: list[str]
    requests: int


async def collect_episodes(url: str, headers: dict[str, str]) -> KnownEpisodes:
    """Collect ids of episodes from the sessions of a function.

    Raises:
        TargetError: the URL does not answer as a session function.
    """
    known: dict[str, None] = {}
    requests = 0
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
        page = await _ask(session, url + CREATE, {"limit": 50})
        while True:
            requests += 1
            before = len(known)
            known |= dict.fromkeys(card.id for card in page.episodes)
            if len(known) >= WANTED_EPISODES or requests >= MAX_REQUESTS or len(known) == before:
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
        raise TargetError(f"{address} did not answer in {TIMEOUT_S:.0f} s") from None
    except (aiohttp.ClientError, ValueError) as error:
        raise TargetError(f"{address} cannot be reached: {error}") from error
    if answer.status != 200:  # noqa: PLR2004
        said = " ".join(text[:200].decode(errors="replace").split())
        raise TargetError(f"{address} answered {answer.status}: {said}")
    try:
        return msgspec.json.decode(text, type=_Page)
    except msgspec.MsgspecError as error:
        raise TargetError(f"{address} did not answer as a session function: {error}") from error


def session_requests(
    episodes: Sequence[str], headers: dict[str, str], seed: int = 0
) -> Iterator[PostRequest]:
    """Yield session requests of users with different histories, forever; deterministic by seed."""
    rng = random.Random(seed)  # noqa: S311  # histories
    requests = []
    for number in range(USERS):
        count = min(ENGAGEMENT_COUNTS[number % len(ENGAGEMENT_COUNTS)], len(episodes))
        heard = [
            {"episode_id": episode, "type": rng.choice(TYPES)}
            for episode in rng.sample(episodes, count)
        ]
        body = msgspec.json.encode({"engagements": heard, "limit": 10})
        requests.append(PostRequest(CREATE, body, headers))
    return itertools.cycle(requests)


def result(load: LoadResult, known: KnownEpisodes, connections: int) -> BenchmarkResult:
    """The outcome of a load run as tables."""
    steps = load.steps_ms()
    times = {"session": quantiles(load.latencies_ms)}
    times |= {f"server: {name}": quantiles(taken, 3) for name, taken in steps.items()}
    refused = quantiles(load.refused_ms)
    rows = [[name, *(f"{ms:,.2f}" for ms in taken.values())] for name, taken in times.items()]
    if refused:
        rows.append(["refusal", *(f"{ms:,.2f}" for ms in refused.values())])
    outcomes = [[name, f"{count:,}"] for name, count in sorted(load.outcomes.items())]
    outcomes += [[f"degraded: {name}", f"{n:,}"] for name, n in sorted(load.degraded.items())]
    size = round(sum(load.sizes) / max(load.answered, 1))
    totals = [
        ["sessions sent", f"{load.sent:,}"],
        ["answered with 200", f"{load.answered:,}"],
        ["sessions per second", f"{load.per_s:,.1f}"],
        ["bytes of an answer", f"{size:,}"],
        ["requests before, to collect episodes", f"{known.requests:,}"],
        ["episodes collected", f"{len(known.episodes):,}"],
    ]
    found = {
        "connections": connections,
        "seconds": round(load.elapsed_s, 3),
        "sent": load.sent,
        "answered": load.answered,
        "sessions_per_s": round(load.per_s, 2),
        "outcomes": dict(sorted(load.outcomes.items())),
        "degraded": dict(sorted(load.degraded.items())),
        "latency_ms": times.pop("session"),
        "refused_ms": refused,
        "server_ms": {name.removeprefix("server: "): taken for name, taken in times.items()},
        "answer_bytes": size,
        "learning_requests": known.requests,
    }
    tables = [
        ResultTable("Milliseconds", ["", "p50", "p95", "p99"], [row for row in rows if row[1:]]),
        ResultTable("Answers", ["status", "sessions"], outcomes),
        ResultTable("Totals", ["", ""], totals),
    ]
    about = f"{connections} connections for {load.elapsed_s:.1f} s, each one session at a time"
    return BenchmarkResult("load", about, tables, found)


def main(arguments: Sequence[str] | None = None) -> None:
    """Send load to a function, print the tables and write the JSON file."""
    parser = argument_parser("load", __doc__ or "", "--output")
    parser.add_argument("--url", required=True, help="address of the function, without /api")
    parser.add_argument("--concurrency", type=int, default=8, metavar="N", help="(default: 8)")
    parser.add_argument("--duration", type=float, default=10, metavar="S", help="(default: 10)")
    given = parser.parse_args(arguments)
    if not 1 <= given.concurrency <= MAX_CONNECTIONS:
        parser.error(f"--concurrency: expected 1 to {MAX_CONNECTIONS}, got {given.concurrency}")
    if not 0 < given.duration < float("inf"):
        parser.error(f"--duration: expected seconds, got {given.duration}")
    token = os.environ.get("ID_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        url = _checked(given.url)
        known = asyncio.run(collect_episodes(url, headers))
    except TargetError as error:
        raise SystemExit(f"benchmarks.load: {error}") from None
    requests = session_requests(known.episodes, headers)
    load = drive(url, requests, connections=given.concurrency, duration_s=given.duration)
    result(load, known, given.concurrency).publish(given.json)


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise TargetError(f"--url: expected http://… or https://…, got {url!r}")
    return url.rstrip("/")


if __name__ == "__main__":
    main()
