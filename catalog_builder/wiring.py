"""Chooses the adapters that options and settings name; no other module of the builder does."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing, nullcontext
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from adapters.locations import build_cache_at, leases_at, shelf_at
from catalog_builder.build_options import FIRESTORE, MINILM, PINECONE, BuildOptions
from catalog_builder.enrichment.models.enricher import ModelEnricher
from catalog_builder.enrichment.models.prices import FREE, price_of
from catalog_builder.enrichment.models.run import RunLimits
from catalog_builder.episodes import demo
from catalog_builder.episodes.demo_crowd import CrowdArchive
from catalog_builder.episodes.demo_transcripts import DemoFiles, NoCache
from catalog_builder.episodes.validation import load_fields
from catalog_builder.errors import CommandError
from catalog_builder.inputs import BuildInputs
from catalog_builder.notes.sanitizer import NOTES
from catalog_builder.texts.spool import TextSpool
from catalog_builder.transcripts.fetcher import TranscriptFetcher
from catalog_builder.transcripts.rules import TRANSCRIPTS
from feed.ports.episodes import EpisodeSource, NotesKeeper, VectorStore
from feed.ports.shelf import Buffer, Shelf
from feed.ports.users import SummaryArchive

if TYPE_CHECKING:
    from adapters.firestore.schema.schema import Schema

__all__ = ["build_cache_at", "build_inputs", "leases_at", "shelf_at", "write_file"]

MIB = 2**20


def build_inputs(options: BuildOptions, now: datetime, shelf: Shelf | None = None) -> BuildInputs:
    """Returns the inputs of a build at `now`.

    `shelf` is where its catalog will be published; a catalog for a file has neither notes nor
    transcripts. Raises `CommandError` for options that conflict.
    """
    notes = TextSpool(shelf, NOTES, full=options.full)
    return BuildInputs(
        episodes=episode_source(options, now.date(), notes),
        vectors=vector_store(options),
        now=now,
        fields=load_fields(options.fields) if options.fields else None,
        max_bad=options.max_bad,
        users=summary_archive(options, now),
        min_users=options.min_users,
        keep_vectors=not options.no_vectors,
        notes=notes,
        enricher=model_enricher(options),
        transcripts=_transcript_fetcher(options, now, shelf),
    )


def _transcript_fetcher(
    options: BuildOptions, now: datetime, shelf: Shelf | None
) -> TranscriptFetcher | None:
    """Returns what fetches chapters and transcripts; None where they are not wanted.

    Those of the demo are made, not fetched, so its builds always have them.
    """
    if shelf is None:
        return None
    if options.is_demo:
        made = DemoFiles(demo.files(now.date()))
        spool = TextSpool(shelf, TRANSCRIPTS)
        return TranscriptFetcher(lambda: nullcontext(made), NoCache(), spool, now.timestamp())
    if not options.transcripts:
        return None
    from adapters.rss.http.files import open_files  # noqa: PLC0415

    return TranscriptFetcher(
        partial(open_files, allow_private=options.allow_private_feeds),
        build_cache_at(options.cache),
        TextSpool(shelf, TRANSCRIPTS, check=options.full),
        now.timestamp(),
    )


def model_enricher(options: BuildOptions) -> ModelEnricher | None:
    """Returns what fills in what episodes lack, or None. Raises `CommandError`."""
    if options.enrich == "none":
        return None
    from adapters.generative_model import ModelAddress, model_pool, problem_of  # noqa: PLC0415
    from adapters.model_pool.pool import Limits  # noqa: PLC0415

    address = ModelAddress(
        vendor="gemini" if options.enrich == "gemini" else "openai",
        model=options.model,
        project=options.project,
        regions=options.model_regions,
        url=options.model_url,
        api_key=options.model_api_key,
    )
    if problem := problem_of(address, "ENRICH"):
        raise CommandError(problem)
    is_free = options.enrich == "openai" and not options.model_price and options.max_cost is None
    limits = Limits(options.enrich_at_once, options.enrich_at_once)
    return ModelEnricher(
        options.model,
        lambda: aclosing(model_pool(address, limits)),
        build_cache_at(options.cache),
        FREE if is_free else price_of(options.model, options.model_price),
        RunLimits(
            batch=options.enrich_batch,
            at_once=options.enrich_at_once,
            max_dollars=options.max_cost,
            max_s=options.enrich_max_s,
        ),
    )


def episode_source(
    options: BuildOptions, today: date, notes: NotesKeeper | None = None
) -> EpisodeSource:
    """Returns the source of episodes: a collection, a file, feeds, or the demo.

    `notes` takes the notes of a source that reads only what changed. Raises `CommandError` if both
    episodes and feeds are given.
    """
    if options.episodes and options.feeds:
        raise CommandError("expected episodes or feeds, not both")
    kind, _, collection = options.episodes.partition(":")
    if kind == FIRESTORE:
        # Imported here, so that each command loads only what it uses.
        from adapters.firestore.episodes import FirestoreEpisodes  # noqa: PLC0415
        from adapters.firestore.incremental_episodes import IncrementalEpisodes  # noqa: PLC0415

        schema = _schema(options)
        if schema.episodes and (collection or options.fields):
            raise CommandError(
                "SCHEMA: its table [episodes] says where episodes and their fields are: "
                f"expected EPISODES=firestore without FIELDS, got {options.episodes}"
                + (f" and {options.fields}" if options.fields else "")
            )
        source = FirestoreEpisodes(
            options.project or None,
            database=schema.database,
            collection=collection or "episodes",
            table=schema.episodes,
            notes=notes,
        )
        return IncrementalEpisodes(source, build_cache_at(options.cache), full=options.full)
    if options.episodes:
        from adapters.jsonl import JsonSource  # noqa: PLC0415

        return JsonSource(Path(options.episodes))
    if options.feeds:
        from adapters.rss.source import RssSource  # noqa: PLC0415

        return RssSource(
            options.feeds,
            build_cache_at(options.cache),
            max_bytes=options.feed_max_mb * MIB,
            total_bytes=options.feeds_max_mb * MIB,
            total_s=options.feeds_timeout_s,
            include_blocked=options.include_blocked,
            allow_private=options.allow_private_feeds,
        )
    return demo.DemoSource(today)


def vector_store(options: BuildOptions) -> VectorStore:
    """Returns the store of vectors: an index of Pinecone, a file, MiniLM, or the built-in embedder.

    Raises `CommandError` for an index without its host or key, and for a model not installed.
    """
    if options.vectors == MINILM:
        from adapters.minilm.model import ModelMissingError, find_folder  # noqa: PLC0415
        from adapters.minilm.vectors import MiniLmVectors  # noqa: PLC0415

        try:
            folder = find_folder()
        except ModelMissingError as error:
            raise CommandError(str(error)) from error
        return MiniLmVectors(folder, build_cache_at(options.cache))
    if options.vectors == PINECONE:
        from adapters.pinecone.vectors import PineconeVectors  # noqa: PLC0415

        for name in ("pinecone_host", "pinecone_api_key"):
            if not getattr(options, name):
                raise CommandError(f"{name.upper()}: expected a value, for vectors from Pinecone")
        return PineconeVectors(
            options.pinecone_host,
            options.pinecone_api_key,
            namespace=options.pinecone_namespace,
            model=options.pinecone_model or None,
        )
    if options.vectors:
        from adapters.npz import NpzVectors  # noqa: PLC0415

        return NpzVectors(Path(options.vectors))
    from adapters.text_embedder import LsaVectors  # noqa: PLC0415

    return LsaVectors()


def query_embedder(
    options: BuildOptions,
) -> Callable[[Sequence[str]], npt.NDArray[np.float32]] | None:
    """Returns what embeds (k,) queries as the vectors of these options, as (k, D) unit vectors.

    None where no packaged model does.
    """
    if options.vectors != MINILM:
        return None
    from adapters.minilm.model import MiniLm, find_folder  # noqa: PLC0415

    return MiniLm(find_folder()).embed


def summary_archive(options: BuildOptions, now: datetime) -> SummaryArchive | None:
    """Returns the archive of all users' summaries, or None where no signals are wanted.

    In a file beside the demo's catalog there are its made-up listeners, too, as of `now`.
    """
    if options.users == FIRESTORE:
        from adapters.firestore.summary_archive import FirestoreArchive  # noqa: PLC0415

        return FirestoreArchive(options.project or None, _schema(options))
    if options.users:
        from adapters.sqlite.summary_archive import SqliteArchive  # noqa: PLC0415

        users = SqliteArchive(Path(options.users))
        if not options.is_demo:
            return users
        return CrowdArchive(users, demo.episodes(now.date()), demo.rising_topics(), now)
    return None


def refresh_preferences(options: BuildOptions) -> int | None:
    """Updates summaries with the preferences that an app keeps; None if it keeps none.

    Returns how many summaries changed. Raises `Unavailable`.
    """
    if options.users != FIRESTORE or not _schema(options).nightly_preferences:
        return None
    from adapters.firestore import preferences  # noqa: PLC0415

    return asyncio.run(preferences.refresh_preferences(options.project or None, _schema(options)))


def _schema(options: BuildOptions) -> "Schema":
    """Returns the schema that the options name. Raises `CommandError`."""
    from adapters.firestore.schema.schema import SchemaError, read_schema  # noqa: PLC0415

    try:
        return read_schema(options.schema)
    except SchemaError as error:
        raise CommandError(f"SCHEMA: {error}") from error


def write_file(path: Path, data: Buffer) -> None:
    """Writes a file atomically, and the folders above it."""
    from adapters.folder.files import write_whole  # noqa: PLC0415

    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data)
