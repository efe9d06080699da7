"""Search for the allowed episodes that are most similar to some vectors.

Exact where the embeddings carry no inverted file, or where few episodes are allowed.
"""

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, top_k
from feed.vectors.embeddings import Embeddings

EXACT_BELOW = 700
"""allowed episodes up to which a search compares each of them, without the inverted file"""
COPIED_NUMBERS = 1 << 22
"""numbers of embeddings copied at once: what bounds memory"""
SMALL_PRODUCT = 1 << 19
"""multiplications at once: OpenBLAS computes products up to this size twice as fast"""

Matches = tuple[IntArray, FloatArray]
"""(k,) catalog rows and their cosines, the most similar first."""


def nearest(
    embeddings: Embeddings,
    vectors: npt.NDArray[np.float32],
    allowed: BoolArray,
    counts: IntArray,
    order: IntArray,
) -> list[Matches]:
    """The most similar allowed episodes for each of (m, D) unit vectors, `counts` of them each.

    `allowed` and `order` are (n,), by catalog row; of equal cosines the row that is lower in
    `order` comes first. Rows without an embedding are never returned.
    """
    if not len(embeddings.inverted_file) or np.count_nonzero(allowed) <= EXACT_BELOW:
        return _scan(embeddings, vectors, allowed, counts, order)
    found = embeddings.inverted_file.search(vectors, allowed, counts)
    return [
        top_k(rows, embeddings[rows] @ vector, count, order)
        for rows, vector, count in zip(found, vectors, counts.tolist(), strict=True)
    ]


def _scan(
    embeddings: Embeddings,
    vectors: npt.NDArray[np.float32],
    allowed: BoolArray,
    counts: IntArray,
    order: IntArray,
) -> list[Matches]:
    """Exact search: compares every allowed episode with all vectors in one pass."""
    rows = allowed.nonzero()[0]
    rows = rows[embeddings.present[rows]]
    # Copying most rows would cost more than multiplying all.
    if len(embeddings.float32) and 2 * len(rows) > len(allowed):
        similarity = cosines(embeddings.float32, vectors)
        similarity[:, ~(allowed & embeddings.present)] = -np.inf
        rows = np.arange(len(allowed))
    else:
        similarity = _cosines_of(embeddings, rows, vectors)
    matches = []
    for values, count in zip(similarity, counts.tolist(), strict=True):
        best_rows, best = top_k(rows, values, count, order)
        kept = np.count_nonzero(best > -np.inf)
        matches.append((best_rows[:kept], best[:kept]))
    return matches


def cosines(
    rows: npt.NDArray[np.float32], vectors: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """(m, n) cosines of a few (m, D) unit vectors with (n, D) unit rows."""
    found = np.empty((len(vectors), len(rows)), np.float32)
    transposed = np.ascontiguousarray(vectors.T)
    step = max(1, SMALL_PRODUCT // transposed.size) if len(vectors) > 1 else max(1, len(rows))
    for start in range(0, len(rows), step):
        found[:, start : start + step] = (rows[start : start + step] @ transposed).T
    return found


def _cosines_of(
    embeddings: Embeddings, rows: IntArray, vectors: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """(m, k) cosines of (m, D) unit vectors with the embeddings of k catalog rows."""
    found = np.empty((len(vectors), len(rows)), np.float32)
    step = max(1, COPIED_NUMBERS // vectors.shape[1])
    for start in range(0, len(rows), step):
        found[:, start : start + step] = cosines(embeddings[rows[start : start + step]], vectors)
    return found
