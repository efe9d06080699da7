"""`python -m catalog_builder`: build, publish, and care for the shelf."""

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from catalog_builder import publishing
from catalog_builder.build import build_catalog
from catalog_builder.errors import Refused
from catalog_builder.gate import MIN_COVERAGE
from catalog_builder.progress import say, stage, watched
from catalog_builder.reading import load_fields, read_episodes
from catalog_builder.wiring import episode_source, open_shelf, vector_store, write_file
from feed import command_line
from feed.catalog import Catalog
from feed.clock import from_us
from feed.ports import Conflict, NotFound, Unavailable
from feed.snapshot import encode

SHOWN_PROBLEMS = 20


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns 0, or 1 where it was refused; standard error says why."""
    options = _parser().parse_args(arguments)
    try:
        return command_line.run(lambda: options.run(options))
    except (Refused, Unavailable, NotFound, Conflict, OSError) as error:
        say(f"refused: {error}" if isinstance(error, Refused) else f"failed: {error}")
        return 1


def build(options: argparse.Namespace) -> None:
    """Build a catalog into a file."""
    catalog = _catalog(options)
    write_file(options.out, encode(catalog))
    print(f"{options.out}: {_described(catalog)}")


def publish(options: argparse.Namespace) -> None:
    """Build a catalog and publish it."""
    shelf = open_shelf(options.shelf)
    if options.if_stale and _is_fresh(options):
        pointer = shelf.current(publishing.TIMEOUT_S)
        print(f"{options.shelf}: {pointer.version if pointer else ''} is from today")
        return
    catalog = _catalog(options)
    done = publishing.publish(
        shelf, catalog, force=options.force, min_coverage=options.min_coverage
    )
    for note in done.notes:
        say(f"note: {note}")
    print(
        f"{options.shelf}: {'unchanged' if done.unchanged else 'published'}: "
        f"{_described(replace(catalog, version=done.pointer.version))}"
    )


def list_versions(options: argparse.Namespace) -> None:
    """Print what is on the shelf, oldest first."""
    shelf = open_shelf(options.shelf)
    pointer = shelf.current(publishing.TIMEOUT_S)
    for entry in shelf.entries(publishing.TIMEOUT_S):
        stored = datetime.fromtimestamp(entry.stored_at, UTC)
        current = "  current" if pointer and pointer.version == entry.version else ""
        print(f"{entry.version}  {entry.size:>12,} bytes  {stored:%Y-%m-%d %H:%M:%S}Z{current}")


def verify(options: argparse.Namespace) -> None:
    """Read a version in full."""
    catalog = publishing.verify(open_shelf(options.shelf), options.version)
    print(f"sound: {_described(catalog)}")


def rollback(options: argparse.Namespace) -> None:
    """Point at an earlier version."""
    pointer = publishing.rollback(open_shelf(options.shelf), options.version)
    print(f"now current: {pointer.version}")


def prune(options: argparse.Namespace) -> None:
    """Delete old versions."""
    gone = publishing.prune(open_shelf(options.shelf), options.keep)
    print(f"deleted {len(gone)}" + "".join(f"\n  {entry.version}" for entry in gone))


def _catalog(options: argparse.Namespace) -> Catalog:
    source = episode_source(
        episodes=options.episodes,
        feeds=options.feeds,
        cache=options.cache,
        today=options.now.date(),
    )
    fields = load_fields(options.fields) if options.fields else None
    read = read_episodes(watched(source.read(), "episodes"), fields)
    for problem in read.bad[:SHOWN_PROBLEMS]:
        say(f"skipped: {problem.where}: {problem.reason}")
    if len(read.bad) > SHOWN_PROBLEMS:
        say(f"skipped: {len(read.bad) - SHOWN_PROBLEMS} more")
    bad = sum(not problem.whole_source for problem in read.bad)
    allowed = options.max_bad(bad + len(read.episodes))
    if bad > allowed:
        raise Refused(f"{bad} bad episodes, and --max-bad allows {allowed}; see docs/episodes.md")
    say(f"{len(read.episodes):,} episodes, {bad:,} skipped")
    with stage("vectors"):
        vectors = vector_store(options.vectors).vectors(read.episodes)
    if options.vectors and read.episodes and not vectors.present.any():
        say(f"note: {options.vectors} has none of these {len(read.episodes):,} episodes' ids")
    with stage("catalog"):
        return build_catalog(read.episodes, vectors, options.now)


def _is_fresh(options: argparse.Namespace) -> bool:
    """Whether the current catalog is sound, from today, and newer than what it was made of."""
    shelf = open_shelf(options.shelf)
    pointer = shelf.current(publishing.TIMEOUT_S)
    if pointer is None:
        return False
    try:
        publishing.verify(shelf)
    except Refused:
        return False
    stored = {e.version: e.stored_at for e in shelf.entries(publishing.TIMEOUT_S)}
    inputs = [path for path in (options.episodes, options.vectors, options.fields) if path]
    inputs += [Path(feed) for feed in options.feeds if Path(feed).exists()]
    newest_input = max((path.stat().st_mtime for path in inputs), default=0.0)
    return (
        pointer.version.startswith(f"{options.now:%Y%m%d}T")
        and stored.get(pointer.version, 0.0) > newest_input
    )


def _described(catalog: Catalog) -> str:
    return (
        f"{catalog.version}: {len(catalog):,} episodes, {len(catalog.series_ids):,} series, "
        f"{len(catalog.categories):,} categories, {int(catalog.embedded.sum()):,} vectors "
        f"({catalog.model}, {catalog.dimension}), created {from_us(catalog.created_us):%F %T}Z"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="catalog_builder", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    inputs = argparse.ArgumentParser(add_help=False)
    inputs.add_argument(
        "--episodes", type=Path, metavar="FILE", help="a JSON array or JSON Lines (default: a demo)"
    )
    inputs.add_argument(
        "--feeds",
        nargs="+",
        default=[],
        metavar="FEED",
        help="RSS or Atom: URLs, files, lists of them, or OPML",
    )
    inputs.add_argument(
        "--vectors", type=Path, metavar="FILE.npz", help="`ids` and `vectors` (default: from text)"
    )
    inputs.add_argument("--fields", type=Path, metavar="FILE.toml", help="a mapping of field names")
    inputs.add_argument(
        "--now",
        type=command_line.instant,
        default=datetime.now(UTC),
        metavar="RFC3339",
        help="creation time",
    )
    inputs.add_argument(
        "--max-bad",
        type=_bad_allowed,
        default="10%",
        metavar="N|P%",
        help="bad episodes allowed (default: 10%%)",
    )
    inputs.add_argument(
        "--cache", type=Path, default=Path(".earshot/feeds"), metavar="DIR", help="fetched feeds"
    )

    shelf = argparse.ArgumentParser(add_help=False)
    shelf.add_argument("--shelf", required=True, metavar="DIR", help="where snapshots are kept")

    one = commands.add_parser("build", parents=[inputs], help=build.__doc__)
    one.add_argument("--out", type=Path, required=True, metavar="FILE")
    one.set_defaults(run=build)
    one = commands.add_parser("publish", parents=[inputs, shelf], help=publish.__doc__)
    one.add_argument("--force", action="store_true", help="publish what the gate refuses")
    one.add_argument(
        "--min-coverage",
        type=_coverage,
        default=MIN_COVERAGE,
        metavar="SHARE",
        help=f"share that must have a vector (default: {MIN_COVERAGE})",
    )
    one.add_argument(
        "--if-stale", action="store_true", help="do nothing if the current catalog is from today"
    )
    one.set_defaults(run=publish)
    one = commands.add_parser("list", parents=[shelf], help=list_versions.__doc__)
    one.set_defaults(run=list_versions)
    for run in (verify, rollback):
        one = commands.add_parser(run.__name__, parents=[shelf], help=run.__doc__)
        one.add_argument("version", nargs="?", metavar="VERSION")
        one.set_defaults(run=run)
    one = commands.add_parser("prune", parents=[shelf], help=prune.__doc__)
    one.add_argument("--keep", type=_count, required=True, metavar="N")
    one.set_defaults(run=prune)
    return parser


def _bad_allowed(text: str) -> Callable[[int], int]:
    """How many of a number of episodes may be bad: a count, or a percentage of them."""
    if text.endswith("%"):
        percent = _number(text[:-1], 0, 100, "a percentage like 10%")
        return lambda total: max(bool(percent), int(percent / 100 * total))
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a count like 20 or a percentage, got {text!r}")
    return lambda _total: int(text)


def _number(text: str, least: float, most: float, expected: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"expected {expected}, got {text!r}")
    return number


def _coverage(text: str) -> float:
    return _number(text, 0, 1, "a share from 0 to 1")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, got {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
