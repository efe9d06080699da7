"""The options of every command that passes over all users: concurrency, budget, prices, resume."""

import argparse
import math
from pathlib import Path

from operations.passes.cost import READ_PRICE, WRITE_PRICE, FirestorePrices
from operations.passes.run import least_budget

MAX_CONCURRENCY = 256


def new_parser(command: str, description: str) -> argparse.ArgumentParser:
    """Return a parser for `python -m operations.COMMAND` that knows the common options."""
    parser = argparse.ArgumentParser(
        prog=f"operations.{command}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
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
    for operation, price in (("read", READ_PRICE), ("write", WRITE_PRICE)):
        parser.add_argument(
            f"--{operation}-price",
            type=_dollars,
            default=price,
            metavar="DOLLARS",
            help=f"for 100,000 documents (default: {price})",
        )
    return parser


def check_budget(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """End the process with code 2 and a message if no run could make progress with the budget."""
    least = least_budget(prices_of(options), options.concurrency)
    if options.budget is not None and options.budget < least:
        concurrency = f"--concurrency {options.concurrency}"
        parser.error(f"--budget: expected at least {least:.4f} dollars with {concurrency}")


def prices_of(options: argparse.Namespace) -> FirestorePrices:
    """Return the prices that the options give."""
    return FirestorePrices(options.read_price, options.write_price)


def resume_hint(options: argparse.Namespace) -> str:
    """Return how a run that was stopped can be continued."""
    if options.checkpoint:
        return f"continue with the same --checkpoint {options.checkpoint}"
    return "without a --checkpoint the next run starts from the beginning"


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
