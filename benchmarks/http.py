"""HTTP: sessions of a real function, compared with a constant answer of the same size.

`python -m benchmarks.http [--episodes N] [--connections N ...] [--seconds S] [--rounds R] [--json
FILE]`: summaries come from SQLite and from the Firestore emulator. Functions take turns in each
round. Processor time is the function's alone, from /proc; latencies are measured by the client,
which has the other core. Linux.
"""

import asyncio
import itertools
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.data.users import NOW, episode_id
from benchmarks.harness.dataset import SyntheticDataset, uid
from benchmarks.harness.driver import LoadResult, PostRequest, drive, server_timing_ms
from benchmarks.harness.measured_function import MeasuredFunction
from benchmarks.harness.measurement import Spread, quantiles
from benchmarks.load import CREATE
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser, say
from emulators.process import MissingError
from feed.model.timestamps import rfc3339, to_us

CONNECTIONS = (1, 4, 16, 64)
ENGINE = ("summary", "rank", "encode")
"""steps of a session that are not HTTP"""
WARM_UP_S = 1.0
SEEN = 10
"""number of impressions that a returning user brings"""
RETURNING = ", returning"
"""ends the name of sessions that bring impressions"""
ABOUT = (
    "Each user has a summary of 500 engagements and requests a page of 10. Beyond: the "
    "client's latency without the steps summary, rank and encode of the same answer; with several "
    "connections it includes waiting for other requests. The busy constant computes for as long "
    "as a session is ranked; its time beyond is what waiting costs a client. Degraded: the share "
    "of answers without the summary or otherwise degraded, which take less work. Returning: each "
    "session brings ten impressions of an earlier visit, which are stored. All columns: "
    "median of the rounds; in brackets minimum and maximum."
)


@dataclass
class Contender:
    """A function under load, with the requests sent to it and the figures of its rounds."""

    name: str
    served: MeasuredFunction
    requests: Iterator[PostRequest]
    rounds: dict[int, list[dict[str, float]]] = field(default_factory=dict)
    """by number of connections: the figures of each round"""

    def load(self, connections: int, seconds: float) -> LoadResult:
        """Send sessions over `connections` for `seconds`; returns the outcome."""
        return drive(self.served.url, self.requests, connections=connections, duration_s=seconds)

    def record_round(self, connections: int, seconds: float) -> None:
        """Send sessions over `connections` for `seconds` and keep the figures of the round.

        Raises:
            RuntimeError: a request was not answered with 200.
        """
        before_s, logged = self.served.processor_s, self.served.log_bytes
        load = self.load(connections, seconds)
        used_s = self.served.processor_s - before_s
        if load.answered != load.sent:
            raise RuntimeError(f"{self.name}: {dict(load.outcomes)}\n{self.served.output[-2000:]}")
        self.rounds.setdefault(connections, []).append(
            quantiles(load.latencies_ms, 3)
            | {
                "per_s": load.per_s,
                "processor_ms": used_s * 1000 / load.answered,
                "per_core_s": load.answered / used_s,
                "beyond_ms": statistics.median(beyond_ms(load)),
                "bytes": statistics.median(load.sizes),
                "degraded": load.degraded.total() / load.answered,
                "log_bytes": (self.served.log_bytes - logged) / load.answered,
                "summary_ms": statistics.median(load.steps_ms().get("summary", [0.0])),
            }
        )


def beyond_ms(load: LoadResult) -> list[float]:
    """By answer: the latency without reading the summary, ranking and encoding."""
    return [
        latency_ms - sum(server_timing_ms(timing).get(step, 0.0) for step in ENGINE)
        for latency_ms, timing in zip(load.latencies_ms, load.timings, strict=True)
    ]


