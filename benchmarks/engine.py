"""The engine by size: whole sessions, and the search for the nearest beside libraries that do it.

`python -m benchmarks.engine [--sizes 1000 100000x1536 ...] [--full] [--peers NAME ...]
[--json FILE]`: a size is how many episodes, and of how many dimensions, if not of 256. `--full`
adds a million episodes, which takes ten minutes with all peers.

A session: 500 engagements, 2,000 exclusions, a page of 10 as JSON and a cursor for the rest. The
search: 4 interests x 150, 2,000 exclusions. One thread; whoever is measured takes turns, so that
what disturbs one disturbs all; medians, and from the 10th to the 90th percentile. Each peer, and
the lists once more, at the least effort that finds `RECALL`. Peers: benchmarks/requirements.txt.
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
from benchmarks.harness.peers import Peer, Places, Rows, installed
from benchmarks.report.results import BenchmarkResult, ResultTable, call_us, options, say
from feed.catalog.catalog import Catalog
from feed.model.timestamps import DAY_US, to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.session import pages as sessions
from feed.user.query import Query
from feed.vectors.inverted_file import InvertedFile

Size = tuple[int, int]
"""episodes, and dimensions"""
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
    "One thread; whoever is measured takes turns, so that what disturbs one disturbs all. Medians; "
    "in brackets from the 10th to the 90th percentile. A session: 500 engagements, 2,000 "
    "exclusions, a page of 10 as JSON and a cursor for the rest; rank: the slate alone. A call: a "
    "small one of numpy, timed before these sessions and after; sizes are measured one after "
    "another, so compare them by it. The search: 4 interests x 150 with 2,000 exclusions. Recall: "
    "the share of the exact 150 nearest that are found. Earshot as the builder made it, and "
    f"(least), as each peer, at the least effort that finds {RECALL:g}. Peers: "
    f"benchmarks/requirements.txt; those that are not installed are left out. {stages.ABOUT}"
)
KEYS = (b"a key for a benchmark, long enough",)


class Job(NamedTuple):
    """One user's search, and what it has to find."""

    asked: Rows
    excluded: Places
    wanted: list[Places]


def jobs(catalog: Catalog) -> list[Job]:
    """Searches around interests in whose neighbourhood much is excluded."""
    held = replace(catalog.embeddings, inverted_file=InvertedFile.none(catalog.dimension))
    exact, made = EarshotSearch(replace(catalog, embeddings=held)), []
    for seed in range(USERS):
        near, interests = neighbourhoods(catalog, seed)
        most = min(EXCLUDED, len(catalog) // 2)
        excluded = np.sort(np.random.default_rng(seed).permutation(near)[:most])
        asked = catalog.embeddings[np.array(interests)]
        made.append(Job(asked, excluded, exact.search(asked, excluded, COUNT, 0)))
    return made


def recall(peer: Peer, effort: int, searches: Sequence[Job]) -> float:
    """The share of the nearest that are found, over all searches."""
    found = [
        len(np.intersect1d(one, other)) / len(other)
        for job in searches
        for one, other in zip(
            peer.search(job.asked, job.excluded, COUNT, effort), job.wanted, strict=True
        )
    ]
    return float(np.mean(found))


def least_effort(peer: Peer, searches: Sequence[Job]) -> tuple[int, float]:
    """The first of its settings that finds `RECALL`, or else its last; and what that finds."""
    effort, found = 0, 0.0
    for effort in peer.efforts:
        found = recall(peer, effort, searches)
        if found >= RECALL:
            break
    return effort, found


def in_turns(tasks: dict[str, Sequence[Callable[[], Any]]]) -> dict[str, dict[str, float]]:
    """By name: milliseconds of each one's calls, all taking turns."""
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(-1, ROUNDS):  # the first is to warm up
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


def searching(catalog: Catalog, peers: Sequence[str] | None) -> dict[str, dict[str, Any]]:
    """The search alone, by whom."""
    searches = jobs(catalog)
    earshot = EarshotSearch(catalog)
    contestants: dict[str, tuple[Peer, int]] = {"earshot": (earshot, 0)}
    about: dict[str, dict[str, Any]] = {"earshot": {"recall": recall(earshot, 0, searches)}}
    built: list[tuple[str, Peer]] = []
    if len(catalog.embeddings.inverted_file) > 1:  # of a single one there is no part to leave out
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
            name: [partial(peer.search, job.asked, job.excluded, COUNT, effort) for job in searches]
            for name, (peer, effort) in contestants.items()
        }
    )
    return {name: taken[name] | about[name] for name in contestants}


