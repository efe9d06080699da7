"""The contract of embedders of queries."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from adapters.minilm.model import ModelMissingError
from adapters.minilm.queries import MiniLmEmbedder
from adapters.pinecone.queries import PineconeEmbedder
from emulators.pinecone.server import PineconeEmulator
from feed.ports.embedder import Embedder
from feed.ports.errors import Unavailable
from tests.support.minilm import write_stand_in
from tests.support.pinecone import MODEL

TEXTS = ["nuclear power", "calm rain", "nuclear waste"]


class EmbedderContract:
    """The suite. `broken` is an embedder that cannot work."""

    def test_vectors_have_length_1_and_are_in_the_order_of_the_texts(
        self, embedder: Embedder
    ) -> None:
        together = asyncio.run(embedder.embed(TEXTS, 20))
        assert together.dtype == np.float32
        assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
        assert together[0] @ together[2] > together[0] @ together[1]

    def test_a_text_has_the_same_vector_alone_and_beside_others(self, embedder: Embedder) -> None:
        async def embed() -> tuple[np.ndarray, np.ndarray]:
            return await embedder.embed(TEXTS[1:2], 20), await embedder.embed(TEXTS, 20)

        alone, beside = asyncio.run(embed())
        assert alone[0] == pytest.approx(beside[1], abs=1e-5)

    def test_what_cannot_work_is_unavailable(self, broken: Embedder) -> None:
        with pytest.raises(Unavailable):
            asyncio.run(broken.embed(TEXTS, 5))


class TestMiniLm(EmbedderContract):
    @pytest.fixture
    def embedder(self, tmp_path: Path) -> Embedder:
        folder = write_stand_in(tmp_path / "model")
        return MiniLmEmbedder(lambda: folder)

    @pytest.fixture
    def broken(self) -> Embedder:
        def missing() -> Path:
            raise ModelMissingError("not installed")

        return MiniLmEmbedder(missing)


class TestPinecone(EmbedderContract):
    @pytest.fixture
    def embedder(self, pinecone: PineconeEmulator) -> Embedder:
        return PineconeEmbedder(pinecone.api_key, MODEL, host=pinecone.url)

    @pytest.fixture
    def broken(self, pinecone: PineconeEmulator) -> Embedder:
        return PineconeEmbedder("wrong", MODEL, host=pinecone.url)
