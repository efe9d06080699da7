"""Growth: how the figures of other benchmarks grow with size, as an exponent.

`python -m benchmarks.growth FOLDER [--json FILE]`: FOLDER holds the JSON that they wrote. Fits
value = factor x size^exponent by least squares of the logarithms; nothing is measured.
"""

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.cold import STEPS as COLD_STEPS
from benchmarks.report.page import read_results
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser

FEWEST = 3
"""least number of sizes for a fit"""
ABOUT = (
    "Exponent: 0 is constant, 1 grows in proportion to size. Fitted over all sizes, and between "
    "the two largest, since a constant part flattens the first. From medians of the other "
    "benchmarks; figures with fewer than three sizes are left out."
)


@dataclass(frozen=True)
class GrowthSeries:
    """One measured figure by size."""

    benchmark: str
    name: str
    unit: str
    by: str
    """unit of the size"""
    points: list[tuple[float, float]]
    """pairs of size and value, sorted by size"""

    @property
    def exponent(self) -> float:
        """The exponent of the fit over all sizes."""
        sizes, values = zip(*self.points, strict=True)
        return statistics.linear_regression([*map(math.log, sizes)], [*map(math.log, values)]).slope

    @property
    def exponent_at_end(self) -> float:
        """The exponent between the two largest sizes."""
        (x, a), (y, b) = self.points[-2:]
        return math.log(b / a) / math.log(y / x)


Figure = tuple[str, str, float, float]
"""name, unit, size, value"""


def _engine(found: dict[str, Any]) -> Iterator[Figure]:
    for run in found["runs"]:
        for kind in ("sessions", "search"):
            for name, one in run[kind].items():
                what = f"{kind.removesuffix('s')}: {name}, {run['dimension']} dimensions"
                yield what, "ms", run["episodes"], one["median_ms"]


def _cold(found: dict[str, Any]) -> Iterator[Figure]:
    for one in found["starts"]:
        for step in (*COLD_STEPS, "all"):
            yield f"{step}, {one['users']}", "s", one["episodes"], one[step]["median"]
        yield f"memory, {one['users']}", "MB", one["episodes"], one["memory_mb"]["median"]


def _build(found: dict[str, Any]) -> Iterator[Figure]:
    for one in found["sizes"]:
        size = one["episodes"]
        for step, taken in one["built"]["seconds"].items():
            yield step, "s", size, taken
        yield "all", "s", size, sum(one["built"]["seconds"].values())
        yield "processor", "s", size, one["built"]["processor_s"]
        yield "memory", "MB", size, one["built"]["peak_mb"]
        yield "snapshot", "MB", size, one["built"]["size_mb"]
        for how, run in one["loads"].items():
            yield f"load from {how}", "s", size, run["seconds"]["median"]


def _origin(found: dict[str, Any]) -> Iterator[Figure]:
    for size, by in found["sizes"].items():
        for name, one in by.items():
            if name != "same":
                yield name, "ms", int(size), one["median"]


def _http(found: dict[str, Any]) -> Iterator[Figure]:
    for name, by in found["contenders"].items():
        for connections, one in by.items():
            yield f"latency, {name}", "ms", int(connections), one["p50"]["median"]
            yield f"processor, {name}", "ms", int(connections), one["processor_ms"]["median"]


def _signals(found: dict[str, Any]) -> Iterator[Figure]:
    for run in found["runs"]:
        yield "processor", "s", run["users"], sum(run["seconds"].values())
        yield "memory", "MB", run["users"], run["peak_mb"]


def _summary(found: dict[str, Any]) -> Iterator[Figure]:
    for one in found.values():
        if isinstance(one, dict) and "users" in one:
            yield "processor of an event", "ms", one["users"], one["processor_ms"]


FIGURES: Mapping[str, tuple[str, Callable[[dict[str, Any]], Iterator[Figure]]]] = {
    "engine": ("episodes", _engine),
    "http": ("connections", _http),
    "cold": ("episodes", _cold),
    "origin": ("episodes", _origin),
    "summary": ("users", _summary),
    "build": ("episodes", _build),
    "signals": ("users", _signals),
}
"""by benchmark: the unit of its size, and its figures"""


def series(found: Sequence[BenchmarkResult]) -> list[GrowthSeries]:
    """All figures of the results that have at least 3 sizes with a value above 0."""
    made = []
    for one in found:
        if one.name in FIGURES:
            by, figures = FIGURES[one.name]
            points: dict[tuple[str, str], dict[float, float]] = {}
            for name, unit, size, value in figures(one.found):
                if value > 0:
                    points.setdefault((name, unit), {})[size] = value
            made += [
                GrowthSeries(one.name, name, unit, by, sorted(values.items()))
                for (name, unit), values in points.items()
                if len(values) >= FEWEST
            ]
    return made


def result(every: Sequence[GrowthSeries]) -> BenchmarkResult:
    """The fits as a table per benchmark."""
    tables = []
    for benchmark, some in groupby(every, lambda one: one.benchmark):
        rows = [
            [
                f"{one.name}, {one.unit}",
                *(f"{value:,.4g} at {size:,}" for size, value in (one.points[0], one.points[-1])),
                f"{one.exponent:.2f}",
                f"{one.exponent_at_end:.2f}",
            ]
            for one in some
        ]
        by = FIGURES[benchmark][0]
        header = [f"by {by}", "smallest", "largest", "exponent", "at the end"]
        tables.append(ResultTable(f"Growth: {benchmark}", header, rows))
    found = [
        asdict(one) | {"exponent": one.exponent, "at_end": one.exponent_at_end} for one in every
    ]
    return BenchmarkResult("growth", ABOUT, tables, {"series": found})


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit the results in a folder and publish the fits."""
    parser = argument_parser("growth", __doc__ or "")
    parser.add_argument("folder", type=Path, help="folder of the JSON that benchmarks wrote")
    given = parser.parse_args(arguments)
    try:
        result(series(read_results(given.folder))).publish(given.json)
    except ValueError as error:
        raise SystemExit(f"benchmarks.growth: {error}") from None


if __name__ == "__main__":
    main()
