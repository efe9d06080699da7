"""Results: what a benchmark found, as tables for people and as JSON for the page of all."""

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
"""how often it is made at once, and how many times over"""
_LOAD = os.getloadavg()[0]
"""how busy others kept the machine in the minute before"""


def call_us() -> float:
    """Microseconds of a small call of numpy, median: how fast the machine is just now."""
    numbers = np.arange(100.0)
    batches = timeit.repeat(lambda: numbers > 1, number=CALLS, repeat=BATCHES)
    return 1e6 * statistics.median(batches) / CALLS


_BEFORE_US = call_us()


def _command() -> str:
    """As it was called, but for where its JSON went."""
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
    """One table: what it shows, in a sentence, and its cells as they are read."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    about: str = ""


@dataclass(frozen=True)
class BenchmarkResult:
    """All that one benchmark found."""

    name: str
    about: str
    """what was measured and how, for whoever has not read the code"""
    tables: Sequence[ResultTable]
    found: dict[str, Any]
    """every figure by itself, for plots and for other benchmarks"""
    command: str = field(default_factory=_command)
    date: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%d}")
    machine: str = field(default_factory=_machine)

    def tell(self, file: Path | None) -> None:
        """Print the tables, and write all of it to a file, where one is named."""
        for one in self.tables:
            say(f"\n{one.title}\n")
            say(text_table(one.header, one.rows))
        say(f"\n{self.about}\n{self.date}, {self.machine}")
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")


def read(file: Path) -> BenchmarkResult:
    """What `tell` wrote."""
    fields = json.loads(file.read_text())
    tables = [ResultTable(**one) for one in fields.pop("tables")]
    return BenchmarkResult(tables=tables, **fields)


def options(name: str, about: str, json_option: str = "--json") -> argparse.ArgumentParser:
    """A parser that knows where JSON is to go, as `json`."""
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}", description=about.partition("\n")[0]
    )
    parser.add_argument(
        json_option, dest="json", type=Path, metavar="FILE", help="write what was found here"
    )
    return parser


def say(text: str) -> None:
    """Print for people."""
    print(text, flush=True)  # noqa: T201  # these are commands
