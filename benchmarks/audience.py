"""Audiences: users a second for each size of the catalog, and the price of a million users.

`python -m benchmarks.audience [--sizes N ...] [--users N] [--json FILE]`: users with 100
engagements each are ranked by `functions.audience`, read from a SQLite file. See docs/audience.md.
"""

# ruff: noqa: E402  # threads are counted when numpy is imported
import os

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_variable] = "1"

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from adapters.sqlite.summary_archive import SqliteArchive
from adapters.sqlite.users import SqliteStore
from benchmarks.data.large_catalog import NOW, large_catalog, queries
from benchmarks.harness.measurement import peak_memory_mb
from benchmarks.report.prices import read_prices
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser, say
from feed.catalog.catalog import Catalog
from feed.model.engagement import Profile, Summary
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from functions.audience.request import AudienceProgress, AudienceRequest
from functions.audience.run import AudienceRun, AudienceSources

SIZES, USERS, ENGAGEMENTS, KINDS = (10_000, 100_000), 2_000, 100, 20
EPISODES = (1, 20)
"""number of episodes whose audiences are found in one pass"""
DIMENSION = 256
GIB = 2.0
"""memory of the function, for its price"""
MILLION = 1_000_000
ABOUT = (
    f"One thread, scenario `for_you`, {DIMENSION} dimensions, users with {ENGAGEMENTS} engagements "
    "around 4 interests and a followed series, read from a SQLite file. Processor seconds, so that "
    "a busy machine does not count. Dollars: of a million users, with one document read for each "
    f"and with the instance of the function (1 processor, {GIB:g} GiB)."
)


def summaries(catalog: Catalog) -> list[Summary]:
    """Summaries of a few kinds of users."""
    return [
        Summary(
            engagements=query.engagements[:ENGAGEMENTS],
            profile=Profile(followed_series=(catalog.series_ids[nth % len(catalog.series_ids)],)),
        )
        for nth, query in enumerate(queries(catalog, KINDS))
    ]


async def fill(path: Path, users: int, kinds: Sequence[Summary]) -> None:
    """Store the summaries of so many users."""
    store = SqliteStore(path)
    for user in range(users):
        await store.write_summary(f"user-{user:07}", kinds[user % len(kinds)], None)


def measure(size: int, users: int) -> list[dict[str, Any]]:
    """Find audiences in a catalog of one size, for each number of episodes."""
    catalog = large_catalog(size, DIMENSION)
    ranker = Ranker(catalog, shipped()["for_you"])
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "users.db"
        asyncio.run(fill(path, users, summaries(catalog)))
        for episodes in EPISODES:
            rows = np.argsort(-catalog.published_us, kind="stable")[:episodes]
            ids = tuple(catalog.ids[row] for row in rows.tolist())
            progress = AudienceProgress(
                began_us=to_us(NOW), catalog_version=catalog.version, episodes=ids
            )
            none = np.zeros(0, np.uint64)
            sources = AudienceSources(
                pages=SqliteArchive(path),
                ranker_of=lambda _: ranker,
                several_scenarios=False,
                leave_out=none,
            )
            run = AudienceRun(AudienceRequest(limit=1_000), sources, rows, progress)
            began_s = time.process_time()
            for _ in run.pages():
                pass
            seconds = time.process_time() - began_s
            members = sum(one.found for one in run.audiences)
            say(f"{size:,} episodes, {episodes} new: {users / seconds:,.0f} users/s")
            found.append(
                {
                    "catalog": size,
                    "episodes": episodes,
                    "users": users,
                    "users_per_s": users / seconds,
                    "members": members,
                    "progress_kb": len(run.saved()) / 1024,
                    "peak_mb": peak_memory_mb(),
                }
            )
    return found


def dollars(users_per_s: float) -> float:
    """The price of a million users."""
    prices, seconds = read_prices(), MILLION / users_per_s
    instance = prices.vcpu_second.of(seconds) + prices.gib_second.of(GIB * seconds)
    return prices.read.of(MILLION) + instance


def result(runs: Sequence[dict[str, Any]]) -> BenchmarkResult:
    """The runs as a table."""
    header = ["catalog", "episodes at once", "users/s", "ms/user", "$ per million users"]
    rows = [
        [
            f"{run['catalog']:,}",
            f"{run['episodes']}",
            f"{run['users_per_s']:,.0f}",
            f"{1000 / run['users_per_s']:.2f}",
            f"{dollars(run['users_per_s']):.2f}",
        ]
        for run in runs
    ]
    return BenchmarkResult(
        "audience", ABOUT, [ResultTable("Audiences", header, rows)], {"runs": runs}
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every size, print the table and write the JSON file."""
    parser = argument_parser("audience", __doc__ or "")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--users", type=int, default=USERS, metavar="N")
    given = parser.parse_args(arguments)
    runs = [run for size in given.sizes for run in measure(size, given.users)]
    result(runs).publish(given.json)


if __name__ == "__main__":
    main()
