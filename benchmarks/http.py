"""HTTP: sessions of a real function, against the framework answering a constant of the same size.

`python -m benchmarks.http [--episodes N] [--connections N ...] [--seconds S] [--rounds R]
[--json FILE]`: summaries read from SQLite and from the Firestore emulator. All take turns, each
round anew. The processor's time is the function's alone, from /proc; latencies are the client's,
which has the other core. Linux.
"""

import asyncio
import itertools
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.harness.dataset import SyntheticDataset, uid
from benchmarks.harness.driver import LoadResult, PostRequest, drive, server_timing_ms
from benchmarks.harness.function_process import FunctionProcess
from benchmarks.harness.measurement import Spread, quantiles
from benchmarks.load import CREATE
from benchmarks.report.results import BenchmarkResult, ResultTable, options, say
from emulators.process import MissingError

CONNECTIONS = (1, 4, 16, 64)
ENGINE = ("summary", "rank", "encode")
"""steps that are no HTTP"""
WARM_UP_S = 1.0
ABOUT = (
    "Each user has a summary of 500 engagements and asks for a page of 10. Beyond is the client's "
    "latency less the steps summary, rank and encode of the same answer; with more than one "
    "connection, waiting for others is in it. The constant that is as busy computes for as long as "
    "a session is ranked: what it has beyond is what waiting costs a client. Degraded: the share "
    "of answers that had to do without the summary, or named anything else, and so took less "
    "work. Of all columns the median of the rounds; in brackets the least and the most."
)


@dataclass
class Contender:
    """A function that takes its turn."""

    name: str
    served: FunctionProcess
    asks: Iterator[PostRequest]
    rounds: dict[int, list[dict[str, float]]] = field(default_factory=dict)
    """by connections: the figures of each round"""

    def turn(self, connections: int, seconds: float) -> LoadResult:
        """Drive it once."""
        return drive(self.served.url, self.asks, connections=connections, duration_s=seconds)

    def measure(self, connections: int, seconds: float) -> None:
        """Drive it once, and keep what it took. Raises where it did not answer everything."""
        before_s, logged = self.served.processor_s, self.served.log_bytes
        driven = self.turn(connections, seconds)
        used_s = self.served.processor_s - before_s
        if driven.answered != driven.sent:
            raise RuntimeError(
                f"{self.name}: {dict(driven.outcomes)}\n{self.served.output[-2000:]}"
            )
        self.rounds.setdefault(connections, []).append(
            quantiles(driven.latencies_ms, 3)
            | {
                "per_s": driven.per_s,
                "processor_ms": used_s * 1000 / driven.answered,
                "per_core_s": driven.answered / used_s,
                "beyond_ms": statistics.median(beyond_ms(driven)),
                "bytes": statistics.median(driven.sizes),
                "degraded": driven.degraded.total() / driven.answered,
                "log_bytes": (self.served.log_bytes - logged) / driven.answered,
                "summary_ms": statistics.median(driven.steps_ms().get("summary", [0.0])),
            }
        )


def beyond_ms(driven: LoadResult) -> list[float]:
    """Of each answer: its latency without the engine and the read of the summary."""
    return [
        latency_ms - sum(server_timing_ms(timing).get(step, 0.0) for step in ENGINE)
        for latency_ms, timing in zip(driven.latencies_ms, driven.timings, strict=True)
    ]


def sessions(users: int) -> Iterator[PostRequest]:
    """Sessions of all users in turn."""
    asks = [PostRequest(CREATE, b'{"limit":10}', {"X-Demo-User": uid(one)}) for one in range(users)]
    return itertools.cycle(asks)


@contextmanager
def contenders(world: SyntheticDataset, folder: Path) -> Iterator[list[Contender]]:
    """All that run here, warm."""
    settings = world.publish(folder / "shelf")
    with ExitStack() as stack:
        sqlite = asyncio.run(world.sqlite(folder / "users.db"))
        found = [
            Contender(
                "SQLite",
                stack.enter_context(FunctionProcess(settings | sqlite)),
                sessions(world.users),
            )
        ]
        try:
            firestore = stack.enter_context(world.firestore())
        except MissingError as missing:
            say(f"without Firestore: {missing}")
        else:
            served = stack.enter_context(FunctionProcess(settings | firestore))
            found.append(Contender("Firestore emulator", served, sessions(world.users)))
        first = found[0].turn(1, WARM_UP_S)
        size = {"BYTES": f"{statistics.median(first.sizes):.0f}"}
        busy = {"BUSY_MS": f"{statistics.median(first.steps_ms()['rank']):.3f}"}
        source = Path(__file__).with_name("harness") / "constant.py"
        same = PostRequest(CREATE, b'{"limit":10}')
        for name, settings in (("constant", size), ("constant, as busy", size | busy)):
            served = stack.enter_context(FunctionProcess(settings, "constant", source))
            found.append(Contender(name, served, itertools.repeat(same)))
        for one in found:
            one.turn(4, WARM_UP_S)
        yield found


def measured(
    world: SyntheticDataset, connections: Sequence[int], seconds: float, rounds: int
) -> dict[str, dict[int, dict[str, Any]]]:
    """By contender and connections: the spread of each figure."""
    with tempfile.TemporaryDirectory() as folder, contenders(world, Path(folder)) as all_of_them:
        for number in connections:
            for _ in range(rounds):
                for one in all_of_them:
                    one.measure(number, seconds)
            say(f"{number} connections measured")
        return {
            one.name: {
                number: {name: Spread.of(each[name] for each in figures) for name in figures[0]}
                for number, figures in one.rounds.items()
            }
            for one in all_of_them
        }


def result(found: dict[str, dict[int, dict[str, Any]]], world: SyntheticDataset) -> BenchmarkResult:
    """As a table."""
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
        for name, by_connections in found.items()
        for connections, figures in by_connections.items()
    ]
    header = ["summary from", "connections", "p50 ms", "p95 ms", "p99 ms", "per s"]
    header += ["per s and core", "processor ms", "beyond ms", "summary ms", "degraded", "bytes"]
    return BenchmarkResult(
        "http",
        ABOUT,
        [ResultTable(f"Sessions over HTTP, {world.episodes:,} episodes", header, rows)],
        {
            "episodes": world.episodes,
            "contenders": {
                name: {
                    number: {k: s._asdict() for k, s in figures.items()}
                    for number, figures in by.items()
                }
                for name, by in found.items()
            },
        },
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and tell."""
    parser = options("http", __doc__ or "")
    parser.add_argument("--episodes", type=int, default=10_000, metavar="N")
    parser.add_argument("--users", type=int, default=100, metavar="N")
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS, metavar="N")
    parser.add_argument("--seconds", type=float, default=3.0, metavar="S", help="of each turn")
    parser.add_argument("--rounds", type=int, default=3, metavar="R")
    given = parser.parse_args(arguments)
    world = SyntheticDataset(given.episodes, given.users)
    found = measured(world, given.connections, given.seconds, given.rounds)
    result(found, world).tell(given.json)


if __name__ == "__main__":
    main()
