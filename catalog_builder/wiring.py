"""Chooses the adapters that options and settings name; no other module of the builder does."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from adapters.locations import build_cache_at, leases_at, shelf_at
from catalog_builder.episodes import demo
from catalog_builder.errors import CommandError
from feed.ports.episodes import EpisodeSource, SourceProblem, SourceRecord, VectorStore
from feed.ports.shelf import Buffer
from feed.ports.users import SummaryArchive

__all__ = [
    "FeedOptions",
    "PineconeOptions",
    "SourceOptions",
    "build_cache_at",
    "episode_source",
    "leases_at",
    "shelf_at",
    "summary_archive",
    "vector_store",
]

FIRESTORE = "firestore"
PINECONE = "pinecone"
MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class FeedOptions:
    """How feeds are read. The settings of `publish_catalog` have the same defaults."""

    allow_private: bool = False
    """whether feeds may be in a private network or on this machine"""
    include_blocked: bool = False
    """whether to read feeds and episodes that ask to be in no directory"""
    max_mb: int = 64
    """largest feed, in MiB"""
    total_mb: int = 1024
    """all fetched feeds together, in MiB"""
    timeout_s: float = 1200.0
    """seconds after which no further feed is fetched"""


@dataclass(frozen=True, kw_only=True)
class PineconeOptions:
    """An index of Pinecone and the key to it."""

    host: str = ""
    api_key: str = field(default="", repr=False)
    namespace: str = ""
    model: str = ""
    """model that embeds the episodes missing from the index; empty: they stay without a vector"""


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """Where episodes, vectors and summaries come from."""

    episodes: str = ""
    """a file, `firestore` or `firestore:COLLECTION`; empty: a demo, unless there are feeds"""
    feeds: tuple[str, ...] = ()
    """URLs and files of feeds, of lists of feeds, or of OPML"""
    feed_options: FeedOptions = field(default_factory=FeedOptions)
    vectors: str = ""
    """a file, or `pinecone`; empty: computed from the text"""
    pinecone: PineconeOptions = PineconeOptions()
    users: str = ""
    """summaries that signals are computed from: a SQLite file or `firestore`; empty: none"""
    project: str = ""
    """project of Firestore; empty: the one that the credentials name"""
    cache: str = ".earshot"
    """where reads are cached: a folder, or `gs://bucket/prefix`"""
    full: bool = False
    """whether to read everything again in spite of the cache"""

    @property
    def files(self) -> list[Path]:
        """The local files that episodes, vectors and feeds are read from."""
        named = [one for one in (self.episodes, self.vectors, *self.feeds) if one]
        return [path for path in map(Path, named) if path.exists()]


class DemoSource:
    """An `EpisodeSource` of the generated demo catalog as of one day."""

    def __init__(self, today: date) -> None:
        self._today = today

    def read(self) -> Iterator[SourceRecord | SourceProblem]:
        """Yields the episodes of the demo catalog."""
        for number, fields in enumerate(demo.episodes(self._today), 1):
            yield SourceRecord(f"demo:{number}", fields)


def episode_source(sources: SourceOptions, today: date) -> EpisodeSource:
    """Returns the source of episodes: a collection, a file, feeds, or the demo.

    Raises `CommandError` if both episodes and feeds are given.
    """
    if sources.episodes and sources.feeds:
        raise CommandError("expected episodes or feeds, not both")
    kind, _, collection = sources.episodes.partition(":")
    if kind == FIRESTORE:
        # Imported here, so that each command loads only what it uses.
        from adapters.firestore.episodes import FirestoreEpisodes  # noqa: PLC0415
        from adapters.firestore.incremental_episodes import IncrementalEpisodes  # noqa: PLC0415

        source = FirestoreEpisodes(sources.project or None, collection=collection or "episodes")
        return IncrementalEpisodes(source, build_cache_at(sources.cache), full=sources.full)
    if sources.episodes:
        from adapters.jsonl import JsonSource  # noqa: PLC0415

        return JsonSource(Path(sources.episodes))
    if sources.feeds:
        from adapters.rss.source import RssSource  # noqa: PLC0415

        options = sources.feed_options
        return RssSource(
            sources.feeds,
            build_cache_at(sources.cache),
            max_bytes=options.max_mb * MIB,
            total_bytes=options.total_mb * MIB,
            total_s=options.timeout_s,
            include_blocked=options.include_blocked,
            allow_private=options.allow_private,
        )
    return DemoSource(today)


def vector_store(sources: SourceOptions) -> VectorStore:
    """Returns the store of vectors: an index of Pinecone, a file, or the built-in embedder.

    Raises `CommandError` for an index without its host or key.
    """
    if sources.vectors == PINECONE:
        from adapters.pinecone.vectors import PineconeVectors  # noqa: PLC0415

        index = sources.pinecone
        for name, value in (("PINECONE_HOST", index.host), ("PINECONE_API_KEY", index.api_key)):
            if not value:
                raise CommandError(f"{name}: expected a value, for vectors from Pinecone")
        return PineconeVectors(
            index.host, index.api_key, namespace=index.namespace, model=index.model or None
        )
    if sources.vectors:
        from adapters.npz import NpzVectors  # noqa: PLC0415

        return NpzVectors(Path(sources.vectors))
    from adapters.text_embedder import LsaVectors  # noqa: PLC0415

    return LsaVectors()


def summary_archive(sources: SourceOptions) -> SummaryArchive | None:
    """Returns the archive of all users' summaries, or None where no signals are wanted."""
    if sources.users == FIRESTORE:
        from adapters.firestore.summary_archive import FirestoreArchive  # noqa: PLC0415

        return FirestoreArchive(sources.project or None)
    if sources.users:
        from adapters.sqlite.summary_archive import SqliteArchive  # noqa: PLC0415

        return SqliteArchive(Path(sources.users))
    return None


def write_file(path: Path, data: Buffer) -> None:
    """Writes a file atomically, and the folders above it."""
    from adapters.folder.shelf import write_whole  # noqa: PLC0415

    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data)
