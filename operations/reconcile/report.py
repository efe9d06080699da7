"""The report of a run: totals and examples for people, every finding as JSON Lines for machines."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from operations.reconcile.cost import Meter
from operations.reconcile.run import Finding

SHOWN = 20
"""findings that are printed; the others are counted"""
EVERY_S = 10.0
"""seconds between two lines of progress"""


class Report:
    """Takes findings as they come. `lines` is where they are written as JSON, if anywhere."""

    def __init__(self, meter: Meter, *, check: bool, lines: BinaryIO | None = None) -> None:
        self._meter = meter
        self._check = check
        self._lines = lines
        self._shown: list[str] = []
        self._said = time.monotonic()
        self.users = 0
        self.failed = 0
        self.drifted = 0
        self.kinds: Counter[str] = Counter()
        """summaries by what was wrong with them"""

    def add(self, findings: list[Finding]) -> None:
        """Take these, and now and then say on standard error how it goes."""
        for one in findings:
            self.users += one.done or one.error is not None
            if one.drift is not None:
                self.drifted += 1
                self.kinds.update(one.drift.kinds)
                self._found(f"{one.uid}: {one.drift}", user=one.uid, drift=one.drift)
            if one.error is not None:
                self.failed += 1
                self._found(f"{one.uid}: failed: {one.error}", user=one.uid, error=one.error)
        if self._lines is not None:
            self._lines.flush()
        if time.monotonic() - self._said > EVERY_S:
            self._said = time.monotonic()
            print(self._so_far(), file=sys.stderr)  # noqa: T201

    def end(self) -> Iterator[str]:
        """The report, line by line; the totals end the JSON Lines, too."""
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
        yield from self._shown
        if (more := self.drifted + self.failed - len(self._shown)) > 0:
            yield f"and {more:,} more"
        for kind, number in self.kinds.most_common():
            yield f"{number:>9,}  {kind.replace('_', ' ')}"
        yield self._so_far()

    def _so_far(self) -> str:
        spent, done = self._meter.spent, "drifted" if self._check else "rebuilt"
        return (
            f"{self.users:,} users: {self.drifted:,} summaries {done}, {self.failed:,} failed; "
            f"{spent.reads:,} reads, {spent.writes:,} writes, ${self._meter.dollars:.4f}"
        )

    def _found(self, line: str, **fields: Any) -> None:
        if len(self._shown) < SHOWN:
            self._shown.append(line)
        self._write(**fields)

    def _write(self, **fields: Any) -> None:
        if self._lines is not None:
            self._lines.write(msgspec.json.encode(fields, order="sorted") + b"\n")
