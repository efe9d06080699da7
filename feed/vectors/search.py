"""Nearest: which allowed episodes are most similar to some vectors, and how similar.

Exact where a catalog carries no lists, or where few episodes are allowed.
"""

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, top_k
from feed.vectors.embeddings import Embeddings

EXACT = 700
"""of so many allowed episodes the codes are not looked at first"""
COPIED = 1 << 22
"""numbers copied at once: what bounds memory"""
SMALL = 1 << 19
"""multiplications at once: what OpenBLAS does with its kernel for small matrices, twice as fast"""

Found = tuple[IntArray, FloatArray]
"""Rows and their cosines, best first."""


def nearest(
    embeddings: Embeddings,
    vectors: npt.NDArray[np.float32],
    allowed: BoolArray,
    counts: IntArray,
    order: IntArray,
) -> list[Found]:
    """For each of the (m, D) unit vectors as many allowed episodes as its count has it.

    (n,) `allowed` and `order` go by catalog row; of equal cosines the lower in `order` is first.
    """
    if not len(embeddings.inverted_file) or np.count_nonzero(allowed) <= EXACT:
        return _scan(embeddings, vectors, allowed, counts, order)
    near = embeddings.inverted_file.near(vectors, allowed, counts)
    return [
        top_k(rows, embeddings[rows] @ vector, count, order)
        for rows, vector, count in zip(near, vectors, counts.tolist(), strict=True)
    ]


def _scan(
    embeddings: Embeddings,
    vectors: npt.NDArray[np.float32],
    allowed: BoolArray,
    counts: IntArray,
    order: IntArray,
) -> list[Found]:
    """The same by looking at every one, all vectors in one pass."""
    rows = allowed.nonzero()[0]
    rows = rows[embeddings.present[rows]]
    # To copy these would cost more than to multiply all.
    if len(embeddings.float32) and 2 * len(rows) > len(allowed):
        products = cosines(embeddings.float32, vectors)
        products[:, ~(allowed & embeddings.present)] = -np.inf
        rows = np.arange(len(allowed))
    else:
        products = _cosines_of(embeddings, rows, vectors)
    found = []
    for values, count in zip(products, counts.tolist(), strict=True):
        best = top_k(rows, values, count, order)
        free = np.count_nonzero(best[1] > -np.inf)
        found.append((best[0][:free], best[1][:free]))
    return found


def cosines(
    rows: npt.NDArray[np.float32], vectors: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """(m, n) of all (n, D) unit rows with (m, D) unit vectors, of which there are few."""
    found = np.empty((len(vectors), len(rows)), np.float32)
    across = np.ascontiguousarray(vectors.T)
    step = max(1, SMALL // across.size) if len(vectors) > 1 else max(1, len(rows))
    for start in range(0, len(rows), step):
        found[:, start : start + step] = (rows[start : start + step] @ across).T
    return found


def _cosines_of(
    embeddings: Embeddings, rows: IntArray, vectors: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """(m, k) of these rows with (m, D) vectors."""
    found = np.empty((len(vectors), len(rows)), np.float32)
    step = max(1, COPIED // vectors.shape[1])
    for start in range(0, len(rows), step):
        found[:, start : start + step] = cosines(embeddings[rows[start : start + step]], vectors)
    return found
