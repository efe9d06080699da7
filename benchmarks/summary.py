"""Summary updates: events per second, and the delay from a write to the updated summary.

`python -m benchmarks.summary [--events N] [--users N] [--probes N] [--json FILE]`: engagements are
written to the Firestore emulator, whose triggers call the real `update_summary` function through
the event bridge. Requires Java and the Google Cloud SDK. Linux.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from adapters.firestore.users import FirestoreStore
from benchmarks.data.users import episode_id
from benchmarks.harness.measured_function import MeasuredFunction, firestore
from benchmarks.harness.measurement import quantiles
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser
from emulators.event_bridge import EventBridge, register
from emulators.process import MissingError
from emulators.stack import TRIGGERS
from feed.model.engagement import Engagement

CONCURRENT_WRITES = 64
"""concurrent writes"""
POLL_S = 0.001
TIMEOUT_S = 600.0
WATCHED = "summaries"
ABOUT = (
    "From the first write to the last event that the function acknowledged, with 64 concurrent "
    "writes. Handled events per second are of the whole path: the emulator, which sends events one "
    "after another, the bridge, and the function with its reads and writes. Processor: the "
    "function's alone. From commit to summary: one engagement of a user with many is written, and "
    "the summary is read repeatedly until it has it."
)


@dataclass(frozen=True)
class EventPath:
    """The path of an event: Firestore emulator, event bridge and trigger function."""

    project: str
    bridge: EventBridge
    trigger: MeasuredFunction

    async def burst(self, users: dict[str, int], prefix: str) -> dict[str, Any]:
        """Write engagements, a number by user, and wait until their events are handled."""
        store = FirestoreStore(self.project)
        places = asyncio.Semaphore(CONCURRENT_WRITES)

        async def write(uid: str, number: int) -> None:
            async with places:
                await store.put_engagement(uid, _engagement(f"{prefix}{number}", number))

        writes = [(uid, one) for uid, count in users.items() for one in range(count)]
        random.Random(0).shuffle(writes)  # noqa: S311
        total = len(writes)
        acknowledged, watched = self.bridge.statuses[200], self._watched
        used_s, began_s = self.trigger.processor_s, time.perf_counter()
        await asyncio.gather(*(write(*one) for one in writes))
        written_s = time.perf_counter() - began_s
        while self.bridge.statuses[200] - acknowledged < total:
            if time.perf_counter() - began_s > TIMEOUT_S:
                raise RuntimeError(
                    f"events are missing after {TIMEOUT_S:.0f} s: {dict(self.bridge.statuses)}"
                )
            await asyncio.sleep(POLL_S)
        handled_s = time.perf_counter() - began_s
        used_s = self.trigger.processor_s - used_s
        await asyncio.sleep(1)  # until the events of the summaries themselves have arrived
        return {
            "users": len(users),
            "events": total,
            "written_per_s": total / written_s,
            "handled_per_s": total / handled_s,
            "processor_ms": used_s * 1000 / total,
            "summary_writes": (self._watched - watched) / total,
        }

    async def probe(self, uid: str, probes: int) -> list[float]:
        """Milliseconds from each of `probes` writes until the summary has it."""
        store = FirestoreStore(self.project)
        taken = []
        for number in range(probes):
            one = _engagement(f"probe-{number}", number)
            await store.put_engagement(uid, one)
            began_s = time.perf_counter()
            while not await _has(store, uid, one.id):
                if time.perf_counter() - began_s > TIMEOUT_S:
                    raise RuntimeError(
                        f"{one.id} is not in the summary: {dict(self.bridge.statuses)}"
                    )
            taken.append((time.perf_counter() - began_s) * 1000)
        return taken

    @property
    def _watched(self) -> int:
        return self.bridge.received[self.project, WATCHED]


async def _has(store: FirestoreStore, uid: str, engagement_id: str) -> bool:
    stored = await store.read_summary(uid)
    return bool(
        stored
        and stored.summary
        and any(one.id == engagement_id for one in stored.summary.engagements)
    )


_START_US = 1_770_000_000_000_000


def _engagement(engagement_id: str, number: int) -> Engagement:
    """An engagement; higher numbers are newer, probes newest."""
    at_us = _START_US + number * 1_000_000 + 10**12 * engagement_id.startswith("probe")
    return Engagement(
        id=engagement_id, episode_id=episode_id(number), type="like", timestamp_us=at_us
    )


def measure(events: int, users: int, probes: int) -> dict[str, Any]:
    """Measure bursts of one user and of many, then single events.

    Raises:
        MissingError: Java or the emulator is not installed.
    """
    with ExitStack() as stack:
        bridge = EventBridge().start()
        stack.callback(bridge.stop)
        settings = stack.enter_context(firestore(f"127.0.0.1:{bridge.port}"))
        project, host = settings["FIREBASE_PROJECT"], settings["FIRESTORE_EMULATOR_HOST"]
        trigger = stack.enter_context(MeasuredFunction(settings, "update_summary"))
        bridge.targets = {(project, name): trigger.url for name in TRIGGERS}
        for name, pattern in {**TRIGGERS, WATCHED: "users/{uid}/earshot/summary"}.items():
            register(host, project, name, pattern)
        path = EventPath(project, bridge, trigger)
        each = max(1, events // users)
        asyncio.run(path.burst({f"warm-{number}": 2 for number in range(10)}, "w"))
        return {
            "one user": asyncio.run(path.burst({"ada": events}, "b")),
            "many users": asyncio.run(
                path.burst({f"user-{number}": each for number in range(users)}, "b")
            ),
            "commit_to_summary_ms": quantiles(asyncio.run(path.probe("ada", probes))),
            "probes": probes,
        }


def result(measurements: dict[str, Any]) -> BenchmarkResult:
    """The measurements of events as tables."""
    rows = [
        [
            name,
            *(f"{one[what]:,}" for what in ("users", "events")),
            *(f"{one[what]:,.0f}" for what in ("written_per_s", "handled_per_s")),
            *(f"{one[what]:.2f}" for what in ("processor_ms", "summary_writes")),
        ]
        for name, one in measurements.items()
        if isinstance(one, dict) and "users" in one
    ]
    header = ["", "users", "events", "written per s", "handled per s", "processor ms an event"]
    probes = measurements["commit_to_summary_ms"]
    return BenchmarkResult(
        "summary",
        ABOUT,
        [
            ResultTable("Events", [*header, "summary writes an event"], rows),
            ResultTable(
                f"From commit to summary, {measurements['probes']:,} times",
                ["", *(f"{q} ms" for q in probes)],
                [["one engagement", *(f"{ms:,.1f}" for ms in probes.values())]],
            ),
        ],
        measurements,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure events, print the tables and write the JSON file."""
    parser = argument_parser("summary", __doc__ or "")
    parser.add_argument("--events", type=int, default=1000, metavar="N", help="(default: 1000)")
    parser.add_argument("--users", type=int, default=200, metavar="N", help="(default: 200)")
    parser.add_argument("--probes", type=int, default=100, metavar="N", help="(default: 100)")
    given = parser.parse_args(arguments)
    try:
        measurements = measure(given.events, given.users, given.probes)
    except MissingError as missing:
        raise SystemExit(f"benchmarks.summary: {missing}") from None
    result(measurements).publish(given.json)


if __name__ == "__main__":
    main()
