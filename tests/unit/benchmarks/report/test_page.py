"""The page and the docs show the results of benchmarks."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.report import page
from benchmarks.report.results import BenchmarkResult, ResultTable, read_result

SPREAD = {"median": 2.0, "least": 1.0, "most": 3.0}
CONTENDER = {str(n): {"p50": SPREAD, "p99": SPREAD, "processor_ms": SPREAD} for n in (1, 16)}
STEPS = ("framework", "imports", "snapshot", "rankers", "worker", "first session", "memory_mb")
ENGINE = {
    "episodes": 1000,
    "dimension": 256,
    "stages": {"for_you": {"queue": 1.0, "page": 2.0}},
    "search": {"earshot": {"median_ms": 1.0}, "faiss": {"median_ms": 2.0}},
}
BUILD = {
    "episodes": 1000,
    "built": {"seconds": {"read": 1.0, "lists": 2.0}},
    "loads": {"folder": {"seconds": SPREAD}},
}
FIGURES = 9
FOUND: dict[str, dict[str, Any]] = {
    "engine": {"runs": [ENGINE]},
    "http": {"contenders": {"SQLite": CONTENDER, "constant": CONTENDER}},
    "cold": {"starts": [{"episodes": 1000, "users": "SQLite"} | dict.fromkeys(STEPS, SPREAD)]},
    "origin": {},
    "summary": {},
    "cost": {
        "dollars": {
            "shared": {"reads": 0.6, "log": 0.1},
            "alone": {"reads": 0.6, "log": 0.2},
            "engagements": {"reads": 1.0},
            "rented_search": 2500.0,
        }
    },
    "build": {"sizes": [BUILD]},
    "another": {},
}


def result(name: str) -> BenchmarkResult:
    tables = [ResultTable(f"Table of {name}", ["", "p50 < p99"], [["one & only", "1.5"]])]
    return BenchmarkResult(
        name, f"About {name}.", tables, FOUND[name], f"python -m benchmarks.{name}"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FOUND:
        result(name).publish(tmp_path / f"{name}.json")
    return tmp_path


def test_a_result_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    written = result("http")
    written.publish(tmp_path / "http.json")
    assert read_result(tmp_path / "http.json") == written


def test_the_page_has_every_benchmark_in_order_with_its_plots(folder: Path) -> None:
    out = folder / "page.html"
    page.main([str(folder), "--out", str(out)])
    text = out.read_text()
    places = [text.index(f"Table of {name}") for name in FOUND]
    assert [name for _, name in sorted(zip(places, FOUND, strict=True))] == [
        *("engine", "http", "cold", "origin", "summary", "build", "cost", "another")
    ]
    assert text.count("<figure>") == FIGURES
    assert "one &amp; only" in text
    assert "python -m benchmarks.cold" in text


def test_the_docs_keep_what_is_above_the_mark_and_get_one_table(folder: Path) -> None:
    docs = folder / "docs.md"
    docs.write_text(f"# Ours\n\n{page.MARK}\n\nof before")
    built = ResultTable("Build", ["episodes", "all"], [["10,000", "1.51"]])
    BenchmarkResult("build", "", [built], FOUND["build"]).publish(folder / "build.json")
    page.main([str(folder), "--markdown", str(docs)])
    first = docs.read_text()
    assert first.startswith(f"# Ours\n\n{page.MARK}\n\nMeasured ")
    assert "of before" not in first
    assert first.endswith("| build and publish, 10,000 episodes, s | 1.51 | `build` |\n")
    page.main([str(folder), "--markdown", str(docs)])
    assert docs.read_text() == first


def test_docs_without_the_mark_are_not_changed(folder: Path) -> None:
    docs = folder / "docs.md"
    docs.write_text("# Ours\n")
    with pytest.raises(SystemExit, match="expected a line"):
        page.main([str(folder), "--markdown", str(docs)])
    assert docs.read_text() == "# Ours\n"


@pytest.mark.parametrize("text", ["{}", "[1]", "not JSON", json.dumps({"name": "x", "tables": 1})])
def test_a_file_that_is_no_result_is_an_error_that_names_it(folder: Path, text: str) -> None:
    (folder / "odd.json").write_text(text)
    with pytest.raises(SystemExit, match=r"odd\.json: expected the JSON that a benchmark wrote"):
        page.main([str(folder)])


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="expected results of benchmarks"):
        page.main([str(tmp_path)])


def test_the_docs_of_this_repository_have_the_mark() -> None:
    assert page.MARK in (Path(__file__).parents[4] / "docs" / "benchmarks.md").read_text()
