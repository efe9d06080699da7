"""Cold start: from the start of a process to its first personal session, step by step.

`python -m benchmarks.cold [--sizes EPISODES ...] [--starts N] [--json FILE]`: real functions under
functions-framework, with bytecode and the snapshot's pages in the page cache, as after one start
that is not counted. Summaries come from SQLite and from the Firestore emulator, in turn. Linux.
"""

import asyncio
import http.client
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.harness.dataset import SyntheticDataset, uid
from benchmarks.harness.driver import server_timing_ms
from benchmarks.harness.measured_function import MeasuredFunction
from benchmarks.harness.measurement import measure_in_turns
from benchmarks.load import CREATE
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser, say
from emulators.process import MissingError

SIZES = (1_000, 10_000, 100_000)
LATER = 10
"""number of requests after the first"""
STEPS = ("framework", "imports", "snapshot", "rankers", "worker", "first session")
ABOUT = (
    "Seconds, medians of the starts; in brackets minimum and maximum. Framework: the interpreter "
    "and functions-framework. Imports: of the function and its requirements. Snapshot: settings, "
    "reading and verifying the catalog. Rankers: what every scenario computes at load. Worker: the "
    "fork, until it takes a request. First session: the server's time for it; store is the part "
    "that waits for the summary, connecting included. Later: the median of the next 10 sessions. "
    "Memory: of server and worker after these; shared pages count once."
)


class TimedAnswer(NamedTuple):
    """The server's timing of a session, and when its answer arrived."""

    at_s: float
    steps_ms: dict[str, float]


def measure_start(settings: dict[str, str], users: int) -> dict[str, float]:
    """Start a function once; returns seconds by step, and timing and memory of later sessions."""
    with tempfile.NamedTemporaryFile() as marks:
        source = Path(__file__).with_name("harness") / "timed_start.py"
        with MeasuredFunction(settings | {"MARKS": marks.name}, source=source) as served:
            first = request_session(served, 0)
            later = [request_session(served, 1 + one % (users - 1)) for one in range(LATER)]
            memory_mb = served.memory_mb
        mark = json.loads(Path(marks.name).read_text())
    total_s = first.steps_ms["total"] / 1000
    return {
        "framework": mark["began_s"] - served.began_s,
        "imports": mark["imported_s"] - mark["began_s"],
        "snapshot": mark["loaded_s"] - mark["imported_s"] - mark["rankers"],
        "rankers": mark["rankers"],
        "worker": first.at_s - mark["loaded_s"] - total_s,
        "first session": total_s,
        "all": first.at_s - served.began_s,
        "store": first.steps_ms["summary"] / 1000,
        "later": statistics.median(one.steps_ms["total"] for one in later) / 1000,
        "store later": statistics.median(one.steps_ms["summary"] for one in later) / 1000,
        "memory_mb": memory_mb,
    }


def request_session(served: MeasuredFunction, user: int) -> TimedAnswer:
    """Request a personal session. Raises `RuntimeError` if the answer is none."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    connection.request("POST", CREATE, b"{}", {"X-Demo-User": uid(user)})
    answer = connection.getresponse()
    body = json.loads(answer.read())
    at_s = time.monotonic()
    connection.close()
    if answer.status != 200 or not body["user_vector_episodes"] or body["degraded"]:  # noqa: PLR2004
        raise RuntimeError(f"expected a personal session, got {answer.status} {str(body)[-400:]}")
    return TimedAnswer(at_s, server_timing_ms(answer.headers["Server-Timing"]))


def measure(sizes: Sequence[int], starts: int) -> list[dict[str, Any]]:
    """By size and store: the spread of each step over the starts, after one that is not counted."""
    measurements: list[dict[str, Any]] = []
    for episodes in sizes:
        dataset = SyntheticDataset(episodes, users=LATER + 1)
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            settings = dataset.publish(Path(folder) / "shelf")
            sqlite = asyncio.run(dataset.sqlite(Path(folder) / "users.db"))
            stores = {"SQLite": settings | sqlite}
            try:
                stores["Firestore emulator"] = settings | stack.enter_context(dataset.firestore())
            except MissingError as missing:
                say(f"Firestore is left out: {missing}")
            tasks = {
                name: partial(measure_start, chosen, dataset.users)
                for name, chosen in stores.items()
            }
            measurements += [
                {"episodes": episodes, "users": name, **steps}
                for name, steps in measure_in_turns(tasks, starts).items()
            ]
        say(f"{episodes:,} episodes measured")
    return measurements


def result(measurements: Sequence[dict[str, Any]]) -> BenchmarkResult:
    """The measurements of starts as tables."""
    steps = [
        [
            f"{one['episodes']:,}",
            one["users"],
            *(f"{one[step].median:.3f}" for step in STEPS),
            one["all"].shown(2),
        ]
        for one in measurements
    ]
    after = [
        [
            f"{one['episodes']:,}",
            one["users"],
            f"{(one['first session'].median - one['store'].median) * 1000:.1f}",
            f"{(one['later'].median - one['store later'].median) * 1000:.1f}",
            f"{one['store'].median * 1000:.1f}",
            f"{one['store later'].median * 1000:.1f}",
            f"{one['memory_mb'].median:,.0f}",
        ]
        for one in measurements
    ]
    header = ["first ms", "later ms", "store first ms", "store later ms", "memory MB"]
    return BenchmarkResult(
        "cold",
        ABOUT,
        [
            ResultTable(
                "Start to first session", ["episodes", "summary from", *STEPS, "all"], steps
            ),
            ResultTable(
                "The first session compared with later ones",
                ["episodes", "summary from", *header],
                after,
            ),
        ],
        {"starts": list(measurements)},
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure starts, print the tables and write the JSON file."""
    parser = argument_parser("cold", __doc__ or "")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="EPISODES")
    parser.add_argument("--starts", type=int, default=5, metavar="N", help="starts (default: 5)")
    given = parser.parse_args(arguments)
    result(measure(given.sizes, given.starts)).publish(given.json)


if __name__ == "__main__":
    main()
