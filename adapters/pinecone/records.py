"""An episode as a record of Pinecone's, and how many of them fit into one request."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar
from urllib.parse import quote_plus

import msgspec
from pinecone import Vector

from feed.model.episode import Episode
from feed.model.timestamps import to_us

T = TypeVar("T")

MAX_ID = 512
MAX_FETCH = 100
MAX_URL_BYTES = 8_000
"""servers refuse a request line of more than 8 KB"""
MAX_INPUTS = 96
"""how many texts one call embeds"""
MAX_TEXT = 16_000
"""characters: more than any of the models reads"""
MAX_UPSERT = 1_000
MAX_BODY_BYTES = 1_900_000
"""Pinecone refuses a request of more than 2 MB"""


def storable(name: str) -> bool:
    """Whether Pinecone can have a vector of this id."""
    return name.isascii() and len(name) <= MAX_ID and "\0" not in name


def metadata(episode: Episode) -> dict[str, Any]:
    """What a query filters by; scores that are missing are left out."""
    scores = episode.scores
    credibility, insight = (scores.credibility, scores.insight) if scores else (None, None)
    found = {
        "episode_id": episode.id,
        "published_at": to_us(episode.published_at) // 1_000_000,
        "credibility": credibility,
        "combined": None if credibility is None or insight is None else credibility + insight,
    }
    return {name: value for name, value in found.items() if value is not None}


def text(episode: Episode) -> str:
    """What is embedded of an episode; it may be empty."""
    return episode.text.strip()[:MAX_TEXT]


def fetches(ids: Sequence[str], url: str) -> Iterator[list[int]]:
    """The places of what Pinecone may have, batch by batch, so that `url` takes their ids, too."""
    places = (place for place, name in enumerate(ids) if storable(name))
    room = MAX_URL_BYTES - len(url)
    return _batches(places, lambda place: len("&ids=" + quote_plus(ids[place])), MAX_FETCH, room)


def embeddings(episodes: Sequence[Episode], rows: Iterable[int]) -> Iterator[list[int]]:
    """Of these rows those that can be embedded and stored, batch by batch."""
    rows = (row for row in rows if storable(episodes[row].id) and text(episodes[row]))
    return _batches(rows, lambda row: _json_bytes(text(episodes[row])), MAX_INPUTS, MAX_BODY_BYTES)


def upserts(episodes: Iterable[Episode], values: Iterable[list[float]]) -> Iterator[list[Vector]]:
    """Vectors of these values with their metadata, batch by batch."""
    vectors = (
        Vector(episode.id, one, metadata=metadata(episode))
        for episode, one in zip(episodes, values, strict=True)
    )
    return _batches(vectors, _json_bytes, MAX_UPSERT, MAX_BODY_BYTES)


def _json_bytes(value: Any) -> int:
    return len(msgspec.json.encode(value)) + len(",")


def _batches(
    items: Iterable[T], size: Callable[[T], int], count: int, room: int
) -> Iterator[list[T]]:
    """Split in order: at most so many, and of that size together, but for a single one."""
    batch: list[T] = []
    left = room
    for item in items:
        taken = size(item)
        if batch and (len(batch) == count or taken > left):
            yield batch
            batch, left = [], room
        batch.append(item)
        left -= taken
    if batch:
        yield batch
