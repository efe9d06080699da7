"""The progress and the report of a backfill."""

import sys
import time
from collections.abc import Iterator

from tqdm import tqdm

from operations.backfill.checkpoint import Totals
from operations.backfill.wiring import LeftOut
from operations.passes.cost import Meter, Spending
from operations.passes.run import UserResult

PROGRESS_EVERY_S = 10.0
MAX_PRINTED = 20
"""failed users that are named; all others are counted"""


class BackfillReport:
    """Adds up what a run does to the totals of earlier runs, and shows the progress."""

    def __init__(self, meter: Meter, before: Totals) -> None:
        self._meter = meter
        self._before = before
        self._began = self._printed_at = time.monotonic()
        self._bar: tqdm[None] | None = None
        self._what = ""
        self._now = Totals()
        self._left_out: dict[str, LeftOut] = {}
        self._errors: list[str] = []
        self.failed = 0

    @property
    def totals(self) -> Totals:
        """The totals of all runs, this one included."""
        before, now = self._before, self._now
        left_out, examples = dict(before.left_out), dict(before.examples)
        for name, one in self._left_out.items():
            left_out[name] = left_out.get(name, 0) + one.number
            examples.setdefault(name, one.example)
        return Totals(
            users=before.users + now.users,
            written=before.written + now.written,
            lines=before.lines + now.lines,
            stored=before.stored + now.stored,
            known=before.known + now.known,
            reads=before.reads + self._meter.spent.reads,
            writes=before.writes + self._meter.spent.writes,
            elapsed_s=round(before.elapsed_s + time.monotonic() - self._began, 1),
            left_out=left_out,
            examples=examples,
        )

    def add_users(self, results: list[UserResult]) -> None:
        """Add the results of some users."""
        for one in results:
            self._now.users += one.done
            self._now.written += one.done and one.drift is not None
            if one.error is not None:
                self.failed += 1
                if len(self._errors) < MAX_PRINTED:
                    self._errors.append(f"{one.uid}: failed: {one.error}")
        self._progress("users", self._now.users)

    def add_lines(self, lines: int, stored: int, known: int) -> None:
        """Add lines of the history file: how many, and what they held."""
        self._now.lines += lines
        self._now.stored += stored
        self._now.known += known
        self._progress("lines", self._now.lines)

    def add_refused_line(self, number: int, reason: str) -> None:
        """Add a line of the history file that is left out."""
        name, example = f"history: {reason}", f"line {number}"
        known = self._left_out.get(name, LeftOut("history", reason, 0, example))
        self._left_out[name] = known._replace(number=known.number + 1)

    def set_left_out(self, some: list[LeftOut]) -> None:
        """Set the numbers of documents that are left out."""
        self._left_out |= {f"{one.source}: {one.reason}": one for one in some}

    def end(self) -> Iterator[str]:
        """End the progress bar, and yield the lines of the report."""
        self._close()
        totals = self.totals
        yield from self._errors
        if (more := self.failed - len(self._errors)) > 0:
            yield f"and {more:,} more"
        if totals.lines:
            yield (
                f"{totals.lines:,} lines of history: {totals.stored:,} engagements stored, "
                f"{totals.known:,} known before"
            )
        for name, count in totals.left_out.items():
            yield left_out_line(name, count, totals.examples.get(name, ""))
        unchanged = totals.users - totals.written
        yield (
            f"{totals.users:,} users: {totals.written:,} summaries written, "
            f"{unchanged:,} unchanged, {self.failed:,} failed"
        )
        dollars = self._meter.prices.dollars(Spending(totals.reads, totals.writes))
        yield (
            f"{totals.reads:,} reads, {totals.writes:,} writes, ${dollars:.4f}, "
            f"{totals.elapsed_s:,.0f} s"
        )

    def _progress(self, what: str, count: int) -> None:
        if what != self._what:
            self._close()
            self._what = what
        if sys.stderr.isatty():
            if self._bar is None:
                self._bar = tqdm(desc=what, unit="", leave=False, delay=0.5)
            self._bar.update(count - self._bar.n)
        elif time.monotonic() - self._printed_at > PROGRESS_EVERY_S:
            self._printed_at = time.monotonic()
            elapsed_s = self._printed_at - self._began
            tqdm.write(f"{what}: {count:,}, {elapsed_s:,.0f} s", file=sys.stderr)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def left_out_line(name: str, count: int, example: str) -> str:
    """Return a line of the report on what is left out for one reason."""
    return f"{count:>9,}  left out: {name}" + (f", as in {example}" if example else "")
