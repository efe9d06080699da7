"""Pinecone for each test: the stand-in, empty and mended. One server per session of tests.

A module has the fixtures by importing them.
"""

from collections.abc import Iterator

import pytest

from emulators.pinecone import PineconeStandIn
from tests.support.catalogs import DIMENSION

MODEL = "words"


@pytest.fixture(scope="session")
def _pinecone_server() -> Iterator[PineconeStandIn]:
    server = PineconeStandIn(DIMENSION, models={MODEL: DIMENSION}).start()
    yield server
    server.stop()


@pytest.fixture
def pinecone(_pinecone_server: PineconeStandIn) -> PineconeStandIn:
    """The stand-in, as new."""
    _pinecone_server.forget()
    return _pinecone_server
