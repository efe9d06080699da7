"""Wiring: which adapter each option or setting means. The only place that knows them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from adapters.locations import copies_at, leases_at, shelf_at
from catalog_builder.episodes import demo
from catalog_builder.errors import CommandError
from catalog_builder.feed_options import FeedOptions
from feed.ports.episodes import EpisodeSource, Problem, Record, VectorStore
from feed.ports.shelf import Buffer
from feed.ports.users import SummaryArchive

__all__ = [
    "Sources",
    "copies_at",
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
class Pinecone:
    """An index, and who may use it."""

    host: str = ""
    api_key: str = field(default="", repr=False)
    namespace: str = ""
    model: str = ""
    """what embeds the episodes that the index lacks; empty: nothing does"""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where episodes and vectors come from, as options and settings have it."""

    episodes: str = ""
    """a file, or `firestore` or `firestore:COLLECTION`; empty: a demo, unless there are feeds"""
    feeds: tuple[str, ...] = ()
    feed_options: FeedOptions = field(default_factory=FeedOptions)
    vectors: str = ""
    """a file, or `pinecone`; empty: made of the text"""
    pinecone: Pinecone = Pinecone()
    users: str = ""
    """whose summaries make the signals: a SQLite file, or `firestore`; empty: nobody's"""
    project: str = ""
    """of Firestore; empty: the one that the credentials name"""
    copies: str = ".earshot"
    """where copies of what was read are kept: a folder, or `gs://bucket/prefix`"""
    full: bool = False
    """whether to read everything again, past the copies"""

    @property
    def files(self) -> list[Path]:
        """The files among them."""
        named = [one for one in (self.episodes, self.vectors, *self.feeds) if one]
        return [path for path in map(Path, named) if path.exists()]


class DemoSource:
    """An `EpisodeSource` of the generated demo catalog."""

    def __init__(self, today: date) -> None:
        self._today = today

    def read(self) -> Iterator[Record | Problem]:
        """Yield the episodes of a day."""
        for number, fields in enumerate(demo.episodes(self._today), 1):
            yield Record(f"demo:{number}", fields)


def episode_source(sources: Sources, today: date) -> EpisodeSource:
    """A collection, a file, feeds, or else the demo. Raises `CommandError` for two at once."""
    if sources.episodes and sources.feeds:
        raise CommandError("expected episodes or feeds, not both")
    kind, _, collection = sources.episodes.partition(":")
    if kind == FIRESTORE:
        # Each command loads what it uses.
        from adapters.firestore.episodes import FirestoreEpisodes  # noqa: PLC0415
        from adapters.firestore.incremental_episodes import IncrementalEpisodes  # noqa: PLC0415

        source = FirestoreEpisodes(sources.project or None, collection=collection or "episodes")
        return IncrementalEpisodes(source, copies_at(sources.copies), full=sources.full)
    if sources.episodes:
        from adapters.jsonl import JsonSource  # noqa: PLC0415

        return JsonSource(Path(sources.episodes))
    if sources.feeds:
        from adapters.rss.source import RssSource  # noqa: PLC0415

        options = sources.feed_options
        return RssSource(
            sources.feeds,
            copies_at(sources.copies),
            max_bytes=options.max_mb * MIB,
            total_bytes=options.total_mb * MIB,
            total_s=options.timeout_s,
            include_blocked=options.include_blocked,
            allow_private=options.allow_private,
        )
    return DemoSource(today)


def vector_store(sources: Sources) -> VectorStore:
    """An index, a file, or else the built-in embedder.

    Raises `CommandError` for an index of no host.
    """
    if sources.vectors == PINECONE:
        from adapters.pinecone.vectors import PineconeVectors  # noqa: PLC0415

        index = sources.pinecone
        for name, value in (("PINECONE_HOST", index.host), ("PINECONE_API_KEY", index.api_key)):
            if not value:
                raise CommandError(f"{name}: expected one, for vectors from Pinecone")
        return PineconeVectors(
            index.host, index.api_key, namespace=index.namespace, model=index.model or None
        )
    if sources.vectors:
        from adapters.npz import NpzVectors  # noqa: PLC0415

        return NpzVectors(Path(sources.vectors))
    from adapters.text_embedder import LsaVectors  # noqa: PLC0415

    return LsaVectors()


def summary_archive(sources: Sources) -> SummaryArchive | None:
    """All users' summaries; None where nobody's are to be read."""
    if sources.users == FIRESTORE:
        from adapters.firestore.summary_archive import FirestoreArchive  # noqa: PLC0415

        return FirestoreArchive(sources.project or None)
    if sources.users:
        from adapters.sqlite.summary_archive import SqliteArchive  # noqa: PLC0415

        return SqliteArchive(Path(sources.users))
    return None


def write_file(path: Path, data: Buffer) -> None:
    """Write a file that is there whole, or not at all."""
    from adapters.folder.shelf import write_whole  # noqa: PLC0415

    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data)
