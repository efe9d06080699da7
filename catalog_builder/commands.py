"""The commands of `python -m catalog_builder`, each a function of its parsed options."""

import argparse
import os
from dataclasses import replace
from datetime import UTC, datetime

from catalog_builder import job
from catalog_builder.episodes.validation import load_fields
from catalog_builder.errors import CommandError
from catalog_builder.progress import say
from catalog_builder.publish import publisher
from catalog_builder.wiring import (
    FeedOptions,
    PineconeOptions,
    SourceOptions,
    episode_source,
    shelf_at,
    summary_archive,
    vector_store,
    write_file,
)
from feed.catalog.catalog import Catalog
from feed.model.timestamps import from_us
from feed.snapshot.codec import encode


def build(options: argparse.Namespace) -> None:
    """Build a catalog and write it to a file."""
    result = job.build(_build_inputs(options))
    write_file(options.out, encode(result.catalog))
    print(f"{options.out}: {_description(result.catalog)}")


def publish(options: argparse.Namespace) -> None:
    """Build a catalog and publish it."""
    shelf = shelf_at(options.shelf)
    if options.if_stale and _is_fresh(options):
        pointer = shelf.current(publisher.TIMEOUT_S)
        print(f"{options.shelf}: {pointer.version if pointer else ''} is from today")
        return
    result = job.build(_build_inputs(options))
    report = job.publish(
        shelf, result, keep=options.keep, force=options.force, min_coverage=options.min_coverage
    )
    for note in report.notes:
        say(f"note: {note}")
    catalog = replace(result.catalog, version=report.version)
    print(f"{options.shelf}: {report.status}: {_description(catalog)}")


def list_versions(options: argparse.Namespace) -> None:
    """List the published versions, oldest first."""
    shelf = shelf_at(options.shelf)
    pointer = shelf.current(publisher.TIMEOUT_S)
    for entry in shelf.entries(publisher.TIMEOUT_S):
        stored = datetime.fromtimestamp(entry.stored_at, UTC)
        current = "  current" if pointer and pointer.version == entry.version else ""
        print(f"{entry.version}  {entry.size:>12,} bytes  {stored:%Y-%m-%d %H:%M:%S}Z{current}")


def verify(options: argparse.Namespace) -> None:
    """Read a version in full and check it (default: the current one)."""
    catalog = publisher.verify(shelf_at(options.shelf), options.version)
    print(f"sound: {_description(catalog)}")


def rollback(options: argparse.Namespace) -> None:
    """Make an earlier version current (default: the one before)."""
    pointer = publisher.rollback(shelf_at(options.shelf), options.version)
    print(f"now current: {pointer.version}")


def prune(options: argparse.Namespace) -> None:
    """Delete all but the newest versions, never the current one."""
    deleted = publisher.prune(shelf_at(options.shelf), options.keep)
    print(f"deleted {len(deleted)}" + "".join(f"\n  {entry.version}" for entry in deleted))


def _source_options(options: argparse.Namespace) -> SourceOptions:
    return SourceOptions(
        episodes=options.episodes,
        feeds=tuple(options.feeds),
        feed_options=FeedOptions(
            allow_private=options.allow_private_feeds,
            include_blocked=options.include_blocked,
            max_mb=options.feed_max_mb,
            total_mb=options.feeds_max_mb,
            timeout_s=options.feeds_timeout,
        ),
        vectors=options.vectors,
        pinecone=PineconeOptions(
            # Not options: every user of the machine can read a command line.
            host=os.environ.get("PINECONE_HOST", ""),
            api_key=os.environ.get("PINECONE_API_KEY", ""),
            namespace=os.environ.get("PINECONE_NAMESPACE", ""),
            model=os.environ.get("PINECONE_MODEL", ""),
        ),
        users=options.users,
        project=options.project,
        cache=options.cache,
        full=options.full,
    )


def _build_inputs(options: argparse.Namespace) -> job.BuildInputs:
    sources = _source_options(options)
    return job.BuildInputs(
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
    """Whether the current catalog is sound, from today, and newer than its input files."""
    shelf = shelf_at(options.shelf)
    try:
        publisher.verify(shelf)
    except CommandError:
        return False
    pointer = shelf.current(publisher.TIMEOUT_S)
    if pointer is None:
        return False
    stored = {e.version: e.stored_at for e in shelf.entries(publisher.TIMEOUT_S)}
    inputs = [*_source_options(options).files, *([options.fields] if options.fields else [])]
    newest_input = max((path.stat().st_mtime for path in inputs), default=0.0)
    return (
        pointer.version.startswith(f"{options.now:%Y%m%d}T")
        and stored.get(pointer.version, 0.0) > newest_input
    )


def _description(catalog: Catalog) -> str:
    embedded = int(catalog.embeddings.present.sum())
    return (
        f"{catalog.version}: {len(catalog):,} episodes, {len(catalog.series_ids):,} series, "
        f"{len(catalog.categories):,} categories, {embedded:,} vectors "
        f"({catalog.model}, {catalog.dimension}), created {from_us(catalog.created_us):%F %T}Z"
    )
