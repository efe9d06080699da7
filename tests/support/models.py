"""Emulated models and the pools over them. One server of each vendor per session of tests.

A module has the fixtures by importing them.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from adapters.gemini.regions import regions_of
from adapters.model_pool.client import ModelClient
from adapters.model_pool.pool import Limits, ModelPool
from adapters.openai.client import OpenAiClient
from emulators.models.server import ModelServer
from emulators.openai import server as openai
from emulators.vertex import server as vertex


@dataclass
class EmulatedModels:
    """A server of models, and how a pool connects to it."""

    server: ModelServer
    regions: tuple[str, ...]
    connect: Callable[..., Callable[[str], ModelClient]]
    """takes the name of the embedding model"""
    opened: list[ModelPool] = field(default_factory=list)

    def pool(self, *, embeds: bool = True, spacing_s: float = 0.0, **limits: Any) -> ModelPool:
        """A pool over the server, which is closed after the test."""
        connect = self.connect() if embeds else self.connect("")
        pool = ModelPool("m", self.regions, connect, Limits(spacing_s=spacing_s, **limits))
        self.opened.append(pool)
        return pool


@pytest.fixture(scope="session")
def vertex_server() -> Iterator[EmulatedModels]:
    server = vertex.VertexEmulator().start()

    def connect(embedding_model: str = "gemini-embedding-2") -> Callable[[str], ModelClient]:
        return regions_of(server.project, vertex.MODEL, embedding_model, server.url)

    yield EmulatedModels(server, vertex.REGIONS[:2], connect)
    server.stop()


@pytest.fixture(scope="session")
def openai_server() -> Iterator[EmulatedModels]:
    server = openai.OpenAiEmulator().start()

    def connect(embedding_model: str = "an-embedding-model") -> Callable[[str], ModelClient]:
        url, key = f"{server.url}/v1", server.api_key
        return lambda _: OpenAiClient(url, openai.MODEL, embedding_model, key)

    yield EmulatedModels(server, ("endpoint",), connect)
    server.stop()


async def without_faults(models: EmulatedModels) -> AsyncIterator[EmulatedModels]:
    """Give a test the server without faults, and close the pools that it has opened."""
    models.server.reset()
    yield models
    while models.opened:
        await models.opened.pop().aclose()
