"""Converts episodes to Pinecone records, and splits them into batches that fit into a request."""

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
"""servers reject a request line of more than 8 KB"""
MAX_INPUTS = 96
"""texts in one call of the embedding model"""
MAX_TEXT = 16_000
"""characters, more than any of the models reads"""
MAX_UPSERT = 1_000
MAX_BODY_BYTES = 1_900_000
"""Pinecone rejects a request of more than 2 MB"""


def is_storable(name: str) -> bool:
    """Whether a text can be the id of a Pinecone vector."""
    return name.isascii() and len(name) <= MAX_ID and "\0" not in name


def metadata(episode: Episode) -> dict[str, Any]:
    """The metadata that queries filter by, without missing scores."""
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
    """The text of an episode that is embedded, at most `MAX_TEXT` characters; may be empty."""
    return episode.text.strip()[:MAX_TEXT]


def fetch_batches(ids: Sequence[str], url: str) -> Iterator[list[int]]:
    """Batches of indices of `ids` to fetch in one request, without ids that Pinecone cannot have.

    `url` is the request's URL without ids: with those of a batch it has at most `MAX_URL_BYTES`.
    """
    rows = (row for row, name in enumerate(ids) if is_storable(name))
    room = MAX_URL_BYTES - len(url)
    return _batches(rows, lambda row: len("&ids=" + quote_plus(ids[row])), MAX_FETCH, room)


def embedding_batches(episodes: Sequence[Episode], rows: Iterable[int]) -> Iterator[list[int]]:
    """Batches of those of `rows` whose episodes can be embedded and stored."""
    rows = (row for row in rows if is_storable(episodes[row].id) and text(episodes[row]))
    return _batches(rows, lambda row: _json_bytes(text(episodes[row])), MAX_INPUTS, MAX_BODY_BYTES)


def upsert_batches(
    episodes: Iterable[Episode], values: Iterable[list[float]]
) -> Iterator[list[Vector]]:
    """Batches of vectors with metadata; `values` are the embeddings of `episodes`."""
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
    """Split items in order into batches of at most `count` items and `room` bytes.

    An item that is larger than `room` makes a batch of its own.
    """
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
