"""Cost of scheduled looks: dollars a day by users and builds, from measured times and prices.

`python -m benchmarks.schedule [--episodes N ...] [--prices FILE] [--json FILE]`: for each size a
catalog is published, then looks that continue from it are timed. See docs/signals.md.
"""

import itertools
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from adapters.folder.build_cache import FolderBuildCache
from adapters.folder.shelf import FolderShelf
from adapters.gcs.compression import compress
from adapters.jsonl import JsonSource
from benchmarks.cost import UTILIZATION
from benchmarks.data.users import NOW
from benchmarks.harness.dataset import SyntheticDataset
from benchmarks.report.prices import FILE, PriceList, read_prices
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser, say
from catalog_builder.inputs import BuildInputs
from catalog_builder.look import look
from catalog_builder.signals.interactions import MINUTE_US
from catalog_builder.signals.state import MARGIN_US, SETTLED_US, settled_until
from feed.model.engagement import Summary
from feed.model.episode import Episode
from feed.ports.episodes import Vectors
from feed.summary.document import from_document, to_document

USERS_AN_EPISODE = 10
CHANGED = 2_000
"""changed summaries that a timed build reads"""
LOOK_MIN, LOOK_READS = 5, 5
"""minutes between two looks, as in deploy.sh, and document reads of one that finds nothing"""
INTERVALS_MIN = (60, 5)
"""minutes between two builds: where only signals change, and where episodes do before every look"""
VISITS_A_DAY = 0.5
"""assumed visits of a user a day, each of which changes the summary within some minutes"""
FULL_MS = 0.58
"""processor milliseconds of a full pass for each user, measured by benchmarks.signals"""
VCPUS, GIB = 2, 2
"""of an instance of publish-catalog, as in deploy.sh; for a million users 4 GiB"""
KEPT, KEPT_DAYS = 48, 7
"""snapshots that are kept, and days for which the bucket keeps deleted ones"""
DAY_MIN = 24 * 60
ABOUT = (
    f"Dollars a day, with a look every {LOOK_MIN} minutes. Each user visits {VISITS_A_DAY:g} times "
    "a day. Builds every 60 minutes renew signals; those every 5 find a changed episode, so "
    "that each makes the whole catalog again. An instance has 2 vCPUs and 2 GiB, and "
    f"its one thread computes {UTILIZATION:.0%} of the time. The bucket keeps {KEPT} snapshots, "
    f"and deleted ones for {KEPT_DAYS} days. Vectors are given, and the time of Firestore's client "
    "is not counted, nor are the bucket's operations; sending snapshots to instances in the same "
    "region is free. Prices: benchmarks/report/prices.toml."
)


class MeasuredLooks(NamedTuple):
    """Processor seconds of looks that continue from the one before."""

    unchanged_s: float
    """with the episodes unchanged and no summary: nothing is built"""
    renewed_s: float
    """with the episodes unchanged and one changed summary"""
    rebuilt_s: float
    """with a changed episode and no summary"""
    summary_ms: float
    """milliseconds more for each changed summary"""
    snapshot_bytes: int
    """as stored in a bucket"""


@dataclass
class _Listeners:
    """An archive of synthetic users, some of whose summaries have changed."""

    dataset: SyntheticDataset
    changed: Sequence[bytes] = ()
    """their documents"""

    def summaries(self) -> Iterator[Summary]:
        return self.dataset.listeners().summaries()

    def changed_since(self, us: int) -> Iterator[Summary]:  # noqa: ARG002 - nothing changes
        return (from_document(msgspec.msgpack.decode(one)) for one in self.changed)


class _GivenVectors:
    """A `VectorStore` with the vectors of the dataset."""

    def __init__(self, dataset: SyntheticDataset) -> None:
        self._vectors = dataset.vectors()

    def vectors(self, episodes: Sequence[Episode]) -> Vectors:  # noqa: ARG002 - in their order
        return self._vectors


