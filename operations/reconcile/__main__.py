"""`python -m operations.reconcile`: rebuild users' summaries from their engagements.

It reports drift: how each summary differed from the rebuilt one. The settings STORE and
FIREBASE_PROJECT name the store. Exit codes: 0 done; 1 some users failed, or nothing could be done;
2 wrong arguments; 3 stopped by --budget; 4 drift found by --check.
"""

import argparse
import asyncio
import sys
from contextlib import ExitStack

import msgspec

from feed import cli
from feed.ports.errors import Unavailable
from functions.settings import Settings, SettingsError
from functions.wiring.stores import wire_store
from operations.passes import checkpoint as checkpoints
from operations.passes import cost
from operations.passes.checkpoint import Checkpoint, CheckpointError
from operations.passes.options import prices_of, resume_hint
from operations.passes.run import RebuildRun, UserResult
from operations.passes.store import store_name, store_settings
from operations.reconcile.options import parse
from operations.reconcile.report import ReconcileReport

FAILED, OVER_BUDGET, DRIFTED = 1, 3, 4


class _UnfinishedError(Exception):
    """The run did not end with exit code 0; the message says why."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code; standard error says why it is not 0."""
    options = parse(arguments, __doc__ or "")
    command = dry_run if options.dry_run else reconcile
    try:
        settings = store_settings()
        return cli.run(lambda: asyncio.run(command(settings, options)))
    except _UnfinishedError as unfinished:
        print(unfinished, file=sys.stderr)
        return unfinished.code
    except (SettingsError, Unavailable, CheckpointError, OSError) as error:
        cli.report_error(f"failed: {error}")
        return FAILED


async def dry_run(settings: Settings, options: argparse.Namespace) -> None:
    """Print an estimate of what a run costs, from the numbers of documents alone."""
    counts = await wire_store(settings).count()
    prices = prices_of(options)
    print(
        f"{store_name(settings)}: {counts.profiles:,} profiles, {counts.summaries:,} summaries, "
        f"{counts.engagements:,} engagements: {cost.known_users(counts):,} users or more"
    )
    for case, spending in zip(("none", "every summary"), cost.estimate(counts), strict=True):
        print(
            f"if {case} drifted, about {spending.reads:,} reads and {spending.writes:,} writes: "
            f"${prices.dollars(spending):.4f}"
        )
    print(
        f"at ${prices.read:g} and ${prices.write:g} for 100,000 "
        f"(in the US ${cost.READ_PRICE:g} and ${cost.WRITE_PRICE:g} on {cost.PRICED_ON})"
    )


async def reconcile(settings: Settings, options: argparse.Namespace) -> None:
    """Rebuild every summary that differs, or with --check only report which do."""
    at = Checkpoint(store=store_name(settings), check=options.check)
    if options.checkpoint:
        at = checkpoints.load(options.checkpoint, at)
        checkpoints.save(options.checkpoint, at)  # fails at once if the file cannot be written
    meter = cost.Meter(prices_of(options), options.budget)
    run = RebuildRun(
        wire_store(settings), meter, check=options.check, concurrency=options.concurrency
    )

    def on_batch(results: list[UserResult], now: Checkpoint) -> None:
        nonlocal at
        at = now
        report.add(results)
        if options.checkpoint:
            checkpoints.save(options.checkpoint, at)

    with ExitStack() as files:
        lines = files.enter_context(options.json.open("wb")) if options.json else None
        report = ReconcileReport(meter, check=options.check, lines=lines)
        try:
            if options.user:
                results, again = await run.users(sorted(set(options.user)))
                on_batch(results, msgspec.structs.replace(at, again=again))
            else:
                await run.all_users(at, on_batch)
        finally:
            for line in report.end():
                print(line)
    if options.checkpoint and not run.over_budget and not at.again:
        options.checkpoint.unlink()
    _check_finished(options, run, report, at)


def _check_finished(
    options: argparse.Namespace, run: RebuildRun, report: ReconcileReport, at: Checkpoint
) -> None:
    """Raise `_UnfinishedError` if the run was stopped, users failed, or --check found drift."""
    resume = resume_hint(options)
    if run.over_budget:
        where = f"after {at.after}" if at.after else "among the first"
        remaining = f"{len(at.again):,} up to there not done"
        message = f"stopped before going over ${options.budget:g} {where}, {remaining}: {resume}"
        raise _UnfinishedError(FAILED if report.failed else OVER_BUDGET, message)
    if report.failed:
        raise _UnfinishedError(FAILED, f"{report.failed:,} failed: {resume}")
    if options.check and report.drifted:
        raise _UnfinishedError(DRIFTED, f"{report.drifted:,} drifted")


if __name__ == "__main__":
    sys.exit(main())
