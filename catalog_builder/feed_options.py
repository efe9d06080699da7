"""How feeds are read: what they may take, and what of them is wanted."""

import argparse
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FeedOptions:
    """The options of the builder; the settings of `publish_catalog` have the same defaults."""

    allow_private: bool = False
    """whether feeds may lie in a private network, or on this machine"""
    include_blocked: bool = False
    """whether to read what asks to be in no directory"""
    max_mb: int = 64
    """MiB of one feed"""
    total_mb: int = 1024
    """MiB of all feeds together that are fetched"""
    timeout_s: float = 1200.0
    """seconds after which no further feed is fetched"""


def add_feed_options(parser: argparse.ArgumentParser) -> None:
    """Declares the options on a parser of commands."""
    default = FeedOptions()
    parser.add_argument(
        "--allow-private-feeds",
        action="store_true",
        help="fetch feeds of a private network and of this machine, too",
    )
    parser.add_argument(
        "--include-blocked",
        action="store_true",
        help="read what asks to be in no directory, too (itunes:block, podcast:block)",
    )
    parser.add_argument(
        "--feed-max-mb",
        type=_number,
        default=default.max_mb,
        metavar="N",
        help=f"MiB of one feed (default: {default.max_mb})",
    )
    parser.add_argument(
        "--feeds-max-mb",
        type=_number,
        default=default.total_mb,
        metavar="N",
        help=f"MiB of all feeds together that are fetched (default: {default.total_mb})",
    )
    parser.add_argument(
        "--feeds-timeout",
        type=_number,
        default=default.timeout_s,
        metavar="S",
        help=f"seconds after which no further feed is fetched (default: {default.timeout_s:g})",
    )


def feed_options(parsed: argparse.Namespace) -> FeedOptions:
    """Returns what a command line says."""
    return FeedOptions(
        allow_private=parsed.allow_private_feeds,
        include_blocked=parsed.include_blocked,
        max_mb=parsed.feed_max_mb,
        total_mb=parsed.feeds_max_mb,
        timeout_s=parsed.feeds_timeout,
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= 1_000_000):  # noqa: PLR2004
        raise argparse.ArgumentTypeError(f"expected a number from 1 to 1000000, got {text!r}")
    return int(text)
