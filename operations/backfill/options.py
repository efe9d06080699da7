"""The options of `python -m operations.backfill`."""

import argparse
import os
from pathlib import Path

from operations.passes.options import check_budget, new_parser


def parse(arguments: list[str] | None, description: str) -> argparse.Namespace:
    """Parse the command line. A wrong option ends the process with code 2 and a message."""
    parser = new_parser("backfill", description)
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="write nothing: count, estimate the cost, and read a sample",
    )
    parser.add_argument(
        "--history",
        type=Path,
        metavar="FILE",
        help="first store the engagements of a .csv or .jsonl file",
    )
    parser.add_argument(
        "--list",
        choices=["query", "stream"],
        help="find users by a query for each, or, on the emulator alone, by one stream of all ids "
        "(default: stream on the emulator, else query)",
    )
    options = parser.parse_args(arguments)
    if options.dry_run and (options.budget is not None or options.checkpoint):
        parser.error("--dry-run takes no --budget or --checkpoint: it writes nothing")
    on_emulator = bool(os.environ.get("FIRESTORE_EMULATOR_HOST"))
    if options.list is None:
        options.list = "stream" if on_emulator else "query"
    if options.list == "stream" and not on_emulator:
        parser.error("--list stream is for the emulator: it reads each engagement twice")
    check_budget(parser, options)
    return options
