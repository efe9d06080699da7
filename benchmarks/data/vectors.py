"""Synthetic embeddings with the structure of real ones: clusters, few directions, some noise."""

import numpy as np
import numpy.typing as npt

CLUSTERS = 200
INTRINSIC = 30
"""dimension of the subspace in which embeddings mostly differ"""
APART = 2.0
"""distance scale of cluster centres, in standard deviations within a cluster"""
NOISE = 0.5
"""standard deviation in all directions"""
BLOCK = 50_000


def clustered_vectors(
    count: int, dimension: int, seed: int = 0, apart: float = APART
) -> npt.NDArray[np.float32]:
    """(count, dimension) unit rows in clusters; deterministic by its arguments."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(INTRINSIC, dimension)).astype(np.float32)
    centres = apart * rng.normal(size=(CLUSTERS, INTRINSIC)).astype(np.float32)
    rows = np.empty((count, dimension), np.float32)
    for start in range(0, count, BLOCK):
        block = rows[start : start + BLOCK]
        member = rng.integers(CLUSTERS, size=len(block))
        inner = centres[member] + rng.standard_normal((len(block), INTRINSIC), np.float32)
        np.matmul(inner, directions, out=block)
        block += np.float32(NOISE) * rng.standard_normal(block.shape, np.float32)
        block /= np.linalg.norm(block, axis=1, keepdims=True)
    return rows
