"""Synthetic embeddings that group as real ones do: clusters, few directions, some noise."""

import numpy as np
import numpy.typing as npt

CLUSTERS = 200
INTRINSIC = 30
"""directions in which embeddings differ"""
APART = 2.0
"""how far the clusters' centres lie from each other, in standard deviations within one"""
NOISE = 0.5
"""the standard deviation in every other direction"""
BLOCK = 50_000


def clustered_vectors(
    count: int, dimension: int, seed: int = 0, apart: float = APART
) -> npt.NDArray[np.float32]:
    """(count, dimension) unit rows, the same for the same arguments."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(INTRINSIC, dimension)).astype(np.float32)
    centres = apart * rng.normal(size=(CLUSTERS, INTRINSIC)).astype(np.float32)
    rows = np.empty((count, dimension), np.float32)
    for start in range(0, count, BLOCK):
        some = rows[start : start + BLOCK]
        member = rng.integers(CLUSTERS, size=len(some))
        inner = centres[member] + rng.standard_normal((len(some), INTRINSIC), np.float32)
        np.matmul(inner, directions, out=some)
        some += np.float32(NOISE) * rng.standard_normal(some.shape, np.float32)
        some /= np.linalg.norm(some, axis=1, keepdims=True)
    return rows
