"""Cold start: from the start of a process to its first personal session, step by step.

`python -m benchmarks.cold [--sizes EPISODES ...] [--starts N] [--json FILE]`: real functions under
functions-framework, with bytecode and the snapshot's pages in the system's memory, as after one
start that is not counted. Summaries from SQLite and from the Firestore emulator, in turn. Linux.
"""

import asyncio
import http.client
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.harness.dataset import SyntheticDataset, uid
from benchmarks.harness.driver import server_timing_ms
from benchmarks.harness.function_process import FunctionProcess
from benchmarks.harness.measurement import Spread
from benchmarks.load import CREATE
from benchmarks.report.results import BenchmarkResult, ResultTable, options, say
from emulators.process import MissingError

SIZES = (1_000, 10_000, 100_000)
LATER = 10
"""requests after the first"""
STEPS = ("framework", "imports", "snapshot", "rankers", "worker", "first session")
ABOUT = (
    "Seconds, medians of the starts; in brackets the least and the most. Framework: the "
    "interpreter and functions-framework. Imports: ours and what they need. Snapshot: settings, "
    "reading and checking the catalog. Rankers: what every scenario computes at load. Worker: the "
    "fork, and until it takes a request. First session: the server's time for it; store is the "
    "part of it that waited for the summary, which opens the connection. Later: the median of the "
    "next 10 sessions. Memory: what server and worker hold after them; shared pages count once."
)


class Answered(NamedTuple):
    """A session, and when it was answered."""

    at_s: float
    steps_ms: dict[str, float]


def started(settings: dict[str, str], users: int) -> dict[str, float]:
    """The steps of one start, seconds, and what came after."""
    with tempfile.NamedTemporaryFile() as marks:
        source = Path(__file__).with_name("harness") / "timed_start.py"
        with FunctionProcess(settings | {"MARKS": marks.name}, source=source) as served:
            first = ask(served, 0)
            later = [ask(served, 1 + one % (users - 1)) for one in range(LATER)]
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


def ask(served: FunctionProcess, user: int) -> Answered:
    """A personal session."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    connection.request("POST", CREATE, b"{}", {"X-Demo-User": uid(user)})
    answer = connection.getresponse()
    body = json.loads(answer.read())
    at_s = time.monotonic()
    connection.close()
    if answer.status != 200 or not body["user_vector_episodes"] or body["degraded"]:  # noqa: PLR2004
        raise RuntimeError(f"no personal session: {answer.status} {str(body)[-400:]}")
    return Answered(at_s, server_timing_ms(answer.headers["Server-Timing"]))


def measured(sizes: Sequence[int], starts: int) -> list[dict[str, Any]]:
    """By size and store: the spread of each step."""
    found = []
    for episodes in sizes:
        world = SyntheticDataset(episodes, users=LATER + 1)
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            settings = world.publish(Path(folder) / "shelf")
            sqlite = asyncio.run(world.sqlite(Path(folder) / "users.db"))
            stores = {"SQLite": settings | sqlite}
            try:
                stores["Firestore emulator"] = settings | stack.enter_context(world.firestore())
            except MissingError as missing:
                say(f"without Firestore: {missing}")
            runs: dict[str, list[dict[str, float]]] = {name: [] for name in stores}
            for number in range(1 + starts):
                for name, chosen in stores.items():
                    one = started(chosen, world.users)
                    runs[name] += [one] if number else []
            found += [
                {"episodes": episodes, "users": name}
                | {step: Spread.of(run[step] for run in several) for step in several[0]}
                for name, several in runs.items()
            ]
        say(f"{episodes:,} episodes measured")
    return found


def result(found: Sequence[dict[str, Any]]) -> BenchmarkResult:
    """As tables."""
    steps = [
        [
            f"{one['episodes']:,}",
            one["users"],
            *(f"{one[step].median:.3f}" for step in STEPS),
            one["all"].shown(2),
        ]
        for one in found
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
        for one in found
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
                "The first session against the next", ["episodes", "summary from", *header], after
            ),
        ],
        {"starts": [_plain(one) for one in found]},
    )


def _plain(one: dict[str, Any]) -> dict[str, Any]:
    return {k: v._asdict() if isinstance(v, Spread) else v for k, v in one.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and tell."""
    parser = options("cold", __doc__ or "")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="EPISODES")
    parser.add_argument("--starts", type=int, default=5, metavar="N", help="of each (default: 5)")
    given = parser.parse_args(arguments)
    result(measured(given.sizes, given.starts)).tell(given.json)


if __name__ == "__main__":
    main()
