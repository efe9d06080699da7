"""Embeds queries with MiniLM, which the first of them loads."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adapters.minilm.model import MiniLm, ModelMissingError, find_folder
from feed.ports.errors import Unavailable


class MiniLmEmbedder:
    """An `Embedder` in this process, which computes in a thread."""

    def __init__(self, folder: Callable[[], Path] = find_folder) -> None:
        self._folder = folder
        self._model: MiniLm | None = None
        self._loading = threading.Lock()

    async def embed(self, texts: Sequence[str], timeout_s: float) -> npt.NDArray[np.float32]:
        """(len(texts), 384) vectors of length 1. Raises `Unavailable`."""
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.to_thread(self._embed, list(texts))
        except TimeoutError:
            raise Unavailable(f"the model took more than {timeout_s:g} s") from None
        except ModelMissingError as error:
            raise Unavailable(str(error)) from error

    def _embed(self, texts: list[str]) -> npt.NDArray[np.float32]:
        with self._loading:
            self._model = self._model or MiniLm(self._folder())
        return self._model.embed(texts)
