"""Sessions by catalog size, and the vector search compared with libraries.

`python -m benchmarks.engine [--sizes 1000 100000x1536 ...] [--full] [--peers NAME ...] [--json
FILE]`: a size is a number of episodes, and of dimensions if not 256. `--full` adds a million
episodes, which takes ten minutes with all libraries (benchmarks/requirements.txt).
"""

# ruff: noqa: E402  # threads are counted when numpy is imported
import argparse
import os

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_variable] = "1"

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from benchmarks.data.large_catalog import INTERESTS, NOW, large_catalog, neighbourhoods, queries
from benchmarks.harness import stages
from benchmarks.harness.earshot_search import EarshotSearch
from benchmarks.harness.peers import Peer, RowArray, VectorArray, installed
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser, call_us, say
from feed.catalog.catalog import Catalog
from feed.model.timestamps import DAY_US, to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.session import pages as sessions
from feed.user.query import Query
from feed.vectors.inverted_file import InvertedFile

Size = tuple[int, int]
"""number of episodes, and of dimensions"""
DIMENSION = 256
SIZES: tuple[Size, ...] = (
    *((1_000, DIMENSION), (10_000, DIMENSION), (100_000, DIMENSION)),
    *((10_000, 1_536), (100_000, 1_536)),
)
FULL: Size = (1_000_000, DIMENSION)
SCENARIOS = ("baseline", "for_you")
COUNT = 150
EXCLUDED = 2_000
RECALL = 0.96
USERS = 20
ROUNDS = 5
ABOUT = (
    "One thread; what is compared takes turns, so that disturbances affect all alike. Medians; in "
    "brackets the 10th and the 90th percentile. A session: 500 engagements, 2,000 exclusions, a "
    "page of 10 as JSON and a cursor for the rest; rank: the ranking alone. A call: a small call "
    "of numpy, timed before and after the sessions; sizes are measured one after another, so "
    "compare them relative to it. Search: 4 interests x 150 with 2,000 exclusions. Recall: the "
    "share of the exact 150 nearest that are found. Earshot as the builder made it, and (least), "
    f"as each library, at the least effort that finds {RECALL:g}. Libraries: "
    f"benchmarks/requirements.txt; those that are not installed are left out. {stages.ABOUT}"
)
KEYS = (b"a key for cursors that are discarded",)


class SearchJob(NamedTuple):
    """One search: query vectors, excluded rows, and the exact result."""

    vectors: VectorArray
    excluded: RowArray
    expected: list[RowArray]


