"""Cost: dollars for a million sessions, from what was measured and `prices.toml`.

`python -m benchmarks.cost [--http FILE] [--summary FILE] [--prices FILE] [--json FILE]`: measured
figures are those of `benchmarks.http` and `benchmarks.summary`, read from their JSON or measured
now. Beside the approach that the feed started from and rented services.
"""

import asyncio
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from adapters.sqlite.users import SqliteStore
from benchmarks import http, origin, summary
from benchmarks.data.users import NOW, episode_id
from benchmarks.harness.dataset import SyntheticDataset
from benchmarks.report.prices import FILE, PriceList, read_prices
from benchmarks.report.results import BenchmarkResult, ResultTable, options, read, say
from emulators.process import MissingError
from feed.model.engagement import Engagement
from feed.model.timestamps import to_us
from feed.summary.writer import refresh_summary
from operations.reconcile.cost import FirestorePrices, Meter, Spending
from operations.reconcile.recording_store import RecordingStore

MILLION = 1_000_000
MEMORY_GIB = 1.0
"""of an instance of create-session, as deploy.sh has it"""
TRIGGER_GIB = 0.5
BUSY = 0.6
"""the share of an instance's processor that is at work, where many sessions share it: assumed"""
ROUNDED_S = 0.1
"""what an instance that has a single request is billed at least"""
WHOLE = 0.01
"""fewer answers than this without a summary: what takes less work is no session's figure"""
ENGAGEMENTS, EPISODES = 500, 2_000
VECTORS = (160, 500)
RECORDS_A_UNIT = 10
ABOUT = (
    "Dollars. Shared: many sessions at once on an instance of 1 vCPU and 1 GiB whose processor is "
    f"at work {BUSY:.0%} of the time. Alone: each session has an instance to itself for the least "
    "that is billed, 100 ms. PriceList, their sources and dates: "
    "benchmarks/report/prices.toml. Free tiers, storage, builds and Cloud Run's own request log "
    "are not counted."
)


class Measured(NamedTuple):
    """What one session and one engagement take."""

    processor_ms: float
    answer_bytes: float
    log_bytes: float
    summaries_from: str
    event_ms: float | None
    """processor of the trigger, None where it was not measured"""
    event: Spending
    """documents that an engagement's event reads and writes"""


def sessions(prices: PriceList, found: Measured, *, alone: bool) -> dict[str, float]:
    """Dollars of a million sessions, by what they are for."""
    instance_s = ROUNDED_S if alone else found.processor_ms / 1000 / BUSY
    return {
        "processor and memory": _instance(prices, instance_s, MEMORY_GIB),
        "requests": prices.invocation.of(MILLION),
        "reads": prices.read.of(MILLION),
        "bytes to listeners": prices.egress.of(found.answer_bytes * MILLION / 2**30),
        "log": prices.log.of(found.log_bytes * MILLION / 2**30),
    }


def engagements(prices: PriceList, found: Measured) -> dict[str, float]:
    """Dollars of a million engagements, each by itself, with the summary that follows.

    Without the trigger's processor, where that was not measured.
    """
    spent = {
        "requests": prices.invocation.of(MILLION),
        "reads": prices.read.of(found.event.reads * MILLION),
        "writes": prices.write.of((1 + found.event.writes) * MILLION),
    }
    if found.event_ms is None:
        return spent
    event_s = found.event_ms / 1000 / BUSY
    return {"processor and memory": _instance(prices, event_s, TRIGGER_GIB), **spent}


def approach(
    prices: PriceList, found: Measured, origin_ms: float, vectors: int
) -> dict[str, float]:
    """Dollars of a million sessions of the approach that the feed started from.

    Vectors in batches of ten, though one by one each would take a unit of its own.
    """
    units = math.ceil(vectors / RECORDS_A_UNIT)
    instance_s = origin_ms / 1000 / BUSY
    return {
        "processor and memory": _instance(prices, instance_s, MEMORY_GIB),
        "requests": prices.invocation.of(MILLION),
        "engagements and user read": prices.read.of((ENGAGEMENTS + 1) * MILLION),
        "episodes read, twice": prices.read.of(2 * EPISODES * MILLION),
        "vectors": prices.read_unit.of(units * MILLION),
        "bytes to listeners": prices.egress.of(found.answer_bytes * MILLION / 2**30),
        "log": prices.log.of(found.log_bytes * MILLION / 2**30),
    }


def _instance(prices: PriceList, seconds: float, gib: float) -> float:
    return MILLION * (prices.vcpu_second.of(seconds) + prices.gib_second.of(seconds * gib))


def measured(http_found: dict[str, Any], summary_found: dict[str, Any] | None) -> Measured:
    """The figures that cost depends on. Of Firestore, where it was there to be measured."""
    contenders = http_found["contenders"]
    name = "Firestore emulator" if "Firestore emulator" in contenders else "SQLite"
    by_connections = contenders[name]
    whole = [one for one in by_connections if by_connections[one]["degraded"]["median"] < WHOLE]
    figures = by_connections[max(whole, key=int) if whole else min(by_connections, key=int)]
    return Measured(
        figures["processor_ms"]["median"],
        figures["bytes"]["median"],
        figures["log_bytes"]["median"],
        name,
        summary_found["many users"]["processor_ms"] if summary_found else None,
        asyncio.run(event_spending()),
    )


