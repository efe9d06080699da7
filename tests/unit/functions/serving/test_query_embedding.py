"""A query is embedded once, by the catalog's model, and never at the cost of an answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.model.degradation import Degradation
from feed.ports.errors import Refused, Unavailable
from functions.serving.degradation_log import DegradationLog
from functions.serving.query_embedding import RETRY_S, QueryEmbeddings
from functions.telemetry import Metrics
from tests.support.catalogs import catalog_of, episodes
from tests.support.clock import Clock

UNAVAILABLE = (Degradation.QUERY_EMBEDDING_UNAVAILABLE,)


class CountingEmbedder:
    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.asked: list[str] = []
        self.error: Exception | None = None

    async def embed(self, texts: Sequence[str], timeout_s: float) -> np.ndarray:
        assert timeout_s > 0
        self.asked += texts
        if self.error:
            raise self.error
        return np.eye(len(texts), self.dimension, dtype=np.float32)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return replace(catalog_of(episodes(20)), model="a-model")


def test_a_query_is_embedded_once_by_the_model_of_the_catalog(catalog: Catalog) -> None:
    embedder, other = CountingEmbedder(catalog.dimension), CountingEmbedder(3)
    makers = {"a-model": lambda: embedder, "other": lambda: other}
    embeddings = QueryEmbeddings(makers, DegradationLog(), Metrics())

    async def ask() -> None:
        for _ in range(2):
            vector, degraded = await embeddings.of(catalog, "chess")
            assert vector is not None
            assert vector.shape == (catalog.dimension,)
            assert degraded == ()
        assert await embeddings.of(replace(catalog, model="unknown"), "chess") == (None, ())

    asyncio.run(ask())
    assert embedder.asked == ["chess"]
    assert other.asked == []


@pytest.mark.parametrize("error", [Unavailable("down"), None])
def test_after_a_failure_the_model_rests(catalog: Catalog, error: Exception | None) -> None:
    embedder = CountingEmbedder(catalog.dimension if error else 3)  # of another dimension
    embedder.error, clock = error, Clock()
    makers = {"a-model": lambda: embedder}
    embeddings = QueryEmbeddings(makers, DegradationLog(), Metrics(), clock)

    async def ask(query: str) -> None:
        assert await embeddings.of(catalog, query) == (None, UNAVAILABLE)

    asyncio.run(ask("one"))
    asyncio.run(ask("two"))
    assert embedder.asked == ["one"]
    embedder.error, embedder.dimension = None, catalog.dimension
    clock.now_s += RETRY_S
    found, degraded = asyncio.run(embeddings.of(catalog, "two"))
    assert found is not None
    assert degraded == ()


def test_a_query_that_is_refused_does_not_keep_others_from_being_embedded(
    catalog: Catalog,
) -> None:
    embedder = CountingEmbedder(catalog.dimension)
    metrics = Metrics()
    embeddings = QueryEmbeddings({"a-model": lambda: embedder}, DegradationLog(), metrics)
    embedder.error = Refused("too long")
    assert asyncio.run(embeddings.of(catalog, "very long")) == (None, UNAVAILABLE)
    embedder.error = None
    assert asyncio.run(embeddings.of(catalog, "short"))[1] == ()
    assert metrics.calls == {("query_embedding", result): 1 for result in ("refused", "ok")}
