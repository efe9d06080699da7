"""What embeds queries, by the model that a snapshot names.

An adapter is imported where it is made, by the first query that needs it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from adapters.minilm import NAME as MINILM
from feed.ports.embedder import Embedder
from functions.settings import Settings

if TYPE_CHECKING:
    from feed.ports.language_model import LanguageModel


def wire_embedders(
    settings: Settings, model: "LanguageModel | None"
) -> dict[str, Callable[[], Embedder]]:
    """Return what makes an embedder of queries, by the name of its model."""
    makers: dict[str, Callable[[], Embedder]] = {MINILM: _minilm}
    if settings.PINECONE_MODEL and settings.PINECONE_API_KEY:
        makers[settings.PINECONE_MODEL] = lambda: _pinecone(settings)
    if model is not None and settings.EMBEDDING_MODEL:
        makers[settings.EMBEDDING_MODEL] = lambda: model
    return makers


def _minilm() -> Embedder:
    from adapters.minilm.queries import MiniLmEmbedder  # noqa: PLC0415

    return MiniLmEmbedder()


def _pinecone(settings: Settings) -> Embedder:
    from adapters.pinecone.queries import PineconeEmbedder  # noqa: PLC0415

    return PineconeEmbedder(settings.PINECONE_API_KEY, settings.PINECONE_MODEL)
