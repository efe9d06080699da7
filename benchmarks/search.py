"""Processor time and memory of searches in this process, by the number of episodes.

`python -m benchmarks.search [--sizes EPISODES ...] [--minilm] [--json FILE]`: each size runs in a
process of its own, with made-up episodes of about 70 words each, whose frequencies follow Zipf's
law. A query has three words, of which one may be misspelled. `--minilm` measures the model that
embeds queries, too, where it is installed. See docs/search.md.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from typing import Any

from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser, say

SIZES = (10_000, 100_000)
MINILM = "minilm"
DIMENSION = 256
QUERIES = 300
STEPS = ("search", "misspelled", "prefix", "suggest")
MINILM_FIGURES = ("load_ms", "memory_mb")
FIGURES = ("build_s", "ready_ms", "size_mb", "snapshot_mb", "memory_mb")
ABOUT = (
    "Processor milliseconds of one thread, p50 and p99 of 300 queries. Search: three words of an "
    "episode. Misspelled: one of them with a typo. Prefix: one word begun. Suggest: names and "
    "titles in which two letters begin a word. Build: seconds to make the index. "
    "Ready: milliseconds from its bytes to a search. Size: of its file. Memory: what the process "
    "holds more after all searches."
)


def measure_here(episodes: int) -> dict[str, Any]:
    """Build and search an index of one size in this process."""
    # Imported here, so that the parent process stays small: a child inherits its peak memory.
    import numpy as np  # noqa: PLC0415

    from benchmarks.data.large_catalog import NOW  # noqa: PLC0415
    from benchmarks.data.worded_catalog import worded_catalog  # noqa: PLC0415
    from catalog_builder.search_index import build_search_index  # noqa: PLC0415
    from feed.model.timestamps import to_us  # noqa: PLC0415
    from feed.search.codec import decode, encode  # noqa: PLC0415
    from feed.search.names import matching_names  # noqa: PLC0415
    from feed.search.search import search  # noqa: PLC0415
    from feed.search.titles import matching_titles  # noqa: PLC0415
    from feed.snapshot.codec import encode as encode_snapshot  # noqa: PLC0415

    rng = np.random.default_rng(3)
    catalog, words, drawn = worded_catalog(episodes, DIMENSION, rng)
    began = time.process_time()
    data = encode(build_search_index(catalog))
    build_s = time.process_time() - began
    snapshot_bytes = len(encode_snapshot(catalog))
    before = _resident_mb()
    began = time.process_time()
    index = decode(data, episodes)
    ready_ms = 1000 * (time.process_time() - began)
    allowed, now_us = np.ones(episodes, np.bool_), to_us(NOW)
    asked = [
        [words[at] for at in rng.choice(drawn[row], 3, replace=False)]
        for row in rng.integers(episodes, size=QUERIES)
    ]

    def find(query: str) -> Any:
        return search(catalog, index, query, allowed=allowed, now_us=now_us)

    def suggest(query: str) -> Any:
        return matching_names(index, query, 8), matching_titles(catalog, index, query, 8, now_us)

    queries: dict[str, tuple[Any, list[str]]] = {
        "search": (find, [" ".join(one) + " " for one in asked]),
        "misspelled": (find, [f"{a} {b} {c[0]}{c[2:]} " for a, b, c in asked]),
        "prefix": (find, [f"{a} {b} {c[:3]}" for a, b, c in asked]),
        "suggest": (suggest, [c[:2] for _, _, c in asked]),
    }
    found: dict[str, Any] = {"episodes": episodes}
    for step, (call, texts) in queries.items():
        took = []
        for text in texts:
            began = time.process_time()
            call(text)
            took.append(1000 * (time.process_time() - began))
        found[step] = [round(float(np.percentile(took, at)), 2) for at in (50, 99)]
    return found | {
        "build_s": round(build_s, 1),
        "ready_ms": round(ready_ms, 2),
        "size_mb": round(len(data) / 1e6, 1),
        "snapshot_mb": round(snapshot_bytes / 1e6, 1),
        "memory_mb": round(_resident_mb() - before + len(data) / 1e6, 1),
    }


def measure_minilm() -> dict[str, Any]:
    """Load MiniLM in this process and embed queries of eight words."""
    import numpy as np  # noqa: PLC0415

    from adapters.minilm.model import MiniLm, find_folder  # noqa: PLC0415
    from catalog_builder.episodes import demo  # noqa: PLC0415

    words = " ".join(one["title"] for one in demo.episodes(date(2026, 1, 1))).split()
    before, began = _resident_mb(), time.process_time()
    model = MiniLm(find_folder())
    model.embed(["one"])
    load_ms = 1000 * (time.process_time() - began)
    took = []
    for at in range(QUERIES):
        query = " ".join(words[7 * at : 7 * at + 8])
        began = time.process_time()
        model.embed([query])
        took.append(1000 * (time.process_time() - began))
    return {
        "embed": [round(float(np.percentile(took, at)), 1) for at in (50, 99)],
        "load_ms": round(load_ms),
        "memory_mb": round(_resident_mb() - before),
    }


def _resident_mb() -> float:
    with open("/proc/self/statm") as file:  # noqa: PTH123  # one number
        return int(file.read().split()[1]) * 4096 / 1e6


def measure(what: str) -> dict[str, Any]:
    """Run `measure_here` with a size, or `measure_minilm`, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.search", "--here", what]
    found: dict[str, Any] = json.loads(subprocess.check_output(command))  # noqa: S603  # ourselves
    return found


def result(runs: Sequence[dict[str, Any]], minilm: dict[str, Any] | None = None) -> BenchmarkResult:
    """The runs as tables."""
    rows = [
        [
            f"{run['episodes']:,}",
            *(f"{run[step][0]:.2f} / {run[step][1]:.2f}" for step in STEPS),
            *(f"{run[name]:g}" for name in FIGURES),
        ]
        for run in runs
    ]
    header = ["episodes", *(f"{step} ms" for step in STEPS)]
    header += ["build s", "ready ms", "MB", "snapshot MB", "memory MB"]
    tables = [ResultTable("Search", header, rows)]
    if minilm:
        row = ["{} / {}".format(*minilm["embed"]), *(str(minilm[name]) for name in MINILM_FIGURES)]
        tables.append(ResultTable("MiniLM", ["query ms", "load ms", "memory MB"], [row]))
    return BenchmarkResult("search", ABOUT, tables, {"runs": runs, "minilm": minilm})


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every size, print the table and write the JSON file."""
    parser = argument_parser("search", __doc__ or "")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="EPISODES")
    parser.add_argument("--minilm", action="store_true", help="measure the model for queries")
    given = parser.parse_args(arguments)
    runs = []
    for episodes in given.sizes:
        runs.append(measure(str(episodes)))
        say(f"{episodes:,} episodes measured")
    result(runs, measure(MINILM) if given.minilm else None).publish(given.json)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        what = sys.argv[2]
        print(json.dumps(measure_minilm() if what == MINILM else measure_here(int(what))))  # noqa: T201
    else:
        main()
