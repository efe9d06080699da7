"""Writes the results of benchmarks as an HTML page with plots, and key figures into the docs.

`python -m benchmarks.report.page FOLDER [--out FILE] [--markdown FILE]`: FOLDER holds the JSON that
benchmarks wrote. In the Markdown file only the part below the line MARK is replaced.
"""

import argparse
import html
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report.key_figures import key_figure_rows
from benchmarks.report.plots import PLOTS
from benchmarks.report.results import BenchmarkResult, read_result, say
from evaluation.report.page import html_table, page, paragraph

TITLES = {
    "engine": "The engine",
    "http": "Sessions over HTTP",
    "cold": "Cold start",
    "paint": "The page",
    "origin": "The approach that the feed started from",
    "summary": "Summaries",
    "build": "Build and publish",
    "cost": "Cost",
    "signals": "Signals",
    "load": "Load",
}
"""by benchmark: its heading, in the order of the page; other results follow"""
MARK = "<!-- Below this line `make bench` writes. -->"


def read_results(folder: Path) -> list[BenchmarkResult]:
    """Read the results in a folder, in the order of the page.

    Raises:
        ValueError: a file is no result, or there is none.
    """
    found = []
    for file in folder.glob("*.json"):
        try:
            found.append(read_result(file))
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise ValueError(
                f"{file}: expected the JSON that a benchmark wrote: {error}"
            ) from error
    if not found:
        raise ValueError(f"{folder}: expected results of benchmarks (*.json), found none")
    known = list(TITLES)
    return sorted(
        found, key=lambda one: (known.index(one.name) if one.name in known else 99, one.name)
    )


def as_html(found: Sequence[BenchmarkResult]) -> bytes:
    """The results as an HTML page with plots and tables."""
    sections = []
    for one in found:
        plots = PLOTS[one.name](one.found) if one.name in PLOTS else []
        tables = [
            f"<h3>{html.escape(part.title)}</h3>"
            + html_table(part.header, [[html.escape(cell) for cell in row] for row in part.rows])
            for part in one.tables
        ]
        made = f"{one.date}, {one.machine}. Command: {one.command}"
        content = "".join([*plots, *tables, paragraph(one.about), paragraph(made)])
        sections.append((TITLES.get(one.name, one.name), content))
    lead = ["Measured speed and cost. Trust ratios more than absolute times."]
    return page("Benchmarks", lead, sections)


def as_markdown(found: Sequence[BenchmarkResult]) -> str:
    """The key figures of the results as one Markdown table."""
    lines = [["What", "Measured", "By"], ["---"] * 3, *key_figure_rows(found)]
    dates = " and ".join(sorted({one.date for one in found}))
    machine = found[0].machine.partition(", load")[0]
    rows = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return f"Measured on {dates}: {machine}. The last column names the benchmark.\n\n{rows}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the page and the part of the docs from the results in a folder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report.page")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, metavar="FILE", help="the HTML page")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="replace the part of this file below its mark"
    )
    given = parser.parse_args(arguments)
    try:
        found = read_results(given.folder)
    except ValueError as error:
        raise SystemExit(f"benchmarks.report.page: {error}") from None
    if given.out:
        given.out.write_bytes(as_html(found))
        say(f"{given.out}")
    if given.markdown:
        before, mark, _ = given.markdown.read_text().partition(MARK)
        if not mark:
            raise SystemExit(f"benchmarks.report.page: {given.markdown}: expected a line {MARK}")
        given.markdown.write_text(f"{before}{MARK}\n\n{as_markdown(found)}")
        say(f"{given.markdown}")


if __name__ == "__main__":
    main()
