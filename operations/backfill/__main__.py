"""`python -m operations.backfill`: summaries for all users, from the history in Firestore.

With --history, the engagements of a file are first stored in Earshot's own collection. It uses the
same settings as the functions. Running it again continues, and changes nothing that is right. Exit
codes: 0 done; 1 some users failed, or nothing could be done; 2 wrong arguments; 3 stopped by
--budget.
"""

import argparse
import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Iterator

import msgspec

from feed import cli
from feed.ports.errors import Unavailable
from functions.settings import Settings, SettingsError
from operations.backfill.checkpoint import BackfillCheckpoint
from operations.backfill.estimate import estimate
from operations.backfill.history_file import HistoryError, HistoryLine, read_history
from operations.backfill.load import load
from operations.backfill.options import parse
from operations.backfill.report import BackfillReport, left_out_line
from operations.backfill.wiring import Source, wire_source
from operations.passes import checkpoint as checkpoints
from operations.passes import cost
from operations.passes.checkpoint import Checkpoint, CheckpointError
from operations.passes.options import prices_of, resume_hint
from operations.passes.run import BATCH, RebuildRun, UserResult, with_retries
from operations.passes.store import store_name, store_settings

FAILED, OVER_BUDGET = 1, 3
SAMPLE = 1_000
"""documents of each source that a dry run reads"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code; standard error says why it is not 0."""
    options = parse(arguments, __doc__ or "")
    # The report counts them; a line for each of millions would bury everything else.
    logging.getLogger("adapters.firestore.refusals").setLevel(logging.ERROR)
    codes: list[int] = []
    command = dry_run if options.dry_run else backfill
    try:
        settings = store_settings()
        source = wire_source(settings, stream=options.list == "stream")
        code = cli.run(lambda: codes.append(asyncio.run(command(settings, source, options))))
    except (SettingsError, Unavailable, CheckpointError, HistoryError, OSError) as error:
        cli.report_error(f"failed: {error}")
        return FAILED
    return code or codes[0]


async def dry_run(settings: Settings, source: Source, options: argparse.Namespace) -> int:
    """Print counts, an estimate of the cost, and what a sample holds that is not understood."""
    counts, users, after = await source.store.count(), 0, None
    while page := await source.store.users(BATCH, after):
        users, after = users + len(page), page[-1]
    print(
        f"{store_name(settings)}: {users:,} users, {counts.summaries:,} with a summary, "
        f"{counts.engagements:,} engagements in {source.store.sources:,} sources"
    )
    number, left_out = await source.sample(SAMPLE)
    left_out += await source.unlisted(times=True)
    print(f"{number:,} engagements read as a sample")
    for one in left_out:
        print(left_out_line(f"{one.source}: {one.reason}", one.number, one.example))
    spending = estimate(users, counts.engagements, source.store.sources)
    if options.history:
        spending = _plus_history(spending, read_history(options.history))
    prices = prices_of(options)
    print(
        f"about {spending.reads:,} reads and {spending.writes:,} writes: "
        f"${prices.dollars(spending):.4f} at ${prices.read:g} and ${prices.write:g} for 100,000 "
        f"(in the US ${cost.READ_PRICE:g} and ${cost.WRITE_PRICE:g} on {cost.PRICED_ON})"
    )
    return 0


def _plus_history(spending: cost.Spending, lines: Iterator[HistoryLine]) -> cost.Spending:
    """Print what a history file holds, and add the cost of storing and reading it."""
    good, refused, examples = 0, Counter[str](), dict[str, int]()
    for line in lines:
        good += line.engagement is not None
        if line.reason:
            refused[line.reason] += 1
            examples.setdefault(line.reason, line.number)
    print(f"{good:,} engagements in the history file")
    for reason, count in refused.most_common():
        print(left_out_line(f"history: {reason}", count, f"line {examples[reason]}"))
    return cost.Spending(spending.reads + good, spending.writes + good)


async def backfill(settings: Settings, source: Source, options: argparse.Namespace) -> int:
    """Store a history file's engagements, rebuild every user's summary; return the exit code."""
    at = _start(settings, options)
    meter = cost.Meter(prices_of(options), options.budget)
    report = BackfillReport(meter, at.totals)
    run = RebuildRun(source.store, meter, concurrency=options.concurrency)

    def save(**changes: object) -> None:
        nonlocal at
        report.set_left_out(source.left_out())
        at = msgspec.structs.replace(at, **changes, totals=report.totals)
        if options.checkpoint:
            checkpoints.save(options.checkpoint, at)

    def on_batch(results: list[UserResult], now: Checkpoint) -> None:
        report.add_users(results)
        save(after=now.after, again=now.again)

    all_loaded = True
    try:
        if options.history:
            lines = read_history(options.history, at.line)
            all_loaded = await load(
                lines, source.history, meter, report, lambda line: save(line=line)
            )
        if all_loaded:
            await run.all_users(at, on_batch)
            # A stream finds documents without a time, and counts them as it reads them.
            times = options.list == "query"
            report.set_left_out(await with_retries(lambda: source.unlisted(times=times)))
    finally:
        for line in report.end():
            print(line)
    return _finish(options, at, report, stopped=run.over_budget or not all_loaded)


def _finish(
    options: argparse.Namespace, at: BackfillCheckpoint, report: BackfillReport, *, stopped: bool
) -> int:
    """Say how to continue a run that was not finished, and return the exit code."""
    if stopped:
        cli.report_error(f"stopped before going over ${options.budget:g}: {resume_hint(options)}")
    elif at.again:
        cli.report_error(f"{len(at.again):,} users not done: {resume_hint(options)}")
    elif options.checkpoint:
        options.checkpoint.unlink()
    if report.failed or (at.again and not stopped):
        return FAILED
    return OVER_BUDGET if stopped else 0


def _start(settings: Settings, options: argparse.Namespace) -> BackfillCheckpoint:
    """Return the checkpoint to continue from. Raises `CheckpointError` and OSError."""
    history = options.history.name if options.history else ""
    at = BackfillCheckpoint(store=store_name(settings), check=False, history=history)
    if options.checkpoint:
        at = checkpoints.load(options.checkpoint, at)
        if at.history != history:
            was = at.history or "none"
            raise CheckpointError(f"{options.checkpoint}: a checkpoint of --history {was}")
        checkpoints.save(options.checkpoint, at)  # fails at once if the file cannot be written
    return at


if __name__ == "__main__":
    sys.exit(main())
