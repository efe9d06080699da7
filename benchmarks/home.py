"""A home page beside one session: how much longer it takes to answer.

`python -m benchmarks.home [--sizes N ...] [--json FILE]`: the users and catalogs of `engine`,
`for_you`, the shipped home page. See docs/home.md.
"""

# ruff: noqa: E402  # threads are counted when numpy is imported
import os

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_variable] = "1"

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec
import numpy as np

from benchmarks.data.large_catalog import NOW, large_catalog, queries
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser
from feed.catalog.catalog import Catalog
from feed.home.cursor import seal_home
from feed.home.file import shipped as shipped_home
from feed.model.timestamps import DAY_US, to_us
from feed.scenarios.scenario import shipped
from feed.session import pages
from feed.user.query import Query
from functions.api.home import encode_shelves
from functions.serving.loaded_catalog import LoadedCatalog, Rankers

SIZES = (10_000, 100_000)
SCENARIO = "for_you"
USERS = 20
ROUNDS = 5
FOLLOWED = 5
HOME = shipped_home()
KEYS = (b"a key for cursors that are discarded",)
ABOUT = (
    "Processor milliseconds of one thread, medians. From the query to the bytes of an answer: a "
    "session's page of 10 with its cursor, and a home page with the beginnings of all shelves and "
    "their cursor, in turns. Heavy users have 500 engagements, 2,000 exclusions and 5 followed "
    "series; new ones nothing."
)


def heavy(catalog: Catalog) -> list[Query]:
    """Queries of heavy users who follow a few series."""
    made = []
    for seed, query in enumerate(queries(catalog, USERS)):
        rng = np.random.default_rng(seed)
        series = rng.choice(len(catalog.series_ids), FOLLOWED, replace=False).tolist()
        followed = tuple(catalog.series_ids[one] for one in series)
        profile = msgspec.structs.replace(query.profile, followed_series=followed)
        made.append(msgspec.structs.replace(query, profile=profile))
    return made


def measure(size: int) -> dict[str, dict[str, float]]:
    """By kind of user: milliseconds of a session and of a home page, and shelves of one."""
    catalog = large_catalog(size, 256)
    loaded = LoadedCatalog(catalog, Rankers(catalog, shipped(), [SCENARIO]), 0)
    users = {
        "heavy": heavy(catalog),
        "new": [Query(now_us=to_us(NOW), seed=seed) for seed in range(USERS)],
    }
    return {name: _in_turns(loaded, some) for name, some in users.items()}


def _in_turns(loaded: LoadedCatalog, users: Sequence[Query]) -> dict[str, float]:
    taken: dict[str, list[float]] = {"session": [], "home": []}
    tasks: dict[str, Callable[[Query], Any]] = {
        "session": partial(_session, loaded),
        "home": partial(_home, loaded),
    }
    for turn in range(-1, ROUNDS):  # the first turn warms up
        for query in users:
            for name, task in tasks.items():
                began = time.process_time()
                task(query)
                if turn >= 0:
                    taken[name].append((time.process_time() - began) * 1000)
    shelves = [_home(loaded, query) for query in users]
    medians = {f"{name}_ms": round(float(np.median(one)), 3) for name, one in taken.items()}
    return medians | {"shelves": float(np.median(shelves))}


def _session(loaded: LoadedCatalog, query: Query) -> bytes:
    session = pages.create(loaded.rankers[SCENARIO], query)
    until = to_us(NOW) + DAY_US
    return pages.page(loaded.catalog, session, 10, uid="u", keys=KEYS, expires_us=until)


def _home(loaded: LoadedCatalog, query: Query) -> int:
    """Make an answer; returns its number of shelves."""
    now_us = to_us(NOW)
    page = loaded.home_ranker(loaded.rankers[SCENARIO], HOME).assemble(query)
    msgspec.json.encode(encode_shelves(loaded, page, now_us))
    seal_home(page, loaded.catalog, uid="u", keys=KEYS, expires_us=now_us + DAY_US)
    return len(page.shelves)


def result(runs: dict[int, dict[str, dict[str, float]]]) -> BenchmarkResult:
    """The measurements as a table."""
    rows = [
        [
            f"{size:,}",
            name,
            f"{one['session_ms']:.2f}",
            f"{one['home_ms']:.2f}",
            f"{one['home_ms'] / one['session_ms']:.2f}",
            f"{one['shelves']:.0f}",
        ]
        for size, users in runs.items()
        for name, one in users.items()
    ]
    header = ["episodes", "user", "session", "home", "ratio", "shelves"]
    return BenchmarkResult(
        "home", ABOUT, [ResultTable("A home page", header, rows)], {"runs": runs}
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table and write the JSON file."""
    parser = argument_parser("home", __doc__ or "")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N")
    given = parser.parse_args(arguments)
    result({size: measure(size) for size in given.sizes}).publish(given.json)


if __name__ == "__main__":
    main()
