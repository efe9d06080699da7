"""Growth: how what the other benchmarks found grows with size, as an exponent.

`python -m benchmarks.growth FOLDER [--json FILE]`: FOLDER holds the JSON that they wrote. Nothing
is measured here. Fitted is value = factor x size^exponent, by least squares of the logarithms.
"""

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.cold import STEPS as COLD_STEPS
from benchmarks.report.page import results
from benchmarks.report.results import BenchmarkResult, ResultTable, options

FEWEST = 3
"""sizes, of fewer nothing is fitted"""
ABOUT = (
    "Exponent: 0 does not grow, 1 grows as size does. Fitted over all sizes, and between the two "
    "largest, since what is the same at every size flattens the first. From medians that the other "
    "benchmarks wrote; what has fewer than three sizes is left out."
)


@dataclass(frozen=True)
class GrowthSeries:
    """One figure by size."""

    benchmark: str
    name: str
    unit: str
    by: str
    """what size is counted in"""
    points: list[tuple[float, float]]
    """size and value, the smallest first"""

    @property
    def exponent(self) -> float:
        """Over all sizes."""
        sizes, values = zip(*self.points, strict=True)
        return statistics.linear_regression([*map(math.log, sizes)], [*map(math.log, values)]).slope

    @property
    def exponent_at_end(self) -> float:
        """Between the two largest."""
        (x, a), (y, b) = self.points[-2:]
        return math.log(b / a) / math.log(y / x)


Figure = tuple[str, str, float, float]
"""Name, unit, size, value."""


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
}
"""By benchmark: what its size is counted in, and its figures."""


def series(found: Sequence[BenchmarkResult]) -> list[GrowthSeries]:
    """Every figure of these results that has enough sizes, each above 0."""
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
    """As tables, one for each benchmark."""
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
    """Fit what is there and tell."""
    parser = options("growth", __doc__ or "")
    parser.add_argument("folder", type=Path, help="of the JSON that benchmarks wrote")
    given = parser.parse_args(arguments)
    try:
        result(series(results(given.folder))).tell(given.json)
    except ValueError as error:
        raise SystemExit(f"benchmarks.growth: {error}") from None


if __name__ == "__main__":
    main()
