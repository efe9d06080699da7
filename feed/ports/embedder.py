"""Port of embedding models: a query as a vector in the space of a catalog's embeddings."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt


class Embedder(Protocol):
    """Embeds texts by one model. Every `LanguageModel` that embeds is one, too."""

    async def embed(self, texts: Sequence[str], timeout_s: float) -> npt.NDArray[np.float32]:
        """(len(texts), D) vectors of length 1. Raises `Unavailable` or `Refused`."""
