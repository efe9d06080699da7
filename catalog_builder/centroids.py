"""Centroids: those of the last build, with which the next one begins.

Learning them is most of what the lists of a large catalog take, and a few new episodes change them
little. They are used as they are while embeddings lie as near to them as when they were learned, so
that building the same twice gives the same.
"""

import msgspec
import numpy as np
import numpy.typing as npt

from catalog_builder.learned import Learned, packed

NAME = "centroids"
SAMPLE = 4096
"""embeddings that are looked at"""
FARTHER = 0.01
"""how much lower the mean cosine may be"""
MORE = 0.1
"""the share by which there may be more or fewer of them than are wanted"""

Floats = npt.NDArray[np.float32]


class Centroids(msgspec.Struct, frozen=True):
    """What is kept."""

    model: str
    dimension: int
    centroids: bytes
    """(k, D) float32, little-endian"""
    nearness: float
    """of the embeddings that they were learned from"""

    def __post_init__(self) -> None:
        if self.dimension < 1 or len(self.centroids) % (4 * self.dimension):
            raise ValueError(f"they are not of {self.dimension} dimensions")


def known(learned: Learned, embeddings: Floats, model: str, wanted: int) -> Floats | None:
    """The (k, D) centroids kept, if they fit these embeddings and are about as many as wanted.

    The built-in embedder turns its space each time, under the same name: they fit none then.
    """
    kept, dimension = learned.load(NAME, Centroids), embeddings.shape[1]
    if kept is None or (kept.model, kept.dimension) != (model, dimension):
        return None
    found = np.frombuffer(kept.centroids, "<f4").reshape(-1, dimension).astype(np.float32)
    if abs(len(found) - wanted) > MORE * wanted:
        return None
    return found if nearness(embeddings, found) >= kept.nearness - FARTHER else None


def keep(learned: Learned, centroids: Floats, embeddings: Floats, model: str) -> None:
    """Keep centroids that were learned from these embeddings."""
    near = nearness(embeddings, centroids)
    kept = Centroids(model, embeddings.shape[1], packed(centroids, "<f4"), near)
    learned.keep(NAME, kept)


def nearness(embeddings: Floats, centroids: Floats) -> float:
    """Mean cosine of some embeddings, evenly spread, and the nearest of the centroids."""
    some = np.unique(np.linspace(0, len(embeddings) - 1, SAMPLE).astype(np.int64))
    return float((embeddings[some] @ centroids.T).max(axis=1).mean())
