"""The command line of `python -m catalog_builder`."""

import argparse
import math
import os
from datetime import UTC, datetime
from pathlib import Path

from catalog_builder import commands
from catalog_builder.build_options import MINILM, BuildOptions
from catalog_builder.episodes.allowance import Allowance, parse_allowance
from catalog_builder.publish.gate import MIN_COVERAGE
from catalog_builder.signals.aggregates import MIN_USERS
from feed import cli

KEEP = 10
"""Versions that are kept by default."""
MAX_NUMBER = 1_000_000
"""Largest limit for the reading of feeds."""


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Returns the parsed command line; its attribute `run` is the function of the command."""
    parser = argparse.ArgumentParser(
        prog="catalog_builder",
        description="Builds catalogs, publishes them and manages published versions.",
    )
    parsers = parser.add_subparsers(required=True, metavar="COMMAND")
    inputs, shelf = _input_options(), argparse.ArgumentParser(add_help=False)
    shelf.add_argument(
        "--shelf", required=True, metavar="DIR|gs://…", help="where snapshots are kept"
    )
    build = parsers.add_parser("build", parents=[inputs], help=commands.build.__doc__)
    build.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")
    build.set_defaults(run=commands.build)
    publish = parsers.add_parser("publish", parents=[inputs, shelf], help=commands.publish.__doc__)
    _add_publish_options(publish)
    publish.set_defaults(run=commands.publish)
    enrich = parsers.add_parser("enrich", parents=[inputs], help=commands.enrich.__doc__)
    enrich.add_argument(
        "--dry-run", action="store_true", help="say what it would take, and ask nothing"
    )
    enrich.set_defaults(run=commands.enrich)
    results = parsers.add_parser("enriched", parents=[inputs], help=commands.enriched.__doc__)
    results.set_defaults(run=commands.enriched)
    versions = parsers.add_parser("list", parents=[shelf], help=commands.list_versions.__doc__)
    versions.set_defaults(run=commands.list_versions)
    for run in (commands.verify, commands.rollback):
        command = parsers.add_parser(run.__name__, parents=[shelf], help=run.__doc__)
        command.add_argument("version", nargs="?", metavar="VERSION")
        command.set_defaults(run=run)
    insights = parsers.add_parser("insights", parents=[shelf], help=commands.insights.__doc__)
    insights.add_argument("version", nargs="?", metavar="VERSION")
    insights.add_argument(
        "--limit", type=_count, default=50, metavar="N", help="insights to print (default: 50)"
    )
    insights.set_defaults(run=commands.insights)
    prune = parsers.add_parser("prune", parents=[shelf], help=commands.prune.__doc__)
    prune.add_argument("--keep", type=_count, required=True, metavar="N", help="versions to keep")
    prune.set_defaults(run=commands.prune)
    return parser.parse_args(arguments)


def _add_publish_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--force", action="store_true", help="publish even a catalog that the gate refuses"
    )
    parser.add_argument(
        "--min-coverage",
        type=_share,
        default=MIN_COVERAGE,
        metavar="SHARE",
        help=f"share of episodes that must have a vector (default: {MIN_COVERAGE})",
    )
    parser.add_argument(
        "--if-stale", action="store_true", help="do nothing if the current catalog is from today"
    )
    parser.add_argument(
        "--keep",
        type=_count,
        default=KEEP,
        metavar="N",
        help=f"versions to keep (default: {KEEP})",
    )


def _input_options() -> argparse.ArgumentParser:
    """Options that are fields of `BuildOptions`, which has their defaults, and `--now`."""
    parser = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    parser.add_argument(
        "--episodes",
        metavar="FILE|firestore[:COLLECTION]",
        help="a JSON array, JSON Lines, or a collection of Firestore (default: a demo catalog)",
    )
    parser.add_argument(
        "--feeds",
        nargs="+",
        metavar="FEED",
        help="RSS or Atom feeds in place of --episodes: URLs, files, lists of them, or OPML",
    )
    _add_feed_options(parser)
    parser.add_argument(
        "--fields", type=Path, metavar="FILE.toml", help="a mapping of field names of --episodes"
    )
    parser.add_argument(
        "--max-bad",
        type=_allowance,
        metavar="N|P%",
        help="invalid episodes allowed in each feed, or among all of --episodes (default: 10%%)",
    )
    parser.add_argument(
        "--vectors",
        metavar="FILE.npz|minilm|pinecone",
        help="arrays `ids` and `vectors`; a model for queries, too (docs/search.md); or the "
        "index that PINECONE_* names (default: embeddings computed from the text)",
    )
    parser.add_argument(
        "--embedder", dest="vectors", choices=[MINILM], help="the same as --vectors minilm"
    )
    parser.add_argument(
        "--no-vectors",
        action="store_true",
        help="leave the vectors out of the snapshot: sessions search Pinecone (RETRIEVAL=pinecone)",
    )
    parser.add_argument(
        "--users",
        metavar="FILE.db|firestore",
        help="compute signals from all users' summaries (default: no signals)",
    )
    parser.add_argument(
        "--min-users",
        type=_count,
        metavar="N",
        help=f"publish no signal of fewer users (default: {MIN_USERS})",
    )
    parser.add_argument(
        "--project",
        default=os.environ.get("FIREBASE_PROJECT", ""),
        help="project of Firestore (default: FIREBASE_PROJECT, or that of the credentials)",
    )
    parser.add_argument(
        "--schema",
        default=os.environ.get("SCHEMA", ""),
        metavar="FILE.toml",
        help="where an app keeps its data in Firestore (default: SCHEMA, or the plain layout)",
    )
    parser.add_argument(
        "--now",
        type=cli.timestamp,
        default=datetime.now(UTC),
        metavar="RFC3339",
        help="creation time of the catalog (default: now)",
    )
    parser.add_argument(
        "--cache",
        default=".earshot/feeds",
        metavar="DIR|gs://…",
        help="where to cache what is read (default: .earshot/feeds)",
    )
    parser.add_argument(
        "--full", action="store_true", help="read everything again, not only what changed"
    )
    parser.add_argument(
        "--transcripts",
        action="store_true",
        help="fetch the chapters and transcripts that episodes name (docs/transcripts.md)",
    )
    _add_enrichment_options(parser)
    return parser


def _add_enrichment_options(parser: argparse.ArgumentParser) -> None:
    default = BuildOptions()
    parser.add_argument(
        "--enrich",
        choices=["none", "gemini", "openai"],
        default=os.environ.get("ENRICH", "none"),
        help="whose model fills in what episodes lack, as MODEL, MODEL_URL, MODEL_API_KEY and "
        "GENAI_REGIONS name it (default: ENRICH, or none)",
    )
    parser.add_argument(
        "--max-cost",
        type=_dollars,
        metavar="DOLLARS",
        help="stop before a call that might cost more (default: no limit)",
    )
    parser.add_argument(
        "--model-price",
        metavar="INPUT,OUTPUT",
        help="dollars for a million tokens (default: by enrichment/models/prices.toml)",
    )
    for name, unit, meaning in (
        ("batch", "N", "episodes in one call"),
        ("at_once", "N", "calls under way"),
    ):
        parser.add_argument(
            f"--enrich-{name.replace('_', '-')}",
            type=_count,
            metavar=unit,
            help=f"{meaning} (default: {getattr(default, f'enrich_{name}')})",
        )
    parser.add_argument(
        "--enrich-timeout",
        dest="enrich_max_s",
        type=_count,
        metavar="S",
        help="seconds after which no further call begins (default: all are made)",
    )


def _dollars(text: str) -> float:
    try:
        dollars = float(text)
    except ValueError:
        dollars = -1.0
    if not 0 <= dollars < math.inf:
        raise argparse.ArgumentTypeError(f"expected dollars like 2.50, got {text!r}")
    return dollars


def _add_feed_options(parser: argparse.ArgumentParser) -> None:
    default = BuildOptions()
    parser.add_argument(
        "--allow-private-feeds",
        action="store_true",
        help="also fetch feeds from private networks and from this machine",
    )
    parser.add_argument(
        "--include-blocked",
        action="store_true",
        help="also read what asks to be in no directory (itunes:block, podcast:block)",
    )
    for name, unit, meaning in (
        ("feed_max_mb", "N", "largest feed, in MiB"),
        ("feeds_max_mb", "N", "all fetched feeds together, in MiB"),
        ("feeds_timeout_s", "S", "seconds after which no more feed is fetched"),
    ):
        value = getattr(default, name)
        parser.add_argument(
            f"--{name.removesuffix('_s').replace('_', '-')}",
            dest=name,
            type=_limit,
            metavar=unit,
            help=f"{meaning} (default: {value:g})",
        )


def _allowance(text: str) -> Allowance:
    try:
        return parse_allowance(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"expected a share from 0 to 1, got {text!r}")
    return share


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)


def _limit(text: str) -> int:
    if (number := _count(text)) > MAX_NUMBER:
        raise argparse.ArgumentTypeError(f"expected at most {MAX_NUMBER}, got {text!r}")
    return number
