"""`python -m catalog_builder`: build, publish, and care for the shelf."""

import argparse
import os
import sys
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from catalog_builder import job
from catalog_builder.episodes.allowance import Allowance, allowance
from catalog_builder.episodes.validation import load_fields
from catalog_builder.errors import CommandError
from catalog_builder.feed_options import add_feed_options, feed_options
from catalog_builder.progress import say
from catalog_builder.publish import publisher as publishing
from catalog_builder.publish.gate import MIN_COVERAGE
from catalog_builder.signals.aggregates import MIN_USERS
from catalog_builder.wiring import (
    Pinecone,
    Sources,
    episode_source,
    shelf_at,
    summary_archive,
    vector_store,
    write_file,
)
from feed import cli as command_line
from feed.catalog.catalog import Catalog
from feed.model.timestamps import from_us
from feed.ports.errors import Conflict, Damaged, NotFound, Unavailable
from feed.snapshot.codec import encode

KEEP = 10


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns 0, or 1 where it was refused; standard error says why."""
    options = _parser().parse_args(arguments)
    try:
        return command_line.run(lambda: options.run(options))
    except (CommandError, Unavailable, Damaged, NotFound, Conflict, OSError) as error:
        kind = "refused" if isinstance(error, CommandError) else "failed"
        command_line.complain(f"{kind}: {error}")
        return 1
    except Exception as error:
        if sys.stderr.isatty():
            raise
        trace = "".join(traceback.format_exception(error))
        command_line.complain(f"failed: {type(error).__name__}: {error}", stack_trace=trace)
        return 1


def build(options: argparse.Namespace) -> None:
    """Build a catalog into a file."""
    built = job.build(_inputs(options))
    write_file(options.out, encode(built.catalog))
    print(f"{options.out}: {_described(built.catalog)}")


def publish(options: argparse.Namespace) -> None:
    """Build a catalog and publish it."""
    shelf = shelf_at(options.shelf)
    if options.if_stale and _is_fresh(options):
        pointer = shelf.current(publishing.TIMEOUT_S)
        print(f"{options.shelf}: {pointer.version if pointer else ''} is from today")
        return
    built = job.build(_inputs(options))
    done = job.publish(
        shelf, built, keep=options.keep, force=options.force, min_coverage=options.min_coverage
    )
    for note in done.notes:
        say(f"note: {note}")
    catalog = replace(built.catalog, version=done.version)
    print(f"{options.shelf}: {done.status}: {_described(catalog)}")


def list_versions(options: argparse.Namespace) -> None:
    """Print what is on the shelf, oldest first."""
    shelf = shelf_at(options.shelf)
    pointer = shelf.current(publishing.TIMEOUT_S)
    for entry in shelf.entries(publishing.TIMEOUT_S):
        stored = datetime.fromtimestamp(entry.stored_at, UTC)
        current = "  current" if pointer and pointer.version == entry.version else ""
        print(f"{entry.version}  {entry.size:>12,} bytes  {stored:%Y-%m-%d %H:%M:%S}Z{current}")


def verify(options: argparse.Namespace) -> None:
    """Read a version in full."""
    catalog = publishing.verify(shelf_at(options.shelf), options.version)
    print(f"sound: {_described(catalog)}")


def rollback(options: argparse.Namespace) -> None:
    """Point at an earlier version."""
    pointer = publishing.rollback(shelf_at(options.shelf), options.version)
    print(f"now current: {pointer.version}")


def prune(options: argparse.Namespace) -> None:
    """Delete old versions."""
    gone = publishing.prune(shelf_at(options.shelf), options.keep)
    print(f"deleted {len(gone)}" + "".join(f"\n  {entry.version}" for entry in gone))


def _sources(options: argparse.Namespace) -> Sources:
    return Sources(
        episodes=options.episodes,
        feeds=tuple(options.feeds),
        feed_options=feed_options(options),
        vectors=options.vectors,
        pinecone=Pinecone(
            # A key on a command line is seen by everybody on the machine.
            host=os.environ.get("PINECONE_HOST", ""),
            api_key=os.environ.get("PINECONE_API_KEY", ""),
            namespace=os.environ.get("PINECONE_NAMESPACE", ""),
            model=os.environ.get("PINECONE_MODEL", ""),
        ),
        users=options.users,
        project=options.project,
        copies=options.cache,
        full=options.full,
    )


def _inputs(options: argparse.Namespace) -> job.Inputs:
    sources = _sources(options)
    return job.Inputs(
        episodes=episode_source(sources, options.now.date()),
        vectors=vector_store(sources),
        now=options.now,
        fields=load_fields(options.fields) if options.fields else None,
        max_bad=options.max_bad,
        users=summary_archive(sources),
        min_users=options.min_users,
        keep_vectors=not options.no_vectors,
    )


def _is_fresh(options: argparse.Namespace) -> bool:
    """Whether the current catalog is sound, from today, and newer than what it was made of."""
    shelf = shelf_at(options.shelf)
    try:
        publishing.verify(shelf)
    except CommandError:
        return False
    pointer = shelf.current(publishing.TIMEOUT_S)
    if pointer is None:
        return False
    stored = {e.version: e.stored_at for e in shelf.entries(publishing.TIMEOUT_S)}
    inputs = [*_sources(options).files, *([options.fields] if options.fields else [])]
    newest_input = max((path.stat().st_mtime for path in inputs), default=0.0)
    return (
        pointer.version.startswith(f"{options.now:%Y%m%d}T")
        and stored.get(pointer.version, 0.0) > newest_input
    )


def _described(catalog: Catalog) -> str:
    embedded = int(catalog.embeddings.present.sum())
    return (
        f"{catalog.version}: {len(catalog):,} episodes, {len(catalog.series_ids):,} series, "
        f"{len(catalog.categories):,} categories, {embedded:,} vectors "
        f"({catalog.model}, {catalog.dimension}), created {from_us(catalog.created_us):%F %T}Z"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="catalog_builder", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    inputs = argparse.ArgumentParser(add_help=False)
    inputs.add_argument(
        "--episodes",
        default="",
        metavar="FILE|firestore[:COLLECTION]",
        help="a JSON array, JSON Lines, or a collection (default: a demo)",
    )
    inputs.add_argument(
        "--users",
        default="",
        metavar="FILE.db|firestore",
        help="make signals of all users' summaries (default: none)",
    )
    inputs.add_argument(
        "--min-users",
        type=_count,
        default=MIN_USERS,
        metavar="N",
        help=f"publish no signal that fewer stand behind (default: {MIN_USERS})",
    )
    inputs.add_argument(
        "--project",
        default=os.environ.get("FIREBASE_PROJECT", ""),
        help="of Firestore (default: FIREBASE_PROJECT, or that of the credentials)",
    )
    inputs.add_argument(
        "--feeds",
        nargs="+",
        default=[],
        metavar="FEED",
        help="RSS or Atom: URLs, files, lists of them, or OPML",
    )
    add_feed_options(inputs)
    inputs.add_argument(
        "--vectors",
        default="",
        metavar="FILE.npz|pinecone",
        help="`ids` and `vectors`, or an index, as PINECONE_* says (default: from text)",
    )
    inputs.add_argument(
        "--no-vectors",
        action="store_true",
        help="leave them out: sessions search Pinecone (RETRIEVAL=pinecone)",
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
        help="bad episodes allowed in each feed, or else in all (default: 10%%)",
    )
    inputs.add_argument(
        "--cache",
        default=".earshot/feeds",
        metavar="DIR|gs://…",
        help="copies of what was read (default: .earshot/feeds)",
    )
    inputs.add_argument(
        "--full", action="store_true", help="read everything again, not only what changed"
    )

    shelf = argparse.ArgumentParser(add_help=False)
    shelf.add_argument(
        "--shelf", required=True, metavar="DIR|gs://…", help="where snapshots are kept"
    )

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
    one.add_argument(
        "--keep",
        type=_count,
        default=KEEP,
        metavar="N",
        help=f"how many versions stay (default: {KEEP})",
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


def _bad_allowed(text: str) -> Allowance:
    try:
        return allowance(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _coverage(text: str) -> float:
    expected = f"expected a share from 0 to 1, got {text!r}"
    try:
        share = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(expected) from None
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(expected)
    return share


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, got {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
