"""Cost: dollars for a million sessions, from measured resources and `prices.toml`.

`python -m benchmarks.cost [--http FILE] [--summary FILE] [--prices FILE] [--json FILE]`: the
figures are those of `benchmarks.http` and `benchmarks.summary`, read from their JSON or measured
now. They are compared with the original approach and with managed services.
"""

import asyncio
import math
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from adapters.sqlite.users import SqliteStore
from benchmarks import http, origin, summary
from benchmarks.data.users import NOW, episode_id
from benchmarks.harness.dataset import SyntheticDataset
from benchmarks.report.prices import FILE, PriceList, read_prices
from benchmarks.report.results import (
    BenchmarkResult,
    ResultTable,
    argument_parser,
    read_result,
    say,
)
from emulators.process import MissingError
from feed.model.engagement import Engagement
from feed.model.timestamps import to_us
from feed.summary.writer import refresh_summary
from operations.passes.cost import FirestorePrices, Meter, Spending
from operations.passes.recording_store import RecordingStore

MILLION = 1_000_000
MEMORY_GIB = 1.0
"""memory of a create-session instance, as in deploy.sh"""
TRIGGER_GIB = 0.5
"""memory of an instance of the trigger"""
UTILIZATION = 0.6
"""assumed utilization of an instance's processor that many sessions share"""
MIN_BILLED_S = 0.1
"""least time that is billed for an instance with a single request"""
MAX_DEGRADED = 0.01
"""largest share of degraded answers in figures that are used, since these take less work"""
ENGAGEMENTS, EPISODES = 500, 2_000
VECTORS = (160, 500)
RECORDS_A_UNIT = 10
ABOUT = (
    "Dollars. Shared: many sessions at once on an instance of 1 vCPU and 1 GiB whose processor is "
    f"busy {UTILIZATION:.0%} of the time. Alone: each session has an instance of its own for the "
    "least that is billed, 100 ms. Prices, their sources and dates: "
    "benchmarks/report/prices.toml. Each session brings what its user saw before, but for those "
    "without impressions; a later page that brings some costs a read and a write more. Free tiers, "
    "storage, builds and Cloud Run's own request log are not counted."
)


class SessionResources(NamedTuple):
    """The measured resources of one session and one engagement."""

    processor_ms: float
    answer_bytes: float
    log_bytes: float
    writes: float
    """documents written for a session: what the user saw before it, if it brings any"""
    summaries_from: str
    event_ms: float | None
    """processor time of the trigger; None if it was not measured"""
    event: Spending
    """documents read and written for the event of an engagement"""


def sessions(prices: PriceList, resources: SessionResources, *, alone: bool) -> dict[str, float]:
    """Dollars for a million sessions, by item; `alone` with one session per instance."""
    instance_s = MIN_BILLED_S if alone else resources.processor_ms / 1000 / UTILIZATION
    return {
        "processor and memory": _instance(prices, instance_s, MEMORY_GIB),
        "requests": prices.invocation.of(MILLION),
        "reads": prices.read.of(MILLION),
        "writes of impressions": prices.write.of(resources.writes * MILLION),
        "bytes to listeners": prices.egress.of(resources.answer_bytes * MILLION / 2**30),
        "log": prices.log.of(resources.log_bytes * MILLION / 2**30),
    }


def engagements(prices: PriceList, resources: SessionResources) -> dict[str, float]:
    """Dollars for a million engagements, each written alone, with the update of the summary.

    Leaves out the trigger's processor time if it was not measured.
    """
    spent = {
        "requests": prices.invocation.of(MILLION),
        "reads": prices.read.of(resources.event.reads * MILLION),
        "writes": prices.write.of((1 + resources.event.writes) * MILLION),
    }
    if resources.event_ms is None:
        return spent
    event_s = resources.event_ms / 1000 / UTILIZATION
    return {"processor and memory": _instance(prices, event_s, TRIGGER_GIB), **spent}


def original_approach(
    prices: PriceList, resources: SessionResources, origin_ms: float, vectors: int
) -> dict[str, float]:
    """Dollars for a million sessions of the original approach, by item.

    Vectors are fetched in batches of ten; fetched singly, each takes a read unit.
    """
    units = math.ceil(vectors / RECORDS_A_UNIT)
    instance_s = origin_ms / 1000 / UTILIZATION
    return {
        "processor and memory": _instance(prices, instance_s, MEMORY_GIB),
        "requests": prices.invocation.of(MILLION),
        "engagements and user read": prices.read.of((ENGAGEMENTS + 1) * MILLION),
        "episodes read, twice": prices.read.of(2 * EPISODES * MILLION),
        "vectors": prices.read_unit.of(units * MILLION),
        "bytes to listeners": prices.egress.of(resources.answer_bytes * MILLION / 2**30),
        "log": prices.log.of(resources.log_bytes * MILLION / 2**30),
    }


def _instance(prices: PriceList, seconds: float, gib: float) -> float:
    return MILLION * (prices.vcpu_second.of(seconds) + prices.gib_second.of(seconds * gib))


