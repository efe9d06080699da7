"""Growth is fitted to what other benchmarks wrote, and says an exponent that can be checked."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import growth
from benchmarks.report.results import BenchmarkResult, read

SIZES = (1_000, 10_000, 100_000)


def spread(value: float) -> dict[str, float]:
    return {"median": value, "least": value, "most": value}


def build(sizes: tuple[int, ...] = SIZES) -> BenchmarkResult:
    """Steps that grow as nothing, as the root, in proportion, and as the square."""
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


def test_the_exponent_is_that_of_the_law_behind_the_figures() -> None:
    found = by_name(growth.series([build()]))
    exponents = {name: found[name].exponent for name in ("even", "root", "line", "square")}
    assert exponents == pytest.approx({"even": 0, "root": 0.5, "line": 1, "square": 2}, abs=1e-9)
    assert found["snapshot"].exponent_at_end == pytest.approx(1)


def test_what_is_the_same_at_every_size_flattens_the_whole_and_not_the_end() -> None:
    memory = by_name(growth.series([build()]))["memory"]
    assert memory.exponent < memory.exponent_at_end < 1


def test_a_step_only_at_the_end_is_seen_there() -> None:
    session = by_name(growth.series([engine()]))["session: for_you, 256 dimensions"]
    assert session.exponent_at_end == pytest.approx(1)
    assert session.exponent == pytest.approx(0.5)


def test_of_fewer_than_three_sizes_and_of_nothing_nothing_is_fitted() -> None:
    assert not growth.series([build(SIZES[:2])])
    assert "search: none, 256 dimensions" not in by_name(growth.series([engine()]))


def test_what_other_benchmarks_wrote_is_left_alone() -> None:
    assert not growth.series([BenchmarkResult("another", "", [], {"sizes": 1})])


def test_every_benchmark_gets_a_table_and_what_was_fitted_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for one in (build(), engine()):
        one.tell(tmp_path / f"{one.name}.json")
    out = tmp_path / "growth.json"
    growth.main([str(tmp_path), "--json", str(out)])
    made = read(out)
    assert [table.title for table in made.tables] == ["Growth: engine", "Growth: build"]
    rows = {row[0]: list(row[1:]) for table in made.tables for row in table.rows}
    assert rows["line, s"] == ["3,000 at 1,000", "3e+05 at 100,000", "1.00", "1.00"]
    assert "square, s" in capsys.readouterr().out
    growth.main([str(tmp_path)])  # its own result is none that it fits


def test_a_folder_of_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no results"):
        growth.main([str(tmp_path)])