def returning_requests(dataset: SyntheticDataset) -> Iterator[PostRequest]:
    """Yield session requests of all users in turn, forever, each with ten new impressions."""
    for number in itertools.count():
        first = number * SEEN
        # Another time on each round through the episodes: all impressions have to be stored.
        earlier = timedelta(hours=1 + first // dataset.episodes % 1000)
        at = rfc3339(to_us(NOW - earlier))
        ids = [episode_id((first + one) % dataset.episodes) for one in range(SEEN)]
        seen = [{"episode_id": one, "session_id": "0" * 16, "at": at} for one in ids]
        body = msgspec.json.encode({"limit": 10, "seen": seen})
        yield PostRequest(CREATE, body, {"X-Demo-User": uid(number % dataset.users)})


def session_requests(users: int) -> Iterator[PostRequest]:
    """Yield session requests of all users in turn, forever."""
    requests = [
        PostRequest(CREATE, b'{"limit":10}', {"X-Demo-User": uid(one)}) for one in range(users)
    ]
    return itertools.cycle(requests)


@contextmanager
def contenders(dataset: SyntheticDataset, folder: Path) -> Iterator[list[Contender]]:
    """Start the compared functions, with SQLite, with Firestore and constant, and warm them up."""
    settings = dataset.publish(folder / "shelf")
    with ExitStack() as stack:
        sqlite = asyncio.run(dataset.sqlite(folder / "users.db"))
        found = [
            Contender(
                "SQLite",
                stack.enter_context(MeasuredFunction(settings | sqlite)),
                session_requests(dataset.users),
            )
        ]
        try:
            firestore = stack.enter_context(dataset.firestore())
        except MissingError as missing:
            say(f"Firestore is left out: {missing}")
        else:
            served = stack.enter_context(MeasuredFunction(settings | firestore))
            found.append(Contender("Firestore emulator", served, session_requests(dataset.users)))
        last = found[-1]
        found.append(Contender(last.name + RETURNING, last.served, returning_requests(dataset)))
        first = found[0].load(1, WARM_UP_S)
        size = {"BYTES": f"{statistics.median(first.sizes):.0f}"}
        busy = {"BUSY_MS": f"{statistics.median(first.steps_ms()['rank']):.3f}"}
        source = Path(__file__).with_name("harness") / "constant.py"
        same = PostRequest(CREATE, b'{"limit":10}')
        for name, settings in (("constant", size), ("constant, as busy", size | busy)):
            served = stack.enter_context(MeasuredFunction(settings, "constant", source))
            found.append(Contender(name, served, itertools.repeat(same)))
        for one in found:
            one.load(4, WARM_UP_S)
        yield found


def measure(
    dataset: SyntheticDataset, connections: Sequence[int], seconds: float, rounds: int
) -> dict[str, dict[int, dict[str, Any]]]:
    """By function and number of connections: the spread of each figure over the rounds."""
    with tempfile.TemporaryDirectory() as folder, contenders(dataset, Path(folder)) as all_of_them:
        for number in connections:
            for _ in range(rounds):
                for one in all_of_them:
                    one.record_round(number, seconds)
            say(f"{number} connections measured")
        return {
            one.name: {
                number: {name: Spread.of(each[name] for each in figures) for name in figures[0]}
                for number, figures in one.rounds.items()
            }
            for one in all_of_them
        }


def result(
    measurements: dict[str, dict[int, dict[str, Any]]], dataset: SyntheticDataset
) -> BenchmarkResult:
    """The measurements of sessions as a table."""
    rows = [
        [
            name,
            str(connections),
            *(f"{figures[q].median:,.2f}" for q in ("p50", "p95", "p99")),
            f"{figures['per_s'].median:,.0f}",
            figures["per_core_s"].shown(0),
            figures["processor_ms"].shown(2),
            f"{figures['beyond_ms'].median:,.2f}",
            f"{figures['summary_ms'].median:,.2f}",
            f"{figures['degraded'].median:.0%}",
            f"{figures['bytes'].median:,.0f}",
        ]
        for name, by_connections in measurements.items()
        for connections, figures in by_connections.items()
    ]
    header = ["summary from", "connections", "p50 ms", "p95 ms", "p99 ms", "per s"]
    header += ["per s and core", "processor ms", "beyond ms", "summary ms", "degraded", "bytes"]
    return BenchmarkResult(
        "http",
        ABOUT,
        [ResultTable(f"Sessions over HTTP, {dataset.episodes:,} episodes", header, rows)],
        {"episodes": dataset.episodes, "contenders": measurements},
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure sessions, print the tables and write the JSON file."""
    parser = argument_parser("http", __doc__ or "")
    parser.add_argument("--episodes", type=int, default=10_000, metavar="N")
    parser.add_argument("--users", type=int, default=100, metavar="N")
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS, metavar="N")
    parser.add_argument("--seconds", type=float, default=3.0, metavar="S", help="of a turn")
    parser.add_argument("--rounds", type=int, default=3, metavar="R")
    given = parser.parse_args(arguments)
    dataset = SyntheticDataset(given.episodes, given.users)
    measurements = measure(dataset, given.connections, given.seconds, given.rounds)
    result(measurements, dataset).publish(given.json)


if __name__ == "__main__":
    main()
