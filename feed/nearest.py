"""Nearest: which allowed episodes are most similar to some vectors, and how similar.

Exact where a catalog carries no lists, or where few episodes are allowed.
"""

import numpy as np
import numpy.typing as npt

from feed.catalog import Catalog
from feed.columns import BoolArray, FloatArray, IntArray
from feed.sources import best_matches

FEW = 4_000
"""of so many allowed episodes each is looked at"""
BLOCK = 1 << 22
"""numbers multiplied at once: what bounds memory"""

Found = tuple[IntArray, FloatArray]
"""Rows and their cosines, best first."""


def nearest(
    catalog: Catalog,
    vectors: npt.NDArray[np.float32],
    allowed: BoolArray,
    counts: IntArray,
    order: IntArray,
) -> list[Found]:
    """For each of the (m, D) unit vectors as many allowed episodes as its count has it.

    (n,) `allowed` and `order` go by catalog row; of equal cosines the lower in `order` is first.
    """
    among = allowed & catalog.is_embedded
    if not len(catalog.lists) or np.count_nonzero(among) <= FEW:
        return _scan(catalog, vectors, among, counts, order)
    near = catalog.lists.near(vectors, among, counts)
    return [
        best_matches(rows, catalog.embeddings[rows] @ vector, count, order)
        for rows, vector, count in zip(near, vectors, counts.tolist(), strict=True)
    ]


def cosines(catalog: Catalog, rows: IntArray, *groups: npt.NDArray[np.float32]) -> list[FloatArray]:
    """(k, m) of these rows with each group of (m, D) unit vectors; 0 for what has no embedding."""
    found: list[FloatArray] = [np.empty((len(rows), len(vectors))) for vectors in groups]
    if not any(map(len, groups)):
        return found
    step = max(1, BLOCK // catalog.dimension)
    for start in range(0, len(rows), step):
        some = catalog.embeddings[rows[start : start + step]]
        for products, vectors in zip(found, groups, strict=True):
            products[start : start + step] = some @ vectors.T
    return found


def _scan(
    catalog: Catalog,
    vectors: npt.NDArray[np.float32],
    among: BoolArray,
    counts: IntArray,
    order: IntArray,
) -> list[Found]:
    """The same by looking at every one, block by block, all vectors in one pass."""
    found = [(np.zeros(0, np.int64), np.zeros(0, np.float32))] * len(vectors)
    step = max(1, BLOCK // catalog.dimension)
    for start in range(0, len(catalog), step):
        rows = start + np.flatnonzero(among[start : start + step])
        if 2 * len(rows) > step:  # most of them: to copy these costs more than to multiply all
            products = catalog.embeddings[start : start + step] @ vectors.T
            products = products[rows - start]
        else:
            products = catalog.embeddings[rows] @ vectors.T
        found = [
            best_matches(np.append(best[0], rows), np.append(best[1], products[:, i]), count, order)
            for i, (best, count) in enumerate(zip(found, counts.tolist(), strict=True))
        ]
    return found
