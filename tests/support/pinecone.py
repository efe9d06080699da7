"""An empty Pinecone without faults for each test. One server per session of tests.

A module has the fixtures by importing them.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from adapters.pinecone.vectors import PineconeVectors
from emulators.pinecone.server import PineconeEmulator
from emulators.pinecone.wire import UpsertRequest, VectorRecord
from feed.model.episode import Episode
from feed.ports.episodes import Vectors
from tests.support.catalogs import DIMENSION, vectors_of

MODEL = "words"


@pytest.fixture(scope="session")
def _pinecone_server() -> Iterator[PineconeEmulator]:
    server = PineconeEmulator(DIMENSION, models={MODEL: DIMENSION}).start()
    yield server
    server.stop()


@pytest.fixture
def pinecone(_pinecone_server: PineconeEmulator) -> PineconeEmulator:
    """The emulator, empty and without faults."""
    _pinecone_server.reset()
    return _pinecone_server


def store_vectors(
    server: PineconeEmulator, some: Sequence[Episode], namespace: str = ""
) -> Vectors:
    """Give the index embeddings of these episodes, all but one in twenty; returns them."""
    vectors = vectors_of(some)
    records = [
        VectorRecord(episode.id, row.tolist())
        for episode, row, present in zip(some, vectors.matrix, vectors.present, strict=True)
        if present
    ]
    for start in range(0, len(records), 1000):
        server.index.upsert(UpsertRequest(records[start : start + 1000], namespace))
    return vectors


def pinecone_vectors(server: PineconeEmulator, **how: Any) -> PineconeVectors:
    """The adapter over the emulator."""
    how = {"api_key": server.api_key, "inference_host": server.url, "patience_s": 20, **how}
    return PineconeVectors(server.url, **how)
