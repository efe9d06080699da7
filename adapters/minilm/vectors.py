"""Embeds a catalog with MiniLM: a source of vectors for the builder."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adapters.minilm import NAME
from adapters.minilm.model import DIMENSION, MiniLm
from feed.model.episode import Episode
from feed.ports.builds import BuildCache
from feed.ports.episodes import Vectors

_CACHED = f"{NAME}.vectors"
_ROW = np.dtype([("text", "S16"), ("vector", "<f4", (DIMENSION,))])


class MiniLmVectors:
    """A `VectorStore` that computes embeddings from the episodes' text.

    An episode's is the mean of those of its title and of its whole text, so that a long insight
    does not drown the title. A cache keeps them by text: an episode takes some 40 ms.
    """

    def __init__(self, folder: Path, cache: BuildCache | None = None) -> None:
        """`folder` holds the model's files."""
        self._folder = folder
        self._cache = cache

    def vectors(self, episodes: Sequence[Episode]) -> Vectors:
        """Unit vectors (episodes, 384); an episode without text has none.

        Raises `ModelMissingError` for a folder without the model.
        """
        keys = np.array([_key(one) for one in episodes], _ROW["text"])
        present = np.array([bool(one.text.strip()) for one in episodes], np.bool_)
        rows = np.zeros(len(episodes), _ROW)
        rows["text"] = keys
        known, places = self._known(keys)
        rows[known] = places
        lacking = np.flatnonzero(present & ~known).tolist()
        if lacking:
            model = MiniLm(self._folder)
            titles = model.embed([episodes[row].title for row in lacking])
            whole = model.embed([episodes[row].text for row in lacking])
            rows["vector"][lacking] = titles + whole
        matrix = np.ascontiguousarray(rows["vector"])
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        np.divide(matrix, lengths, out=matrix, where=lengths > 0)
        if self._cache and lacking:
            self._cache.save(_CACHED, rows[present].tobytes())
        return Vectors(matrix, present, model=NAME)

    def _known(self, keys: npt.NDArray[np.bytes_]) -> tuple[npt.NDArray[np.bool_], np.ndarray]:
        """(n,) which texts the cache has, and the rows of these."""
        data = self._cache.load(_CACHED) if self._cache else None
        cached = np.frombuffer(data or b"", _ROW, len(data or b"") // _ROW.itemsize)
        cached = cached[np.argsort(cached["text"], kind="stable")]
        if not len(cached):
            return np.zeros(len(keys), np.bool_), cached
        at = np.minimum(np.searchsorted(cached["text"], keys), len(cached) - 1)
        known = cached["text"][at] == keys
        return known, cached[at[known]]


def _key(episode: Episode) -> bytes:
    """What an episode's embedding depends on, as 16 bytes that do not end in a zero."""
    text = f"{episode.title}\0{episode.text}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=15).digest() + b"."