async def event_spending() -> Spending:
    """Documents that the event of one engagement of a user with many reads and writes."""
    with tempfile.TemporaryDirectory() as folder:
        store, meter = SqliteStore(Path(folder) / "users.db"), Meter(FirestorePrices())
        world = SyntheticDataset(2_000, users=1)
        for name, known in world.summaries():
            for one in known.engagements:
                await store.put_engagement(name, one)
            await refresh_summary(store, name, rebuild=True)
            new = Engagement(
                id="new", episode_id=episode_id(1), type="like", timestamp_us=to_us(NOW)
            )
            await store.put_engagement(name, new)
            await refresh_summary(RecordingStore(store, meter, check=False), name, [new.id])
    return meter.spent


def result(prices: PriceList, found: Measured, origin_ms: float) -> BenchmarkResult:
    """As tables."""
    shared, alone = (sessions(prices, found, alone=alone) for alone in (False, True))
    few, many = (approach(prices, found, origin_ms, vectors) for vectors in VECTORS)
    events = engagements(prices, found)
    hosting = prices.egress_hosting.of(found.answer_bytes * MILLION / 1e9)
    each = [
        ResultTable(
            "A million sessions",
            ["", "shared", "alone"],
            [*_lines(shared, alone), ["bytes through Hosting instead", *[_dollars(hosting)] * 2]],
        ),
        ResultTable(
            "A million engagements, each by itself",
            ["", "shared"],
            _lines(events),
        ),
        ResultTable(
            "A million sessions of the approach that the feed started from",
            ["", *(f"{vectors} vectors" for vectors in VECTORS)],
            _lines(few, many),
        ),
        ResultTable(
            "A million answers of rented services, without training and storage",
            ["", "dollars"],
            [
                [price.unit, _dollars(price.of(MILLION))]
                for price in (prices.rented_recommendation, prices.rented_search)
            ],
        ),
    ]
    about = (
        f"{ABOUT} Measured: {found.processor_ms:.2f} ms of the processor and "
        f"{found.answer_bytes:,.0f} bytes a session, summaries from {found.summaries_from}; "
        f"{found.log_bytes:,.0f} bytes of log; the approach {origin_ms:.1f} ms over "
        f"{EPISODES:,} episodes; an event {found.event.reads} reads and {found.event.writes} "
        f"writes. The approach is {sum(few.values()) / sum(shared.values()):,.0f} to "
        f"{sum(many.values()) / sum(shared.values()):,.0f} times as dear."
    )
    unchecked = [name for name in prices.__struct_fields__ if not getattr(prices, name).checked]
    if unchecked:
        about += f" PriceList not checked: {', '.join(unchecked)}."
    totals = {
        "shared": shared,
        "alone": alone,
        "engagements": events,
        **{
            f"approach, {vectors} vectors": one
            for vectors, one in zip(VECTORS, (few, many), strict=True)
        },
        "rented_recommendation": prices.rented_recommendation.of(MILLION),
        "rented_search": prices.rented_search.of(MILLION),
    }
    return BenchmarkResult(
        "cost",
        about,
        each,
        {"measured": found._asdict() | {"event": vars(found.event)}, "dollars": totals},
    )


def _lines(*columns: dict[str, float]) -> list[list[str]]:
    """One line for each item, and their sum."""
    lines = [[name, *(_dollars(column[name]) for column in columns)] for name in columns[0]]
    return [*lines, ["all", *(_dollars(sum(column.values())) for column in columns)]]


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Reckon and tell."""
    parser = options("cost", __doc__ or "")
    parser.add_argument("--http", type=Path, metavar="FILE", help="what benchmarks.http found")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="benchmarks.summary's")
    parser.add_argument("--prices", type=Path, default=FILE, metavar="FILE")
    parser.add_argument("--episodes", type=int, default=10_000, metavar="N", help="if measured now")
    given = parser.parse_args(arguments)
    try:
        prices = read_prices(given.prices)
    except (OSError, ValueError) as error:
        raise SystemExit(f"benchmarks.cost: {error}") from None
    if given.http:
        over_http = read(given.http).found
    else:
        world = SyntheticDataset(given.episodes)
        over_http = http.result(http.measured(world, [16], 2.0, 1), world).found
    events = read(given.summary).found if given.summary else _events()
    found = measured(over_http, events)
    origin_ms = origin.measured(EPISODES, 5)[origin.AS_IT_WAS].median
    result(prices, found, origin_ms).tell(given.json)


def _events() -> dict[str, Any] | None:
    try:
        return summary.measured(events=300, users=50, probes=1)
    except MissingError as missing:
        say(f"without events: {missing}")
        return None


if __name__ == "__main__":
    main()
