"""Embeds queries with Pinecone's inference, by the model that embedded the episodes."""

import asyncio
from collections.abc import Sequence

import httpx
import numpy as np
import numpy.typing as npt
from pinecone import AsyncPinecone, DenseEmbedding, PineconeError

from feed.ports.errors import Unavailable

_QUERY = {"input_type": "query", "truncate": "END"}


class PineconeEmbedder:
    """An `Embedder` that connects at the first call, hence after any fork."""

    def __init__(self, api_key: str, model: str, *, host: str = "https://api.pinecone.io") -> None:
        self._host, self._api_key, self._model = host, api_key, model
        self._client: AsyncPinecone | None = None

    async def embed(self, texts: Sequence[str], timeout_s: float) -> npt.NDArray[np.float32]:
        """(len(texts), D) vectors of length 1. Raises `Unavailable`."""
        try:
            client = self._client or AsyncPinecone(host=self._host, api_key=self._api_key)
            self._client = client
            async with asyncio.timeout(timeout_s):
                answer = await client.inference.embed(self._model, list(texts), _QUERY)
        except (PineconeError, httpx.HTTPError, TimeoutError) as error:
            raise Unavailable(f"Pinecone: embed with {self._model}: {error!r}") from error
        rows = [one.values for one in answer.data if isinstance(one, DenseEmbedding)]
        matrix = np.array(rows, np.float32).reshape(len(rows), -1)
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        if len(rows) != len(texts) or not np.all(lengths > 0) or not np.isfinite(lengths).all():
            raise Unavailable(f"Pinecone: expected {len(texts)} dense vectors of {self._model}")
        unit: npt.NDArray[np.float32] = matrix / lengths
        return unit
