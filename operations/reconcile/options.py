"""The options of `python -m operations.reconcile`."""

import argparse
import math
from pathlib import Path

from operations.reconcile.cost import READ_PRICE, WRITE_PRICE, FirestorePrices
from operations.reconcile.run import least_budget

MAX_CONCURRENCY = 256


def prices_of(options: argparse.Namespace) -> FirestorePrices:
    """Return the prices that the options give."""
    return FirestorePrices(options.read_price, options.write_price)


def parse(arguments: list[str] | None, description: str) -> argparse.Namespace:
    """Parse the command line. A wrong option ends the process with code 2 and a message."""
    parser = argparse.ArgumentParser(
        prog="operations.reconcile",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--dry-run", action="store_true", help="only count documents, and estimate the cost"
    )
    kind.add_argument("--check", action="store_true", help="report drift, but write nothing")
    parser.add_argument(
        "--user", action="extend", nargs="+", metavar="UID", help="only these users (default: all)"
    )
    parser.add_argument(
        "--concurrency",
        type=_count,
        default=8,
        metavar="N",
        help="users at the same time (default: 8)",
    )
    parser.add_argument(
        "--budget",
        type=_dollars,
        metavar="DOLLARS",
        help="stop before the run costs more than this",
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="continue from this file, and keep it up to date",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write every finding as JSON Lines"
    )
    for operation, price in (("read", READ_PRICE), ("write", WRITE_PRICE)):
        parser.add_argument(
            f"--{operation}-price",
            type=_dollars,
            default=price,
            metavar="DOLLARS",
            help=f"for 100,000 documents (default: {price})",
        )
    options = parser.parse_args(arguments)
    if options.dry_run and (options.user or options.checkpoint or options.json or options.budget):
        parser.error("--dry-run takes no --user, --budget, --checkpoint or --json: it counts all")
    if options.user and options.checkpoint:
        parser.error("--checkpoint is for a run over all users, and --user names some")
    least = least_budget(prices_of(options), options.concurrency)
    if options.budget is not None and options.budget < least:
        concurrency = f"--concurrency {options.concurrency}"
        parser.error(f"--budget: expected at least {least:.4f} dollars with {concurrency}")
    return options


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_CONCURRENCY:
        expected = f"a number from 1 to {MAX_CONCURRENCY}"
        raise argparse.ArgumentTypeError(f"expected {expected}, got {text!r}")
    return int(text)


def _dollars(text: str) -> float:
    try:
        dollars = float(text)
    except ValueError:
        dollars = math.nan
    if not 0 <= dollars < math.inf:
        raise argparse.ArgumentTypeError(f"expected dollars like 0.5, got {text!r}")
    return dollars
