"""Build and publish: seconds by step, memory and size, and loading it.

`python -m benchmarks.build [--sizes EPISODES ...] [--full] [--loads N] [--json FILE]`: each build
and each load in a process of its own. `--full` adds a million episodes, which takes a quarter of an
hour. Episodes from JSON Lines, vectors from .npz, 20 listeners of 100 choices for 100 episodes.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.harness.measurement import Spread
from benchmarks.report.results import BenchmarkResult, ResultTable, options, say
from emulators.process import free_port

SIZES = (1_000, 10_000, 100_000)
FULL = 1_000_000
STORED = 200_000
"""episodes beyond which nothing is put into the emulated bucket, which lies in memory"""
STEPS = ("read", "vectors", "users", "neighbours", "lists", "columns", "publish")
LOADS = ("folder", "folder, summed up", "bucket")
MB_PER_S = 150
"""from a bucket to a function in its region: an assumption"""
START_S = 30.0
ROOT = Path(__file__).parents[1]
ABOUT = (
    "A build is what `python -m catalog_builder publish` does. Read: episodes decoded and checked. "
    "Vectors: read and looked up. Users: summaries to columns; making them up is not counted. "
    "Neighbours, lists: see docs/architecture.md. Columns: all else that a catalog holds. Publish: "
    "the gate, writing, and three checksums. Processor: of all threads, which others disturb less. "
    "Memory: the most that the process held, everything included; of a load, what "
    "it added, mapped pages too. Folder: mapped, found right when it was promoted. Summed up: as "
    "after the file was copied. Read into memory: as it was before it was mapped. As it lies: not "
    "packed, and summed up when it is all there. npz: the same arrays as numpy writes them, "
    "nothing checked but its CRC. The bucket is an emulator in a process beside, faster than a "
    f"network: at {MB_PER_S} MB/s counts its bytes at that speed, an assumption, and then the "
    "processor's seconds, as if nothing overlapped."
)


def step(folder: Path, *arguments: str, **environment: str) -> dict[str, Any]:
    """What a process of `benchmarks.harness.build_steps` found."""
    command = [sys.executable, "-m", "benchmarks.harness.build_steps", str(folder), *arguments]
    run = subprocess.run(  # noqa: S603  # our own module
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, check=True
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@contextmanager
def bucket() -> Iterator[dict[str, str]]:
    """An emulated bucket in a process of its own; the settings by which clients find it."""
    port = free_port()
    command = [sys.executable, "-m", "emulators.storage.server", str(port), "bench"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + START_S
        while not _answers(url):
            if time.monotonic() > until or process.poll() is not None:
                raise RuntimeError("the storage emulator does not answer")
            time.sleep(0.05)
        yield {"STORAGE_EMULATOR_HOST": url, "GOOGLE_CLOUD_PROJECT": "demo-bench"}
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/storage/v1/b/bench/o", timeout=1).close()  # noqa: S310
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def measured(episodes: int, loads: int) -> dict[str, Any]:
    """Everything at one size."""
    found: dict[str, Any] = {"episodes": episodes}
    with tempfile.TemporaryDirectory() as name:
        folder, size = Path(name), str(episodes)
        step(folder, "make", size)
        found["built"] = step(folder, "publish", size)
        found["loads"] = {}
        if episodes <= STORED:
            with bucket() as settings:
                found["stored"] = step(folder, "store", **settings)
                found["loads"] = _loaded(folder, loads, settings)
    return found


def _loaded(folder: Path, loads: int, settings: dict[str, str]) -> dict[str, Any]:
    """By how: spreads, all taking turns; the first turn is to warm up."""
    runs: dict[str, list[dict[str, float]]] = {how: [] for how in LOADS}
    for turn in range(1 + loads):
        for how, several in runs.items():
            one = step(folder, "load", how, **settings)
            several.extend([one] if turn else [])
    return {
        how: {name: Spread.of(one[name] for one in several)._asdict() for name in several[0]}
        for how, several in runs.items()
    }


def bucket_load_s(one: dict[str, Any]) -> float:
    """Seconds to load from a bucket at `MB_PER_S`."""
    processor_s = one["loads"]["bucket"]["processor_s"]["median"]
    return float(one["stored"]["packed_mb"] / MB_PER_S + processor_s)


def result(found: Sequence[dict[str, Any]]) -> BenchmarkResult:
    """As tables."""
    builds, loads = [], []
    for one in found:
        run = one["built"]
        seconds = [run["seconds"][name] for name in STEPS]
        cells = [f"{took:,.2f}" for took in (*seconds, sum(seconds))]
        cells.append(f"{run['processor_s']:,.2f}")
        cells += [f"{run['peak_mb']:,.0f}", f"{run['size_mb']:,.1f}"]
        builds.append([f"{one['episodes']:,}", *cells])
        for how, run in one["loads"].items():
            remote = how == "bucket"
            size_mb = one["stored"]["packed_mb"] if remote else one["built"]["size_mb"]
            spreads = [Spread(**run[name]) for name in ("seconds", "processor_s", "memory_mb")]
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
        {"sizes": list(found)},
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and tell."""
    parser = options("build", __doc__ or "")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="EPISODES")
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} episodes, too")
    parser.add_argument("--loads", type=int, default=5, metavar="N", help="of each (default: 5)")
    given = parser.parse_args(arguments)
    found = []
    for episodes in (*given.sizes, *([FULL] if given.full else [])):
        found.append(measured(episodes, given.loads))
        say(f"{episodes:,} episodes measured")
    result(found).tell(given.json)


if __name__ == "__main__":
    main()