def search_jobs(catalog: Catalog) -> list[SearchJob]:
    """Searches around interests, with most exclusions near these."""
    exhaustive = replace(catalog.embeddings, inverted_file=InvertedFile.none(catalog.dimension))
    exact, jobs = EarshotSearch(replace(catalog, embeddings=exhaustive)), []
    for seed in range(USERS):
        near, interests = neighbourhoods(catalog, seed)
        most = min(EXCLUDED, len(catalog) // 2)
        excluded = np.sort(np.random.default_rng(seed).permutation(near)[:most])
        vectors = catalog.embeddings[np.array(interests)]
        jobs.append(SearchJob(vectors, excluded, exact.search(vectors, excluded, COUNT, 0)))
    return jobs


def recall(peer: Peer, effort: int, searches: Sequence[SearchJob]) -> float:
    """The share of the exact nearest rows that a peer finds, the mean over all searches."""
    found = [
        len(np.intersect1d(one, other)) / len(other)
        for job in searches
        for one, other in zip(
            peer.search(job.vectors, job.excluded, COUNT, effort), job.expected, strict=True
        )
    ]
    return float(np.mean(found))


def least_effort(peer: Peer, searches: Sequence[SearchJob]) -> tuple[int, float]:
    """The least effort that reaches `RECALL`, or else the largest, with its recall."""
    effort, found = 0, 0.0
    for effort in peer.efforts:
        found = recall(peer, effort, searches)
        if found >= RECALL:
            break
    return effort, found


def in_turns(tasks: dict[str, Sequence[Callable[[], Any]]]) -> dict[str, dict[str, float]]:
    """By name: quantiles of the milliseconds of its calls. Tasks take turns, call by call."""
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(-1, ROUNDS):  # the first turn warms up
        for calls in zip(*tasks.values(), strict=True):
            for name, call in zip(tasks, calls, strict=True):
                began = time.perf_counter()
                call()
                if turn >= 0:
                    taken[name].append((time.perf_counter() - began) * 1000)
    found = {}
    for name, times in taken.items():
        low, median, high = np.percentile(times, [10, 50, 90]).round(3).tolist()
        found[name] = {"median_ms": median, "p10_ms": low, "p90_ms": high}
    return found


def measure_search(catalog: Catalog, peers: Sequence[str] | None) -> dict[str, dict[str, Any]]:
    """By engine: time and recall of the vector search alone."""
    searches = search_jobs(catalog)
    earshot = EarshotSearch(catalog)
    contestants: dict[str, tuple[Peer, int]] = {"earshot": (earshot, 0)}
    about: dict[str, dict[str, Any]] = {"earshot": {"recall": recall(earshot, 0, searches)}}
    built: list[tuple[str, Peer]] = []
    if len(catalog.embeddings.inverted_file) > 1:  # with a single list, all of it is probed
        built.append(("earshot, least", earshot))
    for name, build in installed(None if peers is None else list(peers)):
        began = time.perf_counter()
        built.append((name, build(catalog.embeddings[:])))
        about[name] = {"build_s": round(time.perf_counter() - began, 1)}
    for name, peer in built:
        effort, found = least_effort(peer, searches)
        contestants[name] = peer, effort
        about[name] = about.get(name, {}) | {"effort": effort, "recall": found}
    taken = in_turns(
        {
            name: [
                partial(peer.search, job.vectors, job.excluded, COUNT, effort) for job in searches
            ]
            for name, (peer, effort) in contestants.items()
        }
    )
    return {name: taken[name] | about[name] for name in contestants}


def measure_sessions(catalog: Catalog) -> dict[str, dict[str, float]]:
    """By scenario: time from the query to the bytes of the first page, and of the ranking alone."""
    user_queries = queries(catalog, USERS)
    rankers = {name: Ranker(catalog, shipped()[name]) for name in SCENARIOS}
    tasks: dict[str, Sequence[Callable[[], Any]]] = {}
    for name, ranker in rankers.items():
        tasks[name] = [partial(_page, ranker, query) for query in user_queries]
        tasks[f"{name}, rank"] = [partial(ranker.rank, query) for query in user_queries]
    return in_turns(tasks)


def measure_stages(catalog: Catalog) -> dict[str, dict[str, float]]:
    """By scenario: milliseconds of each stage of a session."""
    user_queries = queries(catalog, USERS)
    return {
        name: stages.stage_times_ms(_page, Ranker(catalog, shipped()[name]), user_queries, ROUNDS)
        for name in SCENARIOS
    }


def _page(ranker: Ranker, query: Query) -> bytes:
    session = sessions.create(ranker, query)
    until = to_us(NOW) + DAY_US
    return sessions.page(ranker.catalog, session, 10, uid="u", keys=KEYS, expires_us=until)


def measure(size: int, dimension: int, peers: Sequence[str] | None) -> dict[str, Any]:
    """Measure sessions, stages and search at one size."""
    catalog = large_catalog(size, dimension)
    before_us, found = call_us(), measure_sessions(catalog)
    return {
        "episodes": size,
        "dimension": dimension,
        "lists": len(catalog.embeddings.inverted_file),
        "call_us": round((before_us + call_us()) / 2, 2),
        "sessions": found,
        "stages": measure_stages(catalog),
        "search": measure_search(catalog, peers),
    }


def result(runs: Sequence[dict[str, Any]]) -> BenchmarkResult:
    """The measurements of sessions, stages and searches as tables."""
    sessions, by_stage, searches = [], [], []
    for run in runs:
        size = [f"{run['episodes']:,} x {run['dimension']}", f"{run['lists']:,}"]
        for name, found in run["sessions"].items():
            sessions.append([*size, name, _spread(found), f"{run['call_us']:.2f}"])
        for name, found in run["stages"].items():
            by_stage.append([*size, name, *(f"{found[one]:.2f}" for one in stages.STAGES)])
        for name, found in run["search"].items():
            effort = f"{found['effort']}" if found.get("effort") else ""
            built = f"{found['build_s']}" if "build_s" in found else ""
            searches.append([*size, name, _spread(found), f"{found['recall']:.3f}", effort, built])
    header = ["episodes", "lists", "", "milliseconds"]
    about = {"interests": INTERESTS, "count": COUNT, "excluded": EXCLUDED, "recall": RECALL}
    return BenchmarkResult(
        "engine",
        ABOUT,
        [
            ResultTable("One session", [*header, "a call, µs"], sessions),
            ResultTable("Milliseconds by stage", [*header[:3], *stages.STAGES], by_stage),
            ResultTable("Vector search", [*header, "recall", "effort", "built s"], searches),
        ],
        about | {"runs": list(runs)},
    )


def _spread(found: dict[str, Any]) -> str:
    return f"{found['median_ms']:,.2f} ({found['p10_ms']:,.2f}-{found['p90_ms']:,.2f})"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every size, print the tables and write the JSON file."""
    parser = argument_parser("engine", __doc__ or "")
    parser.add_argument("--sizes", type=_size, nargs="+", default=SIZES, metavar="N[xD]")
    parser.add_argument("--full", action="store_true", help=f"{FULL[0]:,} episodes as well")
    parser.add_argument("--peers", nargs="*", metavar="NAME", help="libraries (default: all)")
    given = parser.parse_args(arguments)
    runs = []
    for size, dimension in (*given.sizes, *([FULL] if given.full else [])):
        runs.append(measure(size, dimension, given.peers))
        say(f"{size:,} episodes x {dimension} measured")
    result(runs).publish(given.json)


def _size(text: str) -> Size:
    episodes, _, dimension = text.partition("x")
    try:
        return int(episodes), int(dimension or DIMENSION)
    except ValueError:
        expected = "expected episodes, or episodes x dimensions as in 1000x1536"
        raise argparse.ArgumentTypeError(f"{expected}, got {text!r}") from None


if __name__ == "__main__":
    main()
