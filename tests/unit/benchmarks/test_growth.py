"""Growth fits an exponent to the figures that other benchmarks wrote."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import growth
from benchmarks.report.results import BenchmarkResult, read_result

SIZES = (1_000, 10_000, 100_000)


def spread(value: float) -> dict[str, float]:
    return {"median": value, "least": value, "most": value}


def build(sizes: tuple[int, ...] = SIZES) -> BenchmarkResult:
    """A build result whose steps grow with the powers 0, 0.5, 1 and 2 of size."""
    found: list[dict[str, Any]] = []
    for size in sizes:
        seconds = {"even": 2.0, "root": size**0.5, "line": 3.0 * size, "square": size**2 / 1e6}
        run = {
            "seconds": seconds,
            "processor_s": 1.0,
            "peak_mb": 100 + size / 10,
            "size_mb": size / 500,
        }
        loads = {"folder": {"seconds": spread(size / 1e6)}}
        found.append({"episodes": size, "built": run, "loads": loads})
    return BenchmarkResult("build", "", [], {"sizes": found})


def engine() -> BenchmarkResult:
    runs = [
        {
            "episodes": size,
            "dimension": 256,
            "sessions": {"for_you": {"median_ms": 1.0 if size < 50_000 else 10.0}},
            "search": {"earshot": {"median_ms": size**0.25}, "none": {"median_ms": 0.0}},
        }
        for size in SIZES
    ]
    return BenchmarkResult("engine", "", [], {"runs": runs})


def by_name(every: list[growth.GrowthSeries]) -> dict[str, growth.GrowthSeries]:
    return {one.name: one for one in every}


def test_the_exponent_is_the_power_of_the_figures() -> None:
    found = by_name(growth.series([build()]))
    exponents = {name: found[name].exponent for name in ("even", "root", "line", "square")}
    assert exponents == pytest.approx({"even": 0, "root": 0.5, "line": 1, "square": 2}, abs=1e-9)
    assert found["snapshot"].exponent_at_end == pytest.approx(1)


def test_a_constant_part_flattens_the_whole_fit_more_than_its_end() -> None:
    memory = by_name(growth.series([build()]))["memory"]
    assert memory.exponent < memory.exponent_at_end < 1


def test_growth_that_starts_late_shows_at_the_end() -> None:
    session = by_name(growth.series([engine()]))["session: for_you, 256 dimensions"]
    assert session.exponent_at_end == pytest.approx(1)
    assert session.exponent == pytest.approx(0.5)


def test_fewer_than_three_sizes_or_zeros_are_not_fitted() -> None:
    assert not growth.series([build(SIZES[:2])])
    assert "search: none, 256 dimensions" not in by_name(growth.series([engine()]))


def test_results_of_unknown_benchmarks_are_ignored() -> None:
    assert not growth.series([BenchmarkResult("another", "", [], {"sizes": 1})])


def test_each_benchmark_gets_a_table_and_the_fits_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for one in (build(), engine()):
        one.publish(tmp_path / f"{one.name}.json")
    out = tmp_path / "growth.json"
    growth.main([str(tmp_path), "--json", str(out)])
    made = read_result(out)
    assert [table.title for table in made.tables] == ["Growth: engine", "Growth: build"]
    rows = {row[0]: list(row[1:]) for table in made.tables for row in table.rows}
    assert rows["line, s"] == ["3,000 at 1,000", "3e+05 at 100,000", "1.00", "1.00"]
    assert "square, s" in capsys.readouterr().out
    growth.main([str(tmp_path)])  # its own result is not fitted


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="expected results"):
        growth.main([str(tmp_path)])
