"""Embeddings from an index of Pinecone, and embeddings made by Pinecone for what it lacks."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlsplit

import numpy as np

from adapters.pinecone.calls import Calls, each
from adapters.pinecone.records import embeddings, fetches, metadata, text, upserts
from feed.model.episode import Episode
from feed.ports.episodes import Vectors
from feed.ports.errors import Unavailable

T = TypeVar("T")


class PineconeVectors:
    """A `VectorStore` over one namespace of an index, by the ids of episodes.

    Values pass through Python lists, a batch at a time, since the SDK decodes them so. Ten vectors
    fetched cost one read unit.

    With `model` the episodes that the index lacks are embedded by it and upserted, with the
    metadata that a query filters by, so that the next build finds them; what was upserted before a
    failure stays. Without `model` nothing is written, and those episodes have no embedding.
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
        """At most `at_once` requests are under way.

        A connection may be silent for `timeout_s`, a batch may take `patience_s` with all its
        retries, and a call of this class `total_s`.
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
        """Embeddings of as many dimensions as the index has.

        An id that Pinecone cannot have (beyond ASCII, over 512 characters) is as missing, and an
        episode without text is not embedded. Raises `Unavailable`, also for a vector of another
        dimension.
        """
        return self._run(lambda calls: self._vectors(calls, episodes))

    def describe(self, episodes: Sequence[Episode]) -> int:
        """Set the metadata of vectors in the index where it is not the episode's; returns how many.

        Vectors that were not embedded here may lack what a query filters by, and an episode may
        have changed since. A score that it no longer has stays. One request for each that differs.
        """
        return self._run(lambda calls: self._describe(calls, episodes))

    def _run(self, work: Callable[[Calls], Awaitable[T]]) -> T:
        async def run() -> T:
            try:
                async with asyncio.timeout(self._total_s), Calls(**self._calls) as calls:
                    return await work(calls)
            except TimeoutError:
                raise Unavailable(f"Pinecone: not done within {self._total_s:g} s") from None

        return asyncio.run(run())

    async def _vectors(self, calls: Calls, episodes: Sequence[Episode]) -> Vectors:
        matrix = np.zeros((len(episodes), await calls.dimension()), np.float32)

        async def fetch(rows: list[int]) -> None:
            found = await calls.fetch([episodes[row].id for row in rows])
            for row in rows:
                if (vector := found.get(episodes[row].id)) is not None:
                    matrix[row] = _checked(vector.values, matrix.shape[1], episodes[row].id)

        async def embed(rows: list[int]) -> None:
            some = [episodes[row] for row in rows]
            values = await calls.embed(str(self._model), [text(episode) for episode in some])
            for row, one in zip(rows, values, strict=True):
                matrix[row] = _checked(one, matrix.shape[1], episodes[row].id)
            for batch in upserts(some, values):
                await calls.upsert(batch)

        await each(fetch, fetches([one.id for one in episodes], self._url), self._at_once)
        if self._model is not None:
            lacking = np.flatnonzero(~matrix.any(axis=1)).tolist()
            await each(embed, embeddings(episodes, lacking), self._at_once)
        return Vectors(matrix, np.any(matrix, axis=1), model=self._name)

    async def _describe(self, calls: Calls, episodes: Sequence[Episode]) -> int:
        different: dict[str, dict[str, Any]] = {}

        async def compare(rows: list[int]) -> None:
            found = await calls.fetch([episodes[row].id for row in rows])
            for row in rows:
                vector, wanted = found.get(episodes[row].id), metadata(episodes[row])
                if vector is not None and not wanted.items() <= (vector.metadata or {}).items():
                    different[episodes[row].id] = wanted

        async def describe(one: tuple[str, dict[str, Any]]) -> None:
            await calls.set_metadata(*one)

        await each(compare, fetches([one.id for one in episodes], self._url), self._at_once)
        await each(describe, different.items(), self._at_once)
        return len(different)


def _checked(values: list[float], dimension: int, name: str) -> np.ndarray:
    """(dimension,) float32; zero where it is not finite, so as if there were none."""
    if len(values) != dimension:
        raise Unavailable(
            f"Pinecone: expected {dimension} dimensions as the index has, got {len(values)} "
            f"for {name}"
        )
    with np.errstate(over="ignore"):
        row = np.array(values, np.float32)
    return row if np.isfinite(row).all() else np.zeros_like(row)
