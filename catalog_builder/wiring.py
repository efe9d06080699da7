"""Wiring: which adapter each option of the command line means. The only place that knows them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from catalog_builder import demo
from catalog_builder.errors import Refused
from feed.ports import Buffer, EpisodeSource, Problem, Record, Shelf, VectorStore


class DemoSource:
    """An `EpisodeSource` of the generated demo catalog."""

    def __init__(self, today: date) -> None:
        self._today = today

    def read(self) -> Iterator[Record | Problem]:
        """Yield the episodes of a day."""
        for number, fields in enumerate(demo.episodes(self._today), 1):
            yield Record(f"demo:{number}", fields)


def episode_source(
    *, episodes: Path | None, feeds: list[str], cache: Path, today: date
) -> EpisodeSource:
    """A file, feeds, or else the demo."""
    if episodes and feeds:
        raise Refused("expected --episodes or --feeds, not both")
    if episodes:
        from adapters.jsonl import JsonSource  # noqa: PLC0415  # each command loads what it uses

        return JsonSource(episodes)
    if feeds:
        from adapters.rss import RssSource  # noqa: PLC0415

        return RssSource(feeds, cache)
    return DemoSource(today)


def vector_store(vectors: Path | None) -> VectorStore:
    """A file, or else the built-in embedder."""
    if vectors:
        from adapters.npz import NpzVectors  # noqa: PLC0415

        return NpzVectors(vectors)
    from adapters.lsa import LsaVectors  # noqa: PLC0415

    return LsaVectors()


def open_shelf(location: str) -> Shelf:
    """The shelf at a folder."""
    from adapters.folder import FolderShelf  # noqa: PLC0415

    return FolderShelf(Path(location))


def write_file(path: Path, data: Buffer) -> None:
    """Write a file that is there whole, or not at all."""
    from adapters.folder import write_whole  # noqa: PLC0415

    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data)
