"""A search over one namespace of a Pinecone index, by the ids of episodes, for a session.

The index is one by cosine, or by dot product over unit vectors, which is the same.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote_plus

import httpx
import numpy as np
import numpy.typing as npt
from pinecone import AsyncIndex, PineconeError

from adapters.pinecone.records import fetches, storable
from feed.ports.errors import Unavailable
from feed.ports.vector_search import Match, Restriction

T = TypeVar("T")

_SLACK = 1e-6
"""floors are lowered by it: the sum that is stored may be rounded otherwise than ours"""
_DIGITS = 7
"""decimals of a query vector: as exact as its float32, and half as long to send"""


class PineconeSearch:
    """A `VectorSearch`. It may be made before a fork: its connections are opened when needed.

    The SDK tries a call four times within seconds, and takes no other wish for an index: whoever
    has less time cancels the call.
    """

    def __init__(
        self, host: str, api_key: str, namespace: str = "", *, timeout_s: float = 10.0
    ) -> None:
        """A connection may be silent for `timeout_s`. Raises ValueError for a host or a key."""
        self._index = AsyncIndex(host=host, api_key=api_key, timeout=timeout_s)
        self._namespace = namespace
        self._url = f"{self._index.host}/vectors/fetch?namespace={quote_plus(namespace)}"

    async def vectors(self, ids: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
        """Those that there are, batches of them at once."""
        batches = [[ids[i] for i in batch] for batch in fetches(ids, self._url)]
        answers = await asyncio.gather(
            *(_asked(self._index.fetch(ids=some, namespace=self._namespace)) for some in batches)
        )
        with np.errstate(over="ignore"):  # what is too large for float32 is infinite, and no use
            return {
                name: np.array(vector.values, np.float32)
                for answer in answers
                for name, vector in answer.vectors.items()
            }

    async def search(
        self, near: npt.NDArray[np.float32] | str, count: int, restriction: Restriction
    ) -> list[Match]:
        """By id or by vector; of an id that Pinecone cannot have nothing is near."""
        by: dict[str, Any]
        if isinstance(near, str):
            if not storable(near):
                return []
            by = {"id": near}
        else:
            by = {"vector": np.round(near.astype(np.float64), _DIGITS).tolist()}
        answer = await _asked(
            self._index.query(
                top_k=count, namespace=self._namespace, filter=metadata_filter(restriction), **by
            )
        )
        return [Match(match.id, match.score) for match in answer.matches]

    async def check(self, dimension: int) -> None:
        """By what the index says of itself."""
        stats = await _asked(self._index.describe_index_stats())
        if stats.dimension != dimension:
            raise Unavailable(
                f"Pinecone: expected an index of {dimension} dimensions, got {stats.dimension}"
            )
        if stats.metric not in {"cosine", "dotproduct", None}:
            raise Unavailable(f"Pinecone: expected an index by cosine, got {stats.metric}")


def metadata_filter(restriction: Restriction) -> dict[str, Any] | None:
    """As Pinecone filters; a vector whose metadata lacks a field passes what is asked of it.

    Whether a comparison is true of a field that is not there is nothing to rely on, so each says
    it. None where nothing is restricted.
    """
    asked: dict[str, Mapping[str, Any]] = {}
    if restriction.min_credibility > 0:
        asked["credibility"] = {"$gte": restriction.min_credibility - _SLACK}
    if restriction.min_combined > 0:
        asked["combined"] = {"$gte": restriction.min_combined - _SLACK}
    if restriction.published_from_s is not None:
        asked["published_at"] = {"$gte": restriction.published_from_s}
    if restriction.excluded_ids:
        asked["episode_id"] = {"$nin": list(restriction.excluded_ids)}
    clauses = [
        {"$or": [{field: {"$exists": False}}, {field: condition}]}
        for field, condition in asked.items()
    ]
    return {"$and": clauses} if clauses else None


async def _asked(call: Awaitable[T]) -> T:
    try:
        return await call
    except (PineconeError, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise Unavailable(f"Pinecone: {type(error).__name__}: {error}") from error
