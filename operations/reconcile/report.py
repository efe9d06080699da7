"""The report of a run: totals and examples as text, and every finding as JSON Lines."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from operations.passes.cost import Meter
from operations.passes.run import UserResult

MAX_PRINTED = 20
"""findings that are printed; all others are counted"""
PROGRESS_EVERY_S = 10.0


class ReconcileReport:
    """Counts the results of a run, and writes each finding to `lines` as JSON if it is given."""

    def __init__(self, meter: Meter, *, check: bool, lines: BinaryIO | None = None) -> None:
        self._meter = meter
        self._check = check
        self._lines = lines
        self._printed: list[str] = []
        self._progress_at = time.monotonic()
        self.users = 0
        self.failed = 0
        self.drifted = 0
        self.kinds: Counter[str] = Counter()
        """numbers of summaries by kind of drift"""

    def add(self, results: list[UserResult]) -> None:
        """Add results of users, and now and then print the progress on standard error."""
        for one in results:
            self.users += one.done or one.error is not None
            if one.drift is not None:
                self.drifted += 1
                self.kinds.update(one.drift.kinds)
                self._add_finding(f"{one.uid}: {one.drift}", user=one.uid, drift=one.drift)
            if one.error is not None:
                self.failed += 1
                self._add_finding(f"{one.uid}: failed: {one.error}", user=one.uid, error=one.error)
        if self._lines is not None:
            self._lines.flush()
        if time.monotonic() - self._progress_at > PROGRESS_EVERY_S:
            self._progress_at = time.monotonic()
            print(self._totals_line(), file=sys.stderr)  # noqa: T201

    def end(self) -> Iterator[str]:
        """Write the totals as the last JSON line, and yield the lines of the report."""
        totals = {
            "users": self.users,
            "drifted": self.drifted,
            "failed": self.failed,
            "kinds": dict(sorted(self.kinds.items())),
            "reads": self._meter.spent.reads,
            "writes": self._meter.spent.writes,
            "dollars": round(self._meter.dollars, 6),
            "check": self._check,
        }
        self._write(totals=totals)
        yield from self._printed
        if (more := self.drifted + self.failed - len(self._printed)) > 0:
            yield f"and {more:,} more"
        for kind, number in self.kinds.most_common():
            yield f"{number:>9,}  {kind.replace('_', ' ')}"
        yield self._totals_line()

    def _totals_line(self) -> str:
        spent, verb = self._meter.spent, "drifted" if self._check else "rebuilt"
        return (
            f"{self.users:,} users: {self.drifted:,} summaries {verb}, {self.failed:,} failed; "
            f"{spent.reads:,} reads, {spent.writes:,} writes, ${self._meter.dollars:.4f}"
        )

    def _add_finding(self, line: str, **fields: Any) -> None:
        if len(self._printed) < MAX_PRINTED:
            self._printed.append(line)
        self._write(**fields)

    def _write(self, **fields: Any) -> None:
        if self._lines is not None:
            self._lines.write(msgspec.json.encode(fields, order="sorted") + b"\n")
