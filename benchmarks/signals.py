"""Processor time and memory of computing signals, by the number of users.

`python -m benchmarks.signals [--sizes USERS ...] [--episodes N] [--json FILE]`: each size runs in a
process of its own, with one episode per ten users or always N. With N large, generating the catalog
may take the most memory and hide how memory grows. See docs/signals.md.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.harness.measurement import peak_memory_mb, timing
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser, say

SIZES = (12_500, 25_000, 50_000, 100_000)
USERS_PER_EPISODE = 10
STEPS = ("collect", "counts", "neighbours", "promise")
ABOUT = (
    "Synthetic users of 100 engagements each, read from packed documents as from an archive; "
    "generating them is not counted. Collect: documents to columns. Counts: popularity, trend and "
    "the other counts. Neighbours: co-engagement. Promise: predicted popularity. Processor seconds "
    "of one thread. Memory: the most that the process held, the catalog included."
)


def measure_here(users: int, episodes: int) -> dict[str, Any]:
    """Compute the signals of one size in this process; processor seconds by step and memory."""
    # Imported here, so that the parent process stays small: a child inherits its peak memory.
    from benchmarks.data.users import SyntheticUsers  # noqa: PLC0415
    from catalog_builder.signals import aggregates  # noqa: PLC0415
    from catalog_builder.signals.interactions import collect_interactions  # noqa: PLC0415
    from catalog_builder.signals.popularity_prior import EpisodeContent  # noqa: PLC0415

    seconds: dict[str, float] = {}
    synthetic = SyntheticUsers(users, episodes)
    catalog = synthetic.catalog()

    def timed(step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        return timing(seconds, step, function, time.process_time)

    interactions = timed("collect", collect_interactions)(synthetic.summaries(), catalog.rows)
    seconds["collect"] -= synthetic.generation_cpu_s
    for step, name in (("neighbours", "find_neighbours"), ("promise", "predict_popularity")):
        setattr(aggregates, name, timed(step, getattr(aggregates, name)))
    timed("counts", aggregates.compute_signals)(interactions, EpisodeContent.of(catalog))
    seconds["counts"] -= seconds["neighbours"] + seconds["promise"]
    return {
        "users": users,
        "episodes": episodes,
        "choices": len(interactions),
        "seconds": {step: round(seconds[step], 4) for step in STEPS},
        "peak_mb": round(peak_memory_mb()),
    }


def measure_size(users: int, episodes: int) -> dict[str, Any]:
    """Run `measure_here` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.signals", "--here", str(users), str(episodes)]
    found: dict[str, Any] = json.loads(subprocess.check_output(command))  # noqa: S603  # ourselves
    return found


def result(runs: Sequence[dict[str, Any]]) -> BenchmarkResult:
    """The runs as a table."""
    rows = []
    for run in runs:
        seconds = [run["seconds"][step] for step in STEPS]
        rows.append(
            [
                *(f"{run[name]:,}" for name in ("users", "episodes")),
                *(f"{taken:,.1f}" for taken in (*seconds, sum(seconds))),
                f"{run['users'] / sum(seconds):,.0f}",
                f"{run['peak_mb']:,}",
            ]
        )
    header = ["users", "episodes", *(f"{step} s" for step in STEPS), "all s", "users/s", "MB"]
    return BenchmarkResult("signals", ABOUT, [ResultTable("Signals", header, rows)], {"runs": runs})


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the signals of every size, print the table and write the JSON file."""
    parser = argument_parser("signals", __doc__ or "")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="USERS")
    parser.add_argument("--episodes", type=int, metavar="N", help="default: a tenth of the users")
    given = parser.parse_args(arguments)
    runs = []
    for users in given.sizes:
        runs.append(measure_size(users, given.episodes or max(1, users // USERS_PER_EPISODE)))
        say(f"{users:,} users measured")
    result(runs).publish(given.json)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        print(json.dumps(measure_here(*map(int, sys.argv[2:]))))  # noqa: T201
    else:
        main()
