"""The options of `python -m operations.reconcile`."""

import argparse
from pathlib import Path

from operations.passes.options import check_budget, new_parser


def parse(arguments: list[str] | None, description: str) -> argparse.Namespace:
    """Parse the command line. A wrong option ends the process with code 2 and a message."""
    parser = new_parser("reconcile", description)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--dry-run", action="store_true", help="only count documents, and estimate the cost"
    )
    kind.add_argument("--check", action="store_true", help="report drift, but write nothing")
    parser.add_argument(
        "--user", action="extend", nargs="+", metavar="UID", help="only these users (default: all)"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write every finding as JSON Lines"
    )
    options = parser.parse_args(arguments)
    if options.dry_run and (options.user or options.checkpoint or options.json or options.budget):
        parser.error("--dry-run takes no --user, --budget, --checkpoint or --json: it counts all")
    if options.user and options.checkpoint:
        parser.error("--checkpoint is for a run over all users, and --user names some")
    check_budget(parser, options)
    return options
