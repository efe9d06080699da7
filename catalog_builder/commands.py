"""The commands of `python -m catalog_builder`, each a function of its parsed options."""

import argparse
import dataclasses
import os
from datetime import UTC, datetime
from typing import Any

import msgspec

from catalog_builder import job
from catalog_builder.build_options import REGIONS, BuildOptions
from catalog_builder.enrichment.models.enricher import Estimate
from catalog_builder.errors import CommandError
from catalog_builder.inputs import read_episodes
from catalog_builder.insights.lines import insight_lines
from catalog_builder.progress import say
from catalog_builder.publish import publisher
from catalog_builder.wiring import build_inputs, model_enricher, shelf_at, write_file
from feed.catalog.catalog import Catalog
from feed.model.timestamps import from_us
from feed.snapshot.codec import encode


def build(options: argparse.Namespace) -> None:
    """Build a catalog and write it to a file."""
    result = job.build(build_inputs(_build_options(options), options.now))
    write_file(options.out, encode(result.catalog))
    print(f"{options.out}: {_description(result.catalog)}")


def publish(options: argparse.Namespace) -> None:
    """Build a catalog and publish it."""
    shelf = shelf_at(options.shelf)
    if options.if_stale and _is_fresh(options):
        pointer = shelf.current(publisher.TIMEOUT_S)
        print(f"{options.shelf}: {pointer.version if pointer else ''} is from today")
        return
    result = job.build(build_inputs(_build_options(options), options.now, shelf))
    report = job.publish(
        shelf, result, keep=options.keep, force=options.force, min_coverage=options.min_coverage
    )
    for note in report.notes:
        say(f"note: {note}")
    catalog = dataclasses.replace(result.catalog, version=report.version)
    print(f"{options.shelf}: {report.status}: {_description(catalog)}")


def enrich(options: argparse.Namespace) -> None:
    """Ask a model for what episodes lack, and store its answers for later builds."""
    inputs = build_inputs(_build_options(options), options.now)
    if inputs.enricher is None:
        raise CommandError("--enrich: expected gemini or openai")
    episodes = read_episodes(dataclasses.replace(inputs, enricher=None)).found.episodes
    if options.dry_run:
        print(_estimated(inputs.enricher.estimate(episodes), len(episodes)))
        return
    for remark in inputs.enricher.enrich(episodes)[1] or ["nothing is lacking"]:
        print(remark)


def enriched(options: argparse.Namespace) -> None:
    """Print the answers of a model that are stored, with its reasons, as JSON Lines."""
    enricher = model_enricher(_build_options(options))
    if enricher is None:
        raise CommandError("--enrich: expected gemini or openai")
    for result in enricher.results():
        print(msgspec.json.encode(result).decode())


def _estimated(estimate: Estimate, episodes: int) -> str:
    typical, most = estimate.typical, estimate.most
    lines = [
        ("episodes", episodes, None),
        ("that lack something", estimate.lacking, None),
        ("with stored answers", estimate.stored, None),
        ("tokens in", typical.input_tokens, most.input_tokens),
        ("tokens out", typical.output_tokens, most.output_tokens),
    ]
    counts = [
        f"{name:<20} {about:>14,}" + (f"   at most {limit:>14,}" if limit is not None else "")
        for name, about, limit in lines
    ]
    dollars = f"{estimate.typical_dollars:>14,.2f}   at most {estimate.most_dollars:>14,.2f}"
    return "\n".join([*counts, f"{'dollars':<20} {dollars}"])


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


def insights(options: argparse.Namespace) -> None:
    """Print the insights of a version, those that rise first (default: the current one)."""
    catalog = publisher.verify(shelf_at(options.shelf), options.version)
    for line in insight_lines(catalog, options.limit):
        print(line)


def rollback(options: argparse.Namespace) -> None:
    """Make an earlier version current (default: the one before)."""
    pointer = publisher.rollback(shelf_at(options.shelf), options.version)
    print(f"now current: {pointer.version}")


def prune(options: argparse.Namespace) -> None:
    """Delete all but the newest versions, never the current one."""
    deleted = publisher.prune(shelf_at(options.shelf), options.keep)
    print(f"deleted {len(deleted)}" + "".join(f"\n  {entry.version}" for entry in deleted))


def _build_options(options: argparse.Namespace) -> BuildOptions:
    names = {one.name for one in dataclasses.fields(BuildOptions)}
    given: dict[str, Any] = {name: v for name, v in vars(options).items() if name in names}
    for name in ("host", "api_key", "namespace", "model"):
        # Not on the command line, which every user of the machine can read.
        given[f"pinecone_{name}"] = os.environ.get(f"PINECONE_{name.upper()}", "")
    for name in ("model", "model_url", "model_api_key"):
        given[name] = os.environ.get(name.upper(), "")
    regions = os.environ.get("GENAI_REGIONS", ",".join(REGIONS))
    given["model_regions"] = tuple(filter(None, regions.split(",")))
    return BuildOptions(**given)


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
    inputs = _build_options(options).files
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
