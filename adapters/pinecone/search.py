"""Searches one namespace of a Pinecone index for the sessions.

The metric of the index is cosine, or dot product over unit vectors, which is equivalent.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote_plus

import httpx
import numpy as np
import numpy.typing as npt
from pinecone import AsyncIndex, PineconeError

from adapters.pinecone.records import fetch_batches, is_storable
from feed.ports.errors import Unavailable
from feed.ports.vector_search import Match, SearchFilter

T = TypeVar("T")

_SLACK = 1e-6
"""minimum scores are lowered by it: the stored sum may be rounded differently"""
_DIGITS = 7
"""decimals of a query vector: as exact as float32, and half as long in JSON"""


class PineconeSearch:
    """A `VectorSearch` over one namespace. It connects at the first call, hence after any fork.

    The SDK tries a call four times within seconds, which cannot be configured: a caller with less
    time cancels the call.
    """

    def __init__(
        self, host: str, api_key: str, namespace: str = "", *, timeout_s: float = 10.0
    ) -> None:
        """Configure the search. A connection may be silent for `timeout_s` (seconds).

        Raises ValueError for an invalid host or key.
        """
        self._index = AsyncIndex(host=host, api_key=api_key, timeout=timeout_s)
        self._namespace = namespace
        self._url = f"{self._index.host}/vectors/fetch?namespace={quote_plus(namespace)}"

    async def vectors(self, ids: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
        """The vectors, (D,) each, of those of `ids` that the index has."""
        batches = [[ids[i] for i in batch] for batch in fetch_batches(ids, self._url)]
        answers = await asyncio.gather(
            *(
                _translate_errors(self._index.fetch(ids=some, namespace=self._namespace))
                for some in batches
            )
        )
        with np.errstate(
            over="ignore"
        ):  # beyond float32 it becomes infinite, which is ignored later
            return {
                name: np.array(vector.values, np.float32)
                for answer in answers
                for name, vector in answer.vectors.items()
            }

    async def search(
        self, query: npt.NDArray[np.float32] | str, count: int, search_filter: SearchFilter
    ) -> list[Match]:
        """The `count` episodes most similar to a vector (D,), or to an episode by its id.

        Empty for an id that the index does not or cannot have.
        """
        by: dict[str, Any]
        if isinstance(query, str):
            if not is_storable(query):
                return []
            by = {"id": query}
        else:
            by = {"vector": np.round(query.astype(np.float64), _DIGITS).tolist()}
        answer = await _translate_errors(
            self._index.query(
                top_k=count, namespace=self._namespace, filter=metadata_filter(search_filter), **by
            )
        )
        return [Match(match.id, match.score) for match in answer.matches]

    async def check(self, dimension: int) -> None:
        """Raise `Unavailable` unless the index has this dimension and a metric of cosine."""
        stats = await _translate_errors(self._index.describe_index_stats())
        if stats.dimension != dimension:
            raise Unavailable(
                f"Pinecone: expected an index of {dimension} dimensions, got {stats.dimension}"
            )
        if stats.metric not in {"cosine", "dotproduct", None}:
            raise Unavailable(f"Pinecone: expected an index by cosine, got {stats.metric}")


def metadata_filter(search_filter: SearchFilter) -> dict[str, Any] | None:
    """The filter of a query in Pinecone's language; None without restrictions.

    A vector whose metadata lack a field passes the condition on it. Each clause states that,
    because Pinecone does not define the comparison of a missing field.
    """
    conditions: dict[str, Mapping[str, Any]] = {}
    if search_filter.min_credibility > 0:
        conditions["credibility"] = {"$gte": search_filter.min_credibility - _SLACK}
    if search_filter.min_combined > 0:
        conditions["combined"] = {"$gte": search_filter.min_combined - _SLACK}
    if search_filter.published_from_s is not None:
        conditions["published_at"] = {"$gte": search_filter.published_from_s}
    if search_filter.excluded_ids:
        conditions["episode_id"] = {"$nin": list(search_filter.excluded_ids)}
    clauses = [
        {"$or": [{field: {"$exists": False}}, {field: condition}]}
        for field, condition in conditions.items()
    ]
    return {"$and": clauses} if clauses else None


async def _translate_errors(call: Awaitable[T]) -> T:
    try:
        return await call
    except (PineconeError, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise Unavailable(f"Pinecone: {type(error).__name__}: {error}") from error
