"""The key figures of all benchmarks, which docs/benchmarks.md shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.report.results import BenchmarkResult


@dataclass(frozen=True)
class KeyFigure:
    """A cell of a result's table, with a label that is understood without the table."""

    label: str
    benchmark: str
    row: Sequence[str]
    """cells that identify the row"""
    column: str


_SIZES = ("10,000", "100,000", "1,000,000")
KEY_FIGURES = (
    *(
        KeyFigure(
            f"session of `{name}`, {size} episodes, ms",
            "engine",
            (f"{size} x 256", name),
            "milliseconds",
        )
        for name in ("for_you", "baseline")
        for size in _SIZES
    ),
    *(
        KeyFigure(
            f"vector search, 100,000 episodes, {label}, ms",
            "engine",
            ("100,000 x 256", row),
            "milliseconds",
        )
        for label, row in (
            ("Earshot", "earshot"),
            ("numpy, exact", "numpy, exact"),
            ("faiss, inverted file", "faiss, lists"),
        )
    ),
    KeyFigure("session over HTTP, 1 connection, ms (p50)", "http", ("SQLite", "1"), "p50 ms"),
    KeyFigure("session over HTTP, 16 connections, ms (p50)", "http", ("SQLite", "16"), "p50 ms"),
    KeyFigure(
        "sessions per second and core", "http", ("Firestore emulator", "16"), "per s and core"
    ),
    KeyFigure(
        "start to first session, 10,000 episodes, s",
        "cold",
        ("10,000", "Firestore emulator"),
        "all",
    ),
    KeyFigure("answer to first card painted, ms", "paint", ("as it is",), "answered to painted ms"),
    KeyFigure(
        "original feed, 1,000 episodes, ms of processor",
        "origin",
        ("1,000", "original, at most 2,000"),
        "processor ms",
    ),
    KeyFigure("engagement to summary, ms (p50)", "summary", ("one engagement",), "p50 ms"),
    *(
        KeyFigure(f"build and publish, {size} episodes, s", "build", (size,), "all")
        for size in _SIZES
    ),
    KeyFigure("snapshot of 100,000 episodes, MB", "build", ("100,000",), "snapshot MB"),
    KeyFigure(
        "load of 100,000 episodes from a folder, s", "build", ("100,000", "folder"), "seconds"
    ),
    KeyFigure(
        "load of 100,000 episodes from a bucket, s", "build", ("100,000", "bucket"), "seconds"
    ),
    KeyFigure("a million sessions", "cost", ("all",), "shared"),
    KeyFigure("a million sessions of the original feed", "cost", ("all",), "160 vectors"),
)


def key_figure_rows(results: Sequence[BenchmarkResult]) -> list[list[str]]:
    """Label, value and command of every key figure that the results have."""
    by_name = {one.name: one for one in results}
    found = []
    for figure in KEY_FIGURES:
        result = by_name.get(figure.benchmark)
        value = _value(result, figure) if result else None
        if result and value is not None:
            found.append([figure.label, value, f"`{result.name}`"])
    return found


def _value(result: BenchmarkResult, figure: KeyFigure) -> str | None:
    """The figure's cell in the first table that has it; None if no table does."""
    for table in result.tables:
        for row in table.rows:
            if figure.column in table.header and set(figure.row) <= set(row):
                return row[list(table.header).index(figure.column)]
    return None
