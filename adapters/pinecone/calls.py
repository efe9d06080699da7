"""Calls to a Pinecone index and to its inference, with retries, deadlines and translated errors.

The SDK tries a call of an index four times within seconds, which cannot be configured. That is too
little for a build, so each call is repeated here, within a time limit.
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

_TRANSIENT_STATUSES = {408, 429, 500, 502, 503, 504}
_TRANSIENT = (
    PineconeConnectionError,
    PineconeTimeoutError,
    ResponseParsingError,  # a truncated answer, for example
    httpx.HTTPError,
)
_PASSAGE = {"input_type": "passage", "truncate": "END"}


class PineconeCalls:
    """Calls to one index and to inference, while the object is open (`async with`).

    Each call raises `Unavailable`: at once for an error that a retry cannot mend, else after
    `patience_s` seconds.
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
        """The dimension of the vectors in the index."""
        stats = await self._retry("describe the index", self._index.describe_index_stats)
        if not stats.dimension:
            raise Unavailable("Pinecone: the index holds no dense vectors")
        return stats.dimension

    async def fetch(self, ids: Sequence[str]) -> Mapping[str, Vector]:
        """The stored vectors of these ids, by id."""

        async def call() -> Mapping[str, Vector]:
            return (await self._index.fetch(ids=ids, namespace=self._namespace)).vectors

        return await self._retry("fetch vectors", call)

    async def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """The embeddings of some passages, in their order."""

        async def call() -> list[list[float]]:
            answer = await self._inference.embed(model, texts, _PASSAGE)
            dense = [one.values for one in answer.data if isinstance(one, DenseEmbedding)]
            if len(dense) != len(texts):
                raise Unavailable(
                    f"Pinecone: expected {len(texts)} dense vectors of {model}, got {len(dense)}"
                )
            return dense

        return await self._retry(f"embed with {model}", call)

    async def upsert(self, vectors: Sequence[Vector]) -> None:
        """Store vectors in place of earlier ones of the same ids."""

        async def call() -> None:
            answer = await self._index.upsert(vectors=vectors, namespace=self._namespace)
            if answer.upserted_count != len(vectors):
                raise Unavailable(
                    f"Pinecone: {answer.upserted_count} of {len(vectors)} vectors were stored"
                )

        await self._retry("upsert vectors", call)

    async def set_metadata(self, name: str, metadata: Mapping[str, Any]) -> None:
        """Set some metadata of a vector and keep the rest."""

        async def call() -> None:
            await self._index.update(id=name, set_metadata=metadata, namespace=self._namespace)

        await self._retry(f"update {name}", call)

    async def _retry(self, action: str, call: Callable[[], Awaitable[T]]) -> T:
        errors: list[Exception] = []
        retry = AsyncRetry(
            _is_transient, initial=0.25, maximum=10, timeout=None, on_error=errors.append
        )
        try:
            async with asyncio.timeout(self._patience_s):
                return await retry(call)()
        except TimeoutError:
            last = f": {errors[-1]}" if errors else ""
            raise Unavailable(
                f"Pinecone cannot {action} within {self._patience_s:g} s{last}"
            ) from None
        except (UnauthorizedError, ForbiddenError) as error:
            raise Unavailable(f"Pinecone refuses the API key: {error}") from error
        except (PineconeError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"Pinecone cannot {action}: {error}") from error


async def run_concurrently(
    work: Callable[[S], Awaitable[None]], items: Iterable[S], at_once: int
) -> None:
    """Await `work(item)` for each item, `at_once` at a time; a failure cancels the rest."""
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


def _is_transient(error: Exception) -> bool:
    if isinstance(error, ApiError):
        return error.status_code in _TRANSIENT_STATUSES
    return isinstance(error, _TRANSIENT)