def whole_sessions(catalog: Catalog) -> dict[str, dict[str, float]]:
    """From the query to the bytes of the first page, by scenario."""
    asked = queries(catalog, USERS)
    rankers = {name: Ranker(catalog, shipped()[name]) for name in SCENARIOS}
    tasks: dict[str, Sequence[Callable[[], Any]]] = {}
    for name, ranker in rankers.items():
        tasks[name] = [partial(_page, ranker, query) for query in asked]
        tasks[f"{name}, rank"] = [partial(ranker.rank, query) for query in asked]
    return in_turns(tasks)


def spent(catalog: Catalog) -> dict[str, dict[str, float]]:
    """Where a session's time goes, by scenario."""
    asked = queries(catalog, USERS)
    return {
        name: stages.split(_page, Ranker(catalog, shipped()[name]), asked, ROUNDS)
        for name in SCENARIOS
    }


def _page(ranker: Ranker, query: Query) -> bytes:
    session = sessions.create(ranker, query)
    until = to_us(NOW) + DAY_US
    return sessions.page(ranker.catalog, session, 10, uid="u", keys=KEYS, expires_us=until)


def measured(size: int, dimension: int, peers: Sequence[str] | None) -> dict[str, Any]:
    """Everything at one size."""
    began = time.perf_counter()
    catalog = large_catalog(size, dimension)
    lists = catalog.embeddings.inverted_file
    before_us, found = call_us(), whole_sessions(catalog)
    return {
        "episodes": size,
        "dimension": dimension,
        "made_s": round(time.perf_counter() - began, 1),
        "lists": len(lists),
        "reach": round(float(lists.probe_threshold[0]), 3) if len(lists) else None,
        "call_us": round((before_us + call_us()) / 2, 2),
        "sessions": found,
        "stages": spent(catalog),
        "search": searching(catalog, peers),
    }


def result(runs: Sequence[dict[str, Any]]) -> BenchmarkResult:
    """As tables."""
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
            ResultTable("Where its milliseconds go", [*header[:3], *stages.STAGES], by_stage),
            ResultTable(
                "The search for the nearest", [*header, "recall", "effort", "built s"], searches
            ),
        ],
        about | {"runs": list(runs)},
    )


def _spread(found: dict[str, Any]) -> str:
    return f"{found['median_ms']:,.2f} ({found['p10_ms']:,.2f}-{found['p90_ms']:,.2f})"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every size and tell."""
    parser = options("engine", __doc__ or "")
    parser.add_argument("--sizes", type=_size, nargs="+", default=SIZES, metavar="N[xD]")
    parser.add_argument("--full", action="store_true", help=f"{FULL[0]:,} episodes, too")
    parser.add_argument("--peers", nargs="*", metavar="NAME", help="none, or some of them")
    given = parser.parse_args(arguments)
    runs = []
    for size, dimension in (*given.sizes, *([FULL] if given.full else [])):
        runs.append(measured(size, dimension, given.peers))
        say(f"{size:,} episodes x {dimension} measured")
    result(runs).tell(given.json)


def _size(text: str) -> Size:
    episodes, _, dimension = text.partition("x")
    try:
        return int(episodes), int(dimension or DIMENSION)
    except ValueError:
        expected = "expected episodes, or episodes x dimensions as in 1000x1536"
        raise argparse.ArgumentTypeError(f"{expected}, got {text!r}") from None


if __name__ == "__main__":
    main()
