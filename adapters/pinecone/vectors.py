"""Reads embeddings from a Pinecone index; Pinecone's inference embeds the episodes it lacks."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlsplit

import numpy as np

from adapters.pinecone import records
from adapters.pinecone.calls import PineconeCalls, run_concurrently
from feed.model.episode import Episode
from feed.ports.episodes import Vectors
from feed.ports.errors import Unavailable

T = TypeVar("T")


class PineconeVectors:
    """A `VectorStore` over one namespace of an index, by the ids of episodes.

    With a `model`, episodes that the index lacks are embedded and upserted, with the metadata that
    queries filter by, so that the next build finds them; those upserted before a failure stay.
    Without one nothing is written, and those episodes have no embedding.

    Ten fetched vectors cost one read unit.
    """

    def __init__(
        self,
        host: str,
        api_key: str,
        *,
        namespace: str = "",
        model: str | None = None,
        inference_host: str = "https://api.pinecone.io",
        timeout_s: float = 20.0,
        patience_s: float = 120.0,
        total_s: float = 1500.0,
        at_once: int = 8,
    ) -> None:
        """Configure the store.

        Args:
            host: Host of the index.
            api_key: Pinecone's key.
            namespace: Namespace of the index.
            model: Embedding model of Pinecone's inference; None: nothing is embedded.
            inference_host: Host of the inference.
            timeout_s: How long a connection may be silent, in seconds.
            patience_s: Limit of one batch with all its retries, in seconds.
            total_s: Limit of one call of `vectors` or `describe`, in seconds.
            at_once: Number of concurrent requests.
        """
        self._model = model
        self._name = model or f"pinecone:{urlsplit(host).hostname or host}"
        self._url = f"https://{host}/vectors/fetch?namespace={quote_plus(namespace)}"
        self._total_s = total_s
        self._at_once = at_once
        self._calls: Mapping[str, Any] = {
            "host": host,
            "inference_host": inference_host,
            "api_key": api_key,
            "namespace": namespace,
            "timeout_s": timeout_s,
            "patience_s": patience_s,
        }

    def vectors(self, episodes: Sequence[Episode]) -> Vectors:
        """Embeddings of these episodes, of the dimension of the index.

        Missing are those whose id Pinecone cannot have (not ASCII, over 512 characters), and those
        without text that the index lacks. Raises `Unavailable`, also for a vector of another
        dimension.
        """
        return self._run(lambda calls: self._vectors(calls, episodes))

    def describe(self, episodes: Sequence[Episode]) -> int:
        """Set the metadata of stored vectors where they differ from the episodes; returns how many.

        Vectors that other software embedded may lack the metadata that queries filter by, and an
        episode may have changed since. Scores that an episode no longer has are kept. Costs one
        request for each that differs.
        """
        return self._run(lambda calls: self._describe(calls, episodes))

    def _run(self, work: Callable[[PineconeCalls], Awaitable[T]]) -> T:
        async def run() -> T:
            try:
                async with asyncio.timeout(self._total_s), PineconeCalls(**self._calls) as calls:
                    return await work(calls)
            except TimeoutError:
                raise Unavailable(f"Pinecone: not done within {self._total_s:g} s") from None

        return asyncio.run(run())

    async def _vectors(self, calls: PineconeCalls, episodes: Sequence[Episode]) -> Vectors:
        matrix = np.zeros((len(episodes), await calls.dimension()), np.float32)

        async def fetch(rows: list[int]) -> None:
            found = await calls.fetch([episodes[row].id for row in rows])
            for row in rows:
                if (vector := found.get(episodes[row].id)) is not None:
                    matrix[row] = _row(vector.values, matrix.shape[1], episodes[row].id)

        async def embed(rows: list[int]) -> None:
            some = [episodes[row] for row in rows]
            values = await calls.embed(
                str(self._model), [records.text(episode) for episode in some]
            )
            for row, one in zip(rows, values, strict=True):
                matrix[row] = _row(one, matrix.shape[1], episodes[row].id)
            for batch in records.upsert_batches(some, values):
                await calls.upsert(batch)

        await run_concurrently(
            fetch, records.fetch_batches([one.id for one in episodes], self._url), self._at_once
        )
        if self._model is not None:
            lacking = np.flatnonzero(~matrix.any(axis=1)).tolist()
            await run_concurrently(
                embed, records.embedding_batches(episodes, lacking), self._at_once
            )
        return Vectors(matrix, np.any(matrix, axis=1), model=self._name)

    async def _describe(self, calls: PineconeCalls, episodes: Sequence[Episode]) -> int:
        different: dict[str, dict[str, Any]] = {}

        async def compare(rows: list[int]) -> None:
            found = await calls.fetch([episodes[row].id for row in rows])
            for row in rows:
                vector, wanted = found.get(episodes[row].id), records.metadata(episodes[row])
                if vector is not None and not wanted.items() <= (vector.metadata or {}).items():
                    different[episodes[row].id] = wanted

        async def describe(one: tuple[str, dict[str, Any]]) -> None:
            await calls.set_metadata(*one)

        await run_concurrently(
            compare, records.fetch_batches([one.id for one in episodes], self._url), self._at_once
        )
        await run_concurrently(describe, different.items(), self._at_once)
        return len(different)


def _row(values: list[float], dimension: int, name: str) -> np.ndarray:
    """The vector (dimension,) as float32; zero, which means missing, if it is not finite."""
    if len(values) != dimension:
        raise Unavailable(
            f"Pinecone: expected {dimension} dimensions as the index has, got {len(values)} "
            f"for {name}"
        )
    with np.errstate(over="ignore"):
        row = np.array(values, np.float32)
    return row if np.isfinite(row).all() else np.zeros_like(row)
