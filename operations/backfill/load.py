"""Stores the engagements of a history file."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol, TypeVar

from feed.model.engagement import Engagement
from operations.backfill.history_file import HistoryLine
from operations.backfill.report import BackfillReport
from operations.passes.cost import Meter, OverBudget
from operations.passes.run import with_retries

T = TypeVar("T")

BATCH = 500
"""engagements in one call"""
AT_ONCE = 8
"""calls at the same time"""


class Writer(Protocol):
    """Stores engagements of many users."""

    async def create(self, some: Sequence[tuple[str, Engagement]]) -> list[str | None]:
        """Return for each why it is left out; "" if it is known; None if it is new."""


async def load(
    lines: Iterable[HistoryLine],
    writer: Writer,
    meter: Meter,
    report: BackfillReport,
    on_lines: Callable[[int], None],
) -> bool:
    """Store the engagements of some lines; False if the budget ended it before the last.

    `on_lines` is called with the number of a line when all up to it are stored. Raises
    `Unavailable`; a second run stores what is missing, and nothing twice.
    """
    for chunk in _chunks(lines, BATCH * AT_ONCE):
        good = [one for one in chunk if one.engagement is not None]
        calls = [_store(batch, writer, meter) for batch in _chunks(good, BATCH)]
        found = await asyncio.gather(*calls, return_exceptions=True)
        results: list[str | None] = []
        for batch in found:
            if isinstance(batch, OverBudget):
                return False
            if isinstance(batch, BaseException):
                raise batch
            results += batch
        for one in chunk:
            if one.reason:
                report.add_refused_line(one.number, one.reason)
        for one, result in zip(good, results, strict=True):
            if result:
                report.add_refused_line(one.number, result)
        report.add_lines(len(chunk), results.count(None), results.count(""))
        on_lines(chunk[-1].number)
    return True


async def _store(batch: Sequence[HistoryLine], writer: Writer, meter: Meter) -> list[str | None]:
    some = [(one.uid, one.engagement) for one in batch if one.engagement is not None]
    users = len({uid for uid, _ in some})

    async def create() -> list[str | None]:
        # A write whose condition fails is billed as a read.
        async with meter.call(reads=users + len(some), writes=len(some)) as cost:
            results = await writer.create(some)
            cost.writes = results.count(None)
            cost.reads = users + results.count("")
        return results

    return await with_retries(create)


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
