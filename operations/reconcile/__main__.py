"""`python -m operations.reconcile`: rebuild summaries from engagements, report their drift.

The store is that of the settings STORE and FIREBASE_PROJECT. Exit codes: 0 done; 1 some users
failed, or nothing could be done; 2 wrong arguments; 3 stopped by the budget; 4 drift (--check).
"""

import argparse
import asyncio
import os
import sys
from contextlib import ExitStack
from pathlib import Path

import msgspec

from feed import cli as command_line
from feed.ports.errors import Unavailable
from functions.settings import CLOUD_STORE, Settings, SettingsError, read_settings
from functions.wiring import wire_store
from operations.reconcile import checkpoint as checkpoints
from operations.reconcile import cost
from operations.reconcile.checkpoint import Checkpoint, CheckpointError
from operations.reconcile.options import parse, prices_of
from operations.reconcile.report import Report
from operations.reconcile.run import Finding, Run

FAILED, OVER_BUDGET, DRIFTED = 1, 3, 4


class _Ended(Exception):
    """The run is not simply done: its exit code, and why."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Returns its exit code; standard error says why it is not 0."""
    options = parse(arguments, __doc__ or "")
    command = dry_run if options.dry_run else reconcile
    try:
        settings = _settings()
        return command_line.run(lambda: asyncio.run(command(settings, options)))
    except _Ended as ended:
        print(ended, file=sys.stderr)
        return ended.code
    except (SettingsError, Unavailable, CheckpointError, OSError) as error:
        command_line.complain(f"failed: {error}")
        return FAILED


async def dry_run(settings: Settings, options: argparse.Namespace) -> None:
    """Print what a run would cost, from counts alone."""
    counts = await wire_store(settings).count()
    prices = prices_of(options)
    print(
        f"{_named(settings)}: {counts.profiles:,} profiles, {counts.summaries:,} summaries, "
        f"{counts.engagements:,} engagements: {cost.known_users(counts):,} users or more"
    )
    for case, about in zip(("none", "every summary"), cost.estimate(counts), strict=True):
        print(
            f"if {case} drifted, about {about.reads:,} reads and {about.writes:,} writes: "
            f"${prices.dollars(about):.4f}"
        )
    print(
        f"at ${prices.read:g} and ${prices.write:g} for 100,000 "
        f"(in the US ${cost.READ_PRICE:g} and ${cost.WRITE_PRICE:g} on {cost.PRICED_ON})"
    )


async def reconcile(settings: Settings, options: argparse.Namespace) -> None:
    """Rebuild every summary that differs, or with --check only say which."""
    at = Checkpoint(store=_named(settings), check=options.check)
    if options.checkpoint:
        at = checkpoints.load(options.checkpoint, at)
        checkpoints.save(options.checkpoint, at)  # if it cannot be, that is known at once
    meter = cost.Meter(prices_of(options), options.budget)
    run = Run(wire_store(settings), meter, check=options.check, concurrency=options.concurrency)

    def tell(findings: list[Finding], now: Checkpoint) -> None:
        nonlocal at
        at = now
        report.add(findings)
        if options.checkpoint:
            checkpoints.save(options.checkpoint, at)

    with ExitStack() as files:
        lines = files.enter_context(options.json.open("wb")) if options.json else None
        report = Report(meter, check=options.check, lines=lines)
        try:
            if options.user:
                findings, again = await run.users(sorted(set(options.user)))
                tell(findings, msgspec.structs.replace(at, again=again))
            else:
                await run.everybody(at, tell)
        finally:
            for line in report.end():
                print(line)
    if options.checkpoint and not run.over_budget and not at.again:
        options.checkpoint.unlink()
    _end(options, run, report, at)


def _end(options: argparse.Namespace, run: Run, report: Report, at: Checkpoint) -> None:
    """Say why the run is not simply done. Raises `_Ended`."""
    resume = (
        f"go on with the same --checkpoint {options.checkpoint}"
        if options.checkpoint
        else "without a --checkpoint the next run begins anew"
    )
    if run.over_budget:
        where = f"after {at.after}" if at.after else "among the first"
        open_ = f"{len(at.again):,} up to there not done"
        why = f"stopped before going over ${options.budget:g} {where}, {open_}: {resume}"
        raise _Ended(FAILED if report.failed else OVER_BUDGET, why)
    if report.failed:
        raise _Ended(FAILED, f"{report.failed:,} failed: {resume}")
    if options.check and report.drifted:
        raise _Ended(DRIFTED, f"{report.drifted:,} drifted")


def _settings() -> Settings:
    """The environment's, of a store that is there. Raises `SettingsError`."""
    settings = read_settings(os.environ)
    if settings.STORE == CLOUD_STORE:
        if not settings.FIREBASE_PROJECT:
            raise SettingsError("FIREBASE_PROJECT: expected the id of the Firebase project")
    elif not Path(settings.STORE).is_file():
        raise SettingsError(f"STORE: expected firestore or a SQLite file, got {settings.STORE}")
    return settings


def _named(settings: Settings) -> str:
    """The store, as checkpoints and reports name it."""
    if settings.STORE != CLOUD_STORE:
        return str(Path(settings.STORE).resolve())
    emulator = "emulator of " if os.environ.get("FIRESTORE_EMULATOR_HOST") else ""
    return f"{CLOUD_STORE}: {emulator}{settings.FIREBASE_PROJECT}"


if __name__ == "__main__":
    sys.exit(main())
