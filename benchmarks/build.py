"""Build and publish: seconds by step, memory and size, and loading the snapshot.

`python -m benchmarks.build [--sizes EPISODES ...] [--full] [--loads N] [--json FILE]`: each build
and each load runs in a process of its own. `--full` adds a million episodes, which takes a quarter
of an hour. Episodes from JSON Lines, vectors from .npz, 20 users of 100 choices per 100 episodes.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.harness.measurement import measure_in_turns
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser, say
from emulators.process import ChildProcess, free_port

SIZES = (1_000, 10_000, 100_000)
FULL = 1_000_000
MAX_STORED = 200_000
"""largest catalog that is stored in the emulated bucket, which is in memory"""
STEPS = ("read", "vectors", "users", "neighbours", "lists", "columns", "publish")
LOADS = ("folder", "folder, summed up", "bucket")
MB_PER_S = 150
"""assumed bandwidth from a bucket to a function in its region"""
ROOT = Path(__file__).parents[1]
ABOUT = (
    "A build is what `python -m catalog_builder publish` does. Read: episodes decoded and "
    "validated. Vectors: read and looked up. Users: summaries to columns; generating them is not "
    "counted. Neighbours: co-engagement. Lists: the inverted file. Columns: all else of a "
    "catalog. Publish: the gate, writing, and three checksums. Processor: of all threads, less "
    "affected by other processes. Memory: the most that the process held; of a load, what it "
    "added, mapped pages included. Folder: mapped, verified when it was promoted. Summed up: with "
    "its checksum, as after the file was copied. The bucket is an emulator in another process, "
    f"faster than a network; at {MB_PER_S} MB/s adds the transfer of its bytes at that speed, an "
    "assumption, to the processor's seconds."
)


def run_step(folder: Path, *arguments: str, **environment: str) -> dict[str, Any]:
    """Run a step of `benchmarks.harness.build_steps` in a process; returns its result."""
    command = [sys.executable, "-m", "benchmarks.harness.build_steps", str(folder), *arguments]
    run = subprocess.run(  # noqa: S603  # our own module
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, check=True
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@contextmanager
def emulated_bucket() -> Iterator[dict[str, str]]:
    """Run a storage emulator in a process; yields the environment by which clients find it."""
    port = free_port()
    command = [sys.executable, "-m", "emulators.storage.server", str(port), "bench"]
    emulator = ChildProcess("the storage emulator", command, folder=ROOT).start()
    url = f"http://127.0.0.1:{port}"
    try:
        emulator.wait_for(f"{url}/storage/v1/b/bench/o")
        yield {"STORAGE_EMULATOR_HOST": url, "GOOGLE_CLOUD_PROJECT": "demo-bench"}
    finally:
        emulator.stop()


def measure(episodes: int, loads: int) -> dict[str, Any]:
    """Build, publish, store and load a catalog of one size."""
    found: dict[str, Any] = {"episodes": episodes}
    with tempfile.TemporaryDirectory() as name:
        folder, size = Path(name), str(episodes)
        run_step(folder, "make", size)
        found["built"] = run_step(folder, "publish", size)
        found["loads"] = {}
        if episodes <= MAX_STORED:
            with emulated_bucket() as settings:
                found["stored"] = run_step(folder, "store", **settings)
                tasks = {how: partial(run_step, folder, "load", how, **settings) for how in LOADS}
                found["loads"] = measure_in_turns(tasks, loads)
    return found


def bucket_load_s(one: dict[str, Any]) -> float:
    """Seconds to load from a bucket at `MB_PER_S`, transfer and then processing."""
    processor_s = one["loads"]["bucket"]["processor_s"].median
    return float(one["stored"]["packed_mb"] / MB_PER_S + processor_s)


def result(measurements: Sequence[dict[str, Any]]) -> BenchmarkResult:
    """The measurements of builds and loads as tables."""
    builds, loads = [], []
    for one in measurements:
        run = one["built"]
        seconds = [run["seconds"][name] for name in STEPS]
        cells = [f"{took:,.2f}" for took in (*seconds, sum(seconds))]
        cells.append(f"{run['processor_s']:,.2f}")
        cells += [f"{run['peak_mb']:,.0f}", f"{run['size_mb']:,.1f}"]
        builds.append([f"{one['episodes']:,}", *cells])
        for how, run in one["loads"].items():
            remote = how == "bucket"
            size_mb = one["stored"]["packed_mb"] if remote else one["built"]["size_mb"]
            spreads = [run[name] for name in ("seconds", "processor_s", "memory_mb")]
            shown = [spreads[0].shown(3), spreads[1].shown(3), f"{spreads[2].median:,.0f}"]
            at_bandwidth = f"{bucket_load_s(one):.2f}" if remote else ""
            loads.append([f"{one['episodes']:,}", how, f"{size_mb:,.1f}", *shown, at_bandwidth])
    header = ["episodes", *STEPS, "all", "processor", "memory MB", "snapshot MB"]
    of_loads = ["episodes", "from", "MB", "seconds", "processor s", "memory MB"]
    return BenchmarkResult(
        "build",
        ABOUT,
        [
            ResultTable("Build and publish, seconds", header, builds),
            ResultTable("Loading", [*of_loads, f"at {MB_PER_S} MB/s"], loads),
        ],
        {"sizes": list(measurements)},
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure builds and loads, print the tables and write the JSON file."""
    parser = argument_parser("build", __doc__ or "")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="EPISODES")
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} episodes as well")
    parser.add_argument("--loads", type=int, default=5, metavar="N", help="loads (default: 5)")
    given = parser.parse_args(arguments)
    measurements = []
    for episodes in (*given.sizes, *([FULL] if given.full else [])):
        measurements.append(measure(episodes, given.loads))
        say(f"{episodes:,} episodes measured")
    result(measurements).publish(given.json)


if __name__ == "__main__":
    main()
