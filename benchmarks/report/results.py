"""Results of a benchmark: tables to print, and JSON for the page of all results."""

import argparse
import json
import os
import platform
import statistics
import sys
import timeit
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.report.page import text_table

CALLS, BATCHES = 2_000, 9
"""calls per batch, and batches"""
_LOAD = os.getloadavg()[0]
"""mean number of busy processes in the minute before the start"""


def call_us() -> float:
    """Median microseconds of a small numpy call, a measure of the machine's current speed."""
    numbers = np.arange(100.0)
    batches = timeit.repeat(lambda: numbers > 1, number=CALLS, repeat=BATCHES)
    return 1e6 * statistics.median(batches) / CALLS


_BEFORE_US = call_us()


def _command() -> str:
    """The command line of this process, without the option for JSON."""
    name = Path(sys.argv[0]).stem
    given = sys.argv[1:]
    for option in ("--json", "--output"):
        if option in given:
            at = given.index(option)
            given = given[:at] + given[at + 2 :]
    return " ".join(["python", "-m", f"benchmarks.{name}", *given])


def _machine() -> str:
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"load {_LOAD:.1f} before, a small call of numpy {_BEFORE_US:.2f} µs before and "
        f"{call_us():.2f} after"
    )


@dataclass(frozen=True)
class ResultTable:
    """A titled table of formatted cells."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class BenchmarkResult:
    """The results of one benchmark, with the command, date and machine that they come from."""

    name: str
    about: str
    """what was measured and how"""
    tables: Sequence[ResultTable]
    found: dict[str, Any]
    """all figures as numbers, for plots and other benchmarks"""
    command: str = field(default_factory=_command)
    date: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%d}")
    machine: str = field(default_factory=_machine)

    def publish(self, file: Path | None) -> None:
        """Print the tables, and write the result as JSON to a file unless it is None."""
        for one in self.tables:
            say(f"\n{one.title}\n")
            say(text_table(one.header, one.rows))
        say(f"\n{self.about}\n{self.date}, {self.machine}")
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")


def read_result(file: Path) -> BenchmarkResult:
    """Read a result from a JSON file that `publish` wrote."""
    fields = json.loads(file.read_text())
    tables = [ResultTable(**one) for one in fields.pop("tables")]
    return BenchmarkResult(tables=tables, **fields)


def argument_parser(name: str, about: str, json_option: str = "--json") -> argparse.ArgumentParser:
    """An argument parser for `python -m benchmarks.{name}` with the option for a JSON file."""
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}", description=about.partition("\n")[0]
    )
    parser.add_argument(
        json_option, dest="json", type=Path, metavar="FILE", help="write the results here"
    )
    return parser


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201  # these are commands
