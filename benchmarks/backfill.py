"""Backfill of an app's history: users a second, processor time and memory, by number of users.

`python -m benchmarks.backfill [--users N ...] [--engagements N] [--json FILE]`: for each size an
emulator of Firestore is started, filled with a collection `listens` of all users, and
`operations.backfill` runs on it in a process of its own. See docs/operations.md.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.harness.measurement import peak_memory_mb, processor_s
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser, say
from emulators.firestore import FirestoreEmulator, new_project

USERS, ENGAGEMENTS = (500, 2_000), 200
AT_ONCE, BATCH = 4, 500
"""writes at the same time, and documents in each, as the emulator is filled"""
SCHEMA = """
[[engagements]]
path = "listens/{id}"
user = "userId"
episode = "media.ref"
type = {field = "action", values = {play = "listen", done = "complete", fav = "bookmark"}}
timestamp = {field = "at", unit = "milliseconds"}
progress = {position = "pos", duration = "len"}
"""
ABOUT = (
    "`operations.backfill` with its defaults, through a schema with one collection of all users. "
    "Processor: milliseconds for each user, of the command and of the emulator, which share the "
    "machine. Memory: the most that the command held. Filling the emulator is not counted."
)


def fill(project: str, users: int, engagements: int) -> None:
    """Write so many engagements of so many users as an app has them."""
    # Imported here, so that the parent process stays small: a child inherits its peak memory.
    import asyncio  # noqa: PLC0415

    from google.cloud import firestore  # noqa: PLC0415

    async def write() -> None:
        client, turns = firestore.AsyncClient(project=project), asyncio.Semaphore(AT_ONCE)

        async def write_batch(numbers: range) -> None:
            async with turns:
                batch = client.batch()
                for number in numbers:
                    # A multiplier without common factors with the modulus shuffles the ids.
                    name = f"{number * 7_368_787 % 2**31:010}"
                    batch.set(client.document(f"listens/{name}"), listen(number))
                await batch.commit()

        def listen(number: int) -> dict[str, Any]:
            user, nth = divmod(number, engagements)
            fields = {"userId": f"user-{user:06}", "media": {"ref": f"episode-{number % 19_997}"}}
            at = 1_760_000_000_000 + nth * 3_600_000
            return {**fields, "action": "play", "at": at, "pos": 30, "len": 40, "device": "phone"}

        starts = range(0, users * engagements, BATCH)
        await asyncio.gather(
            *(write_batch(range(n, min(n + BATCH, users * engagements))) for n in starts)
        )

    asyncio.run(write())


def backfill() -> dict[str, float]:
    """Run the command in this process; its seconds, processor seconds and peak memory."""
    from operations.backfill.__main__ import main as command  # noqa: PLC0415

    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    if code := command([]):
        sys.exit(code)
    return {
        "seconds": time.perf_counter() - began_s,
        "processor_s": time.process_time() - began_cpu_s,
        "peak_mb": peak_memory_mb(),
    }


def measure(users: int, engagements: int) -> dict[str, Any]:
    """Fill an emulator and backfill it; the figures of the command and of the emulator."""
    emulator, project = FirestoreEmulator().start(), new_project()
    try:
        with tempfile.TemporaryDirectory() as folder:
            schema = Path(folder) / "schema.toml"
            schema.write_text(SCHEMA)
            environment = os.environ | {
                "FIRESTORE_EMULATOR_HOST": emulator.host,
                "STORE": "firestore",
                "FIREBASE_PROJECT": project,
                "SCHEMA": str(schema),
            }
            command = [sys.executable, "-m", "benchmarks.backfill"]
            fill_it = [*command, "--fill", project, str(users), str(engagements)]
            subprocess.run(fill_it, env=environment, check=True)  # noqa: S603  # ourselves
            say(f"{users:,} users written")
            before_s = processor_s(emulator.group)
            output = subprocess.check_output([*command, "--here"], env=environment)  # noqa: S603
            emulator_s = processor_s(emulator.group) - before_s
    finally:
        emulator.stop()
    found: dict[str, float] = json.loads(output.splitlines()[-1])
    return {"users": users, "engagements": engagements, "emulator_s": emulator_s, **found}


def result(runs: Sequence[dict[str, Any]]) -> BenchmarkResult:
    """The runs as a table."""
    header = ["users", "engagements each", "users/s", "command ms", "emulator ms", "MB"]
    rows = []
    for run in runs:
        users = run["users"]
        milliseconds = [1000 * run[name] / users for name in ("processor_s", "emulator_s")]
        rows.append(
            [
                f"{users:,}",
                f"{run['engagements']:,}",
                f"{users / run['seconds']:,.1f}",
                *(f"{one:.1f}" for one in milliseconds),
                f"{run['peak_mb']:.0f}",
            ]
        )
    return BenchmarkResult(
        "backfill", ABOUT, [ResultTable("Backfill", header, rows)], {"runs": runs}
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the backfill of every size, print the table and write the JSON file."""
    parser = argument_parser("backfill", __doc__ or "")
    parser.add_argument("--users", type=int, nargs="+", default=USERS, metavar="N")
    parser.add_argument("--engagements", type=int, default=ENGAGEMENTS, metavar="N")
    given = parser.parse_args(arguments)
    result([measure(users, given.engagements) for users in given.users]).publish(given.json)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fill"]:
        fill(sys.argv[2], *map(int, sys.argv[3:]))
    elif sys.argv[1:2] == ["--here"]:
        print(json.dumps(backfill()))  # noqa: T201
    else:
        main()
