"""Learned: the centroids of the last build, with which the next one begins.

Learning them is most of what the lists of a large catalog take, and a few new episodes change them
little. They are used as they are while embeddings lie as near to them as when they were learned, so
that building the same twice gives the same.
"""

import logging

import msgspec
import numpy as np
import numpy.typing as npt

from feed.builds import Copies

NAME = "centroids"
SAMPLE = 4096
"""embeddings that are looked at"""
FARTHER = 0.01
"""how much lower the mean cosine may be"""
MORE = 0.1
"""the share by which there may be more or fewer of them than are wanted"""

Floats = npt.NDArray[np.float32]

log = logging.getLogger(__name__)


class _Kept(msgspec.Struct, frozen=True):
    """What is kept."""

    model: str
    dimension: int
    centroids: bytes
    """(k, D) float32, little-endian"""
    nearness: float
    """of the embeddings that they were learned from"""


class Learned:
    """The centroids of one catalog, kept from build to build."""

    def __init__(self, copies: Copies, *, anew: bool = False) -> None:
        """`anew`: what is kept is not used, and replaced."""
        self._copies = copies
        self._anew = anew

    def centroids(self, embeddings: Floats, model: str, wanted: int) -> Floats | None:
        """The (k, D) centroids kept, if they fit these embeddings and are about as many as wanted.

        The built-in embedder turns its space each time, under the same name: they fit none then.
        """
        kept, dimension = None if self._anew else self._load(), embeddings.shape[1]
        if kept is None or (kept.model, kept.dimension) != (model, dimension):
            return None
        found = np.frombuffer(kept.centroids, "<f4").reshape(-1, dimension).astype(np.float32)
        if abs(len(found) - wanted) > MORE * wanted:
            return None
        return found if nearness(embeddings, found) >= kept.nearness - FARTHER else None

    def keep(self, centroids: Floats, embeddings: Floats, model: str) -> None:
        """Keep centroids that were learned from these embeddings."""
        data = centroids.astype("<f4").tobytes()
        near = nearness(embeddings, centroids)
        kept = _Kept(model, embeddings.shape[1], data, near)
        self._copies.keep(NAME, msgspec.msgpack.encode(kept))

    def _load(self) -> _Kept | None:
        data = self._copies.load(NAME)
        if data is None:
            return None
        try:
            kept = msgspec.msgpack.decode(data, type=_Kept)
        except msgspec.DecodeError as error:
            log.warning("the centroids kept cannot be read: %s", error)
            return None
        if kept.dimension < 1 or len(kept.centroids) % (4 * kept.dimension):
            log.warning("the centroids kept are not of %d dimensions", kept.dimension)
            return None
        return kept


def nearness(embeddings: Floats, centroids: Floats) -> float:
    """Mean cosine of some embeddings, evenly spread, and the nearest of the centroids."""
    some = np.unique(np.linspace(0, len(embeddings) - 1, SAMPLE).astype(np.int64))
    return float((embeddings[some] @ centroids.T).max(axis=1).mean())