def figures_of(
    http_found: dict[str, Any], summary_found: dict[str, Any] | None, *, returning: bool
) -> SessionResources:
    """The figures that cost depends on, with summaries from Firestore if it was measured.

    They are those of sessions that bring impressions if `returning`.
    """
    contenders = http_found["contenders"]
    name = "Firestore emulator" if "Firestore emulator" in contenders else "SQLite"
    by_connections = contenders[name + http.RETURNING if returning else name]
    whole = [
        one for one in by_connections if by_connections[one]["degraded"]["median"] < MAX_DEGRADED
    ]
    figures = by_connections[max(whole, key=int) if whole else min(by_connections, key=int)]
    return SessionResources(
        figures["processor_ms"]["median"],
        figures["bytes"]["median"],
        figures["log_bytes"]["median"],
        1.0 if returning else 0.0,
        name,
        summary_found["many users"]["processor_ms"] if summary_found else None,
        asyncio.run(event_spending()),
    )


async def event_spending() -> Spending:
    """Documents read and written for the event of one engagement, of a user with many."""
    with tempfile.TemporaryDirectory() as folder:
        store, meter = SqliteStore(Path(folder) / "users.db"), Meter(FirestorePrices())
        dataset = SyntheticDataset(2_000, users=1)
        for name, known in dataset.summaries():
            for one in known.engagements:
                await store.put_engagement(name, one)
            await refresh_summary(store, name, rebuild=True)
            new = Engagement(
                id="new", episode_id=episode_id(1), type="like", timestamp_us=to_us(NOW)
            )
            await store.put_engagement(name, new)
            await refresh_summary(RecordingStore(store, meter, check=False), name, [new.id])
    return meter.spent


def result(
    prices: PriceList, resources: SessionResources, plain: SessionResources, origin_ms: float
) -> BenchmarkResult:
    """The costs as tables, of sessions that bring impressions and of `plain` ones."""
    shared, alone = (sessions(prices, resources, alone=alone) for alone in (False, True))
    without = sessions(prices, plain, alone=False)
    few, many = (original_approach(prices, resources, origin_ms, vectors) for vectors in VECTORS)
    events = engagements(prices, resources)
    hosting = prices.egress_hosting.of(resources.answer_bytes * MILLION / 1e9)
    each = [
        ResultTable(
            "A million sessions",
            ["", "without impressions", "shared", "alone"],
            [
                *_lines(without, shared, alone),
                ["bytes through Hosting instead", *[_dollars(hosting)] * 3],
            ],
        ),
        ResultTable("A million engagements, each written alone", ["", "shared"], _lines(events)),
        ResultTable(
            "A million sessions of the original approach",
            ["", *(f"{vectors} vectors" for vectors in VECTORS)],
            _lines(few, many),
        ),
        ResultTable(
            "A million answers of managed services, without training and storage",
            ["", "dollars"],
            [
                [price.unit, _dollars(price.of(MILLION))]
                for price in (prices.rented_recommendation, prices.rented_search)
            ],
        ),
    ]
    about = (
        f"{ABOUT} Measured: {resources.processor_ms:.2f} ms of the processor and "
        f"{resources.answer_bytes:,.0f} bytes a session, summaries from "
        f"{resources.summaries_from}; {resources.log_bytes:,.0f} bytes of log; the original "
        f"approach {origin_ms:.1f} ms over {EPISODES:,} episodes; an event {resources.event.reads} "
        f"reads and {resources.event.writes} writes. The original approach is "
        f"{sum(few.values()) / sum(shared.values()):,.0f} to "
        f"{sum(many.values()) / sum(shared.values()):,.0f} times as expensive."
    )
    unchecked = [name for name in prices.__struct_fields__ if not getattr(prices, name).checked]
    if unchecked:
        about += f" Prices not checked: {', '.join(unchecked)}."
    totals = {
        "without impressions": without,
        "shared": shared,
        "alone": alone,
        "engagements": events,
        f"approach, {VECTORS[0]} vectors": few,
        f"approach, {VECTORS[1]} vectors": many,
        "rented_recommendation": prices.rented_recommendation.of(MILLION),
        "rented_search": prices.rented_search.of(MILLION),
    }
    return BenchmarkResult(
        "cost",
        about,
        each,
        {"measured": resources._asdict() | {"event": vars(resources.event)}, "dollars": totals},
    )


def _lines(*columns: dict[str, float]) -> list[list[str]]:
    """A line per item, and their sum."""
    lines = [[name, *(_dollars(column[name]) for column in columns)] for name in columns[0]]
    return [*lines, ["all", *(_dollars(sum(column.values())) for column in columns)]]


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Compute the costs, print the tables and write the JSON file."""
    parser = argument_parser("cost", __doc__ or "")
    parser.add_argument("--http", type=Path, metavar="FILE", help="JSON of benchmarks.http")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="JSON of benchmarks.summary")
    parser.add_argument("--prices", type=Path, default=FILE, metavar="FILE")
    parser.add_argument("--episodes", type=int, default=10_000, metavar="N", help="without --http")
    given = parser.parse_args(arguments)
    try:
        prices = read_prices(given.prices)
    except (OSError, ValueError) as error:
        raise SystemExit(f"benchmarks.cost: {error}") from None
    if given.http:
        over_http = read_result(given.http).found
    else:
        dataset = SyntheticDataset(given.episodes)
        over_http = asdict(http.result(http.measure(dataset, [16], 2.0, 1), dataset))["found"]
    events = read_result(given.summary).found if given.summary else _events()
    resources, plain = (figures_of(over_http, events, returning=one) for one in (True, False))
    origin_ms = origin.measure(EPISODES, 5)[origin.AS_IT_WAS].median
    result(prices, resources, plain, origin_ms).publish(given.json)


def _events() -> dict[str, Any] | None:
    try:
        return summary.measure(events=300, users=50, probes=1)
    except MissingError as missing:
        say(f"events are left out: {missing}")
        return None


if __name__ == "__main__":
    main()
