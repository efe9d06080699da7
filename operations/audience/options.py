"""The options of `python -m operations.audience`."""

import argparse
from pathlib import Path

import msgspec

from feed import cli
from functions.audience.request import AudienceRequest
from operations.passes.cost import READ_PRICE


def parse(arguments: list[str] | None, description: str) -> argparse.Namespace:
    """Parse the command line; `request` holds what a run is asked for.

    A wrong option ends the process with code 2 and a message.
    """
    parser = argparse.ArgumentParser(
        prog="operations.audience",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--episode",
        action="append",
        default=[],
        metavar="ID",
        help="an episode of the catalog; may be given several times, for one pass over the users",
    )
    parser.add_argument(
        "--since",
        type=cli.timestamp,
        metavar="TIME",
        help="all episodes that were published since then, like 2026-02-06T00:00:00Z",
    )
    parser.add_argument(
        "--limit",
        type=int,
        default=AudienceRequest().limit,
        metavar="N",
        help="most users in the audience of an episode (default: %(default)s)",
    )
    parser.add_argument(
        "--within",
        type=int,
        default=AudienceRequest().within,
        metavar="N",
        help="announce an episode to users who would find it among the first N "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--leave-out",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="leave out the users of a file: an earlier audience, or one user id a line",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="write nothing: estimate documents and dollars"
    )
    parser.add_argument(
        "--read-price",
        type=float,
        default=READ_PRICE,
        metavar="DOLLARS",
        help="for 100,000 documents (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    if not options.episode and options.since is None:
        parser.error("expected --episode ID or --since TIME")
    fields = {"episodes": options.episode, "limit": options.limit, "within": options.within}
    try:
        options.request = msgspec.convert(fields | {"since": options.since}, AudienceRequest)
    except msgspec.ValidationError as error:
        parser.error(str(error).replace("`$.", "`--"))
    return options
