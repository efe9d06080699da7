"""Calls to an index of Pinecone and to its inference: bounded in time, and errors translated.

The SDK tries a call four times within some seconds and takes no other wish for an index. That is
little for a build, and no bound: so each call is tried again around it, within a time of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Self, TypeVar

import httpx
from google.api_core.retry import AsyncRetry
from pinecone import (
    ApiError,
    AsyncIndex,
    AsyncPinecone,
    DenseEmbedding,
    ForbiddenError,
    PineconeConnectionError,
    PineconeError,
    PineconeTimeoutError,
    ResponseParsingError,
    UnauthorizedError,
    Vector,
)

from feed.ports.errors import Unavailable

S = TypeVar("S")
T = TypeVar("T")

_PASSING_STATUSES = {408, 429, 500, 502, 503, 504}
_PASSING = (
    PineconeConnectionError,
    PineconeTimeoutError,
    ResponseParsingError,  # half an answer, say
    httpx.HTTPError,
)
_PASSAGE = {"input_type": "passage", "truncate": "END"}


class Calls:
    """Calls to one index and to inference, while it is open (`async with`).

    Each raises `Unavailable`: at once where the next try would be no better, else when `patience_s`
    have passed.
    """

    def __init__(
        self,
        *,
        host: str,
        inference_host: str,
        api_key: str,
        namespace: str,
        timeout_s: float,
        patience_s: float,
    ) -> None:
        self._hosts = (host, inference_host)
        self._common: dict[str, Any] = {"api_key": api_key, "timeout": timeout_s}
        self._namespace = namespace
        self._patience_s = patience_s
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            index = AsyncIndex(host=self._hosts[0], **self._common)
            inference = AsyncPinecone(host=self._hosts[1], **self._common)
        except PineconeError as error:
            raise Unavailable(f"Pinecone cannot be reached like this: {error}") from error
        self._index = await self._open.enter_async_context(index)
        self._inference = (await self._open.enter_async_context(inference)).inference
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def dimension(self) -> int:
        """The length of the vectors in the index."""
        stats = await self._patiently("describe the index", self._index.describe_index_stats)
        if not stats.dimension:
            raise Unavailable("Pinecone: the index holds no dense vectors")
        return stats.dimension

    async def fetch(self, ids: Sequence[str]) -> Mapping[str, Vector]:
        """The vectors of these ids that there are, by id."""

        async def call() -> Mapping[str, Vector]:
            return (await self._index.fetch(ids=ids, namespace=self._namespace)).vectors

        return await self._patiently("fetch vectors", call)

    async def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """Embeddings of some passages, in their order."""

        async def call() -> list[list[float]]:
            answer = await self._inference.embed(model, texts, _PASSAGE)
            dense = [one.values for one in answer.data if isinstance(one, DenseEmbedding)]
            if len(dense) != len(texts):
                raise Unavailable(
                    f"Pinecone: expected {len(texts)} dense vectors of {model}, got {len(dense)}"
                )
            return dense

        return await self._patiently(f"embed with {model}", call)

    async def upsert(self, vectors: Sequence[Vector]) -> None:
        """Store vectors, replacing those of the same ids."""

        async def call() -> None:
            answer = await self._index.upsert(vectors=vectors, namespace=self._namespace)
            if answer.upserted_count != len(vectors):
                raise Unavailable(
                    f"Pinecone: {answer.upserted_count} of {len(vectors)} vectors were stored"
                )

        await self._patiently("upsert vectors", call)

    async def set_metadata(self, name: str, metadata: Mapping[str, Any]) -> None:
        """Set some metadata of a vector; what else it has is kept."""

        async def call() -> None:
            await self._index.update(id=name, set_metadata=metadata, namespace=self._namespace)

        await self._patiently(f"update {name}", call)

    async def _patiently(self, doing: str, call: Callable[[], Awaitable[T]]) -> T:
        seen: list[Exception] = []
        retry = AsyncRetry(_may_pass, initial=0.25, maximum=10, timeout=None, on_error=seen.append)
        try:
            async with asyncio.timeout(self._patience_s):
                return await retry(call)()
        except TimeoutError:
            last = f": {seen[-1]}" if seen else ""
            raise Unavailable(
                f"Pinecone cannot {doing} within {self._patience_s:g} s{last}"
            ) from None
        except (UnauthorizedError, ForbiddenError) as error:
            raise Unavailable(f"Pinecone refuses the API key: {error}") from error
        except (PineconeError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"Pinecone cannot {doing}: {error}") from error


async def each(work: Callable[[S], Awaitable[None]], items: Iterable[S], at_once: int) -> None:
    """Await `work` of every item, so many at once. The first failure ends the others."""
    free = asyncio.Semaphore(at_once)

    async def one(item: S) -> None:
        async with free:
            await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            for item in items:
                group.create_task(one(item))
    except BaseExceptionGroup as failed:
        first = failed.exceptions[0]
        raise first from first.__cause__


def _may_pass(error: Exception) -> bool:
    if isinstance(error, ApiError):
        return error.status_code in _PASSING_STATUSES
    return isinstance(error, _PASSING)