def measure(episodes: int) -> MeasuredLooks:
    """Publish a catalog of so many episodes, then time looks that continue from it."""
    dataset = SyntheticDataset(episodes)
    users, vectors = _Listeners(dataset), _GivenVectors(dataset)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        items = dataset.items()
        shelf, cache = FolderShelf(folder / "shelf"), FolderBuildCache(folder)

        def timed_look(minutes: int) -> float:
            (folder / "episodes.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, items)))
            now = NOW + timedelta(minutes=minutes)
            began = time.process_time()
            inputs = BuildInputs(
                episodes=JsonSource(folder / "episodes.jsonl"),
                vectors=vectors,
                now=now,
                max_bad=lambda _: 0,
                users=users,
                until_us=settled_until(now),
            )
            look(shelf, cache, inputs, keep=2, signals_interval_s=0)
            return time.process_time() - began

        timed_look(0)
        unchanged_s = timed_look(5)
        some = itertools.islice(users.summaries(), CHANGED)
        summaries = [msgspec.msgpack.encode(to_document(one)) for one in some]
        users.changed = summaries[:1]
        renewed_s = timed_look(10)
        users.changed = summaries
        summary_ms = (timed_look(15) - renewed_s) / len(summaries) * 1000
        users.changed = ()
        items[0] = msgspec.structs.replace(items[0], title="Another title")
        rebuilt_s = timed_look(20)
        pointer = shelf.current(60)
        data = shelf.fetch(pointer.version, 60) if pointer else b""
        stored = len(compress(memoryview(data)) or data)
    return MeasuredLooks(unchanged_s, renewed_s, rebuilt_s, summary_ms, stored)


def dollars_a_day(
    prices: PriceList, times: MeasuredLooks, episodes: int, interval_min: int
) -> dict[str, float]:
    """Dollars for a day of looks, by item; the first one reads all episodes and summaries.

    Between two builds are `interval_min` minutes.
    """
    users = episodes * USERS_AN_EPISODE
    looks, builds = DAY_MIN / LOOK_MIN, DAY_MIN / interval_min
    build_s = times.renewed_s if interval_min > LOOK_MIN else times.rebuilt_s
    changed = changed_summaries(users, interval_min)
    full_s = users * FULL_MS / 1000
    busy_s = full_s + looks * times.unchanged_s
    busy_s += builds * (build_s + changed * times.summary_ms / 1000)
    billed_s = busy_s / UTILIZATION
    kept = KEPT + KEPT_DAYS * builds
    return {
        "reads of everything": prices.read.of(users + episodes),
        "reads of looks": prices.read.of(looks * LOOK_READS),
        "reads of summaries": prices.read.of((builds - 1) * changed),
        "processor and memory": (
            prices.vcpu_second.of(VCPUS * billed_s) + prices.gib_second.of(GIB * billed_s)
        ),
        "snapshots in the bucket": prices.storage_hour.of(kept * times.snapshot_bytes / 2**30 * 24),
    }


def changed_summaries(users: int, interval_min: int) -> float:
    """Summaries that a build reads: those that changed in the interval, and in its margins."""
    window_min = interval_min + (SETTLED_US + MARGIN_US) / MINUTE_US
    return min(users, users * VISITS_A_DAY * window_min / DAY_MIN)


def result(prices: PriceList, sizes: dict[int, MeasuredLooks]) -> BenchmarkResult:
    """Times and costs as tables."""
    measured = [
        [
            f"{episodes:,}",
            *(f"{one:.1f}" for one in (times.unchanged_s, times.renewed_s, times.rebuilt_s)),
            f"{times.summary_ms:.2f}",
            f"{times.snapshot_bytes / 1e6:.1f}",
        ]
        for episodes, times in sizes.items()
    ]
    rows, found = [], []
    for (episodes, times), interval_min in itertools.product(sizes.items(), INTERVALS_MIN):
        users = episodes * USERS_AN_EPISODE
        day = dollars_a_day(prices, times, episodes, interval_min)
        naive = prices.read.of(users * DAY_MIN / interval_min)
        changed = changed_summaries(users, interval_min)
        amounts = [*day.values(), sum(day.values()), naive]
        rows.append(
            [
                f"{users:,}",
                f"{interval_min} min",
                f"{changed:,.0f}",
                *(f"${x:.2f}" for x in amounts),
            ]
        )
        found.append({"users": users, "interval_min": interval_min, "changed": changed, **day})
    names = [*dollars_a_day(prices, next(iter(sizes.values())), 1, 60), "all"]
    header = ["users", "builds every", "summaries a build", *names, "reads, if each read all"]
    each = ["episodes", "unchanged, s", "renewed, s", "rebuilt, s", "summary, ms", "snapshot, MB"]
    tables = [
        ResultTable("Processor time of a look", each, measured),
        ResultTable("A day of looks", header, rows),
    ]
    times_found = {str(episodes): times._asdict() for episodes, times in sizes.items()}
    return BenchmarkResult("schedule", ABOUT, tables, {"times": times_found, "days": found})


def main(arguments: Sequence[str] | None = None) -> None:
    """Time the builds of each size, print the tables and write the JSON file."""
    parser = argument_parser("schedule", __doc__ or "")
    parser.add_argument(
        "--episodes", type=int, nargs="+", default=[5_000, 100_000], metavar="N",
        help=f"sizes of the catalog; there are {USERS_AN_EPISODE} users for each episode",
    )  # fmt: skip
    parser.add_argument("--prices", type=Path, default=FILE, metavar="FILE")
    given = parser.parse_args(arguments)
    sizes = {}
    for episodes in given.episodes:
        sizes[episodes] = measure(episodes)
        say(f"{episodes:,} episodes measured")
    result(read_prices(given.prices), sizes).publish(given.json)


if __name__ == "__main__":
    main()
