"""The key figures of all benchmarks, which docs/benchmarks.md shows."""

from collections.abc import Mapping, Sequence

from benchmarks.report.results import BenchmarkResult

_SIZES = ("10,000", "100,000", "1,000,000")
_STARTS = ("10,000", "Firestore emulator")
_ENGINES = (
    ("Earshot", "earshot"),
    ("numpy, exact", "numpy, exact"),
    ("faiss, inverted file", "faiss, lists"),
)
_MS = "milliseconds"
KEY_FIGURES: Mapping[str, Sequence[tuple[str, Sequence[str], str]]] = {
    "engine": [
        *(
            (f"session of `{name}`, {size} episodes, ms", (f"{size} x 256", name), _MS)
            for name in ("for_you", "baseline")
            for size in _SIZES
        ),
        *(
            (f"vector search, 100,000 episodes, {label}, ms", ("100,000 x 256", name), _MS)
            for label, name in _ENGINES
        ),
    ],
    "http": [
        ("session over HTTP, 1 connection, ms (p50)", ("SQLite", "1"), "p50 ms"),
        ("session over HTTP, 16 connections, ms (p50)", ("SQLite", "16"), "p50 ms"),
        ("sessions per second and core", ("Firestore emulator", "16"), "per s and core"),
    ],
    "cold": [("start to first session, 10,000 episodes, s", _STARTS, "all")],
    "paint": [
        ("answer to first card painted, ms", ("this machine",), "answered to painted ms"),
        ("first card painted on a phone, ms", ("phone",), "painted ms"),
    ],
    "origin": [
        (
            "original feed, 1,000 episodes, ms of processor",
            ("1,000", "original, at most 2,000"),
            "processor ms",
        )
    ],
    "summary": [("engagement to summary, ms (p50)", ("one engagement",), "p50 ms")],
    "build": [
        *((f"build and publish, {size} episodes, s", (size,), "all") for size in _SIZES),
        ("snapshot of 100,000 episodes, MB", ("100,000",), "snapshot MB"),
        ("load of 100,000 episodes from a folder, s", ("100,000", "folder"), "seconds"),
        ("load of 100,000 episodes from a bucket, s", ("100,000", "bucket"), "seconds"),
    ],
    "cost": [
        ("a million sessions", ("all",), "shared"),
        ("a million sessions of the original feed", ("all",), "160 vectors"),
    ],
}
"""By benchmark: cells of its tables, each with a label that is understood without the table.

A cell is named by its label, the cells that identify its row, and its column.
"""


def key_figure_rows(results: Sequence[BenchmarkResult]) -> list[list[str]]:
    """Label, value and command of every key figure that the results have."""
    by_name = {one.name: one for one in results}
    return [
        [label, value, f"`{name}`"]
        for name, figures in KEY_FIGURES.items()
        if name in by_name
        for label, row, column in figures
        if (value := _value(by_name[name], row, column)) is not None
    ]


def _value(result: BenchmarkResult, wanted: Sequence[str], column: str) -> str | None:
    """The cell of this column in the first row with the `wanted` cells; None if there is none."""
    for table in result.tables:
        for row in table.rows:
            if column in table.header and set(wanted) <= set(row):
                return row[list(table.header).index(column)]
    return None
