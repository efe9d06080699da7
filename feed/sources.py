"""Sources: which of the allowed episodes are candidates. Each returns rows, best first."""

import numpy as np

from feed.catalog import Catalog
from feed.columns import BoolArray, FloatArray, IntArray


def top(values: FloatArray, rows: IntArray, count: int, order: IntArray) -> IntArray:
    """The `count` rows of highest value, best first; equal values by `order`.

    `values` and `order` go by catalog row. Values must be finite.
    """
    if len(rows) > count:
        found = values[rows]
        least = np.partition(found, len(found) - count)[len(found) - count]
        above = rows[found > least]
        level = rows[found == least]
        level = level[np.argsort(order[level], kind="stable")]
        rows = np.concatenate([above, level[: count - len(above)]])
    return rows[np.lexsort((order[rows], -values[rows]))]


def most_similar(
    catalog: Catalog, similarity: FloatArray, allowed: BoolArray, count: int, order: IntArray
) -> IntArray:
    """The allowed episodes most similar to the user vector, by an exact scan."""
    rows = np.flatnonzero(allowed & catalog.is_embedded)
    return top(similarity, rows, count, order)


def best_matches(
    rows: IntArray, cosines: FloatArray, count: int, order: IntArray
) -> tuple[IntArray, FloatArray]:
    """Of what a search found the `count` most similar, and their cosines, one for each row."""
    best = np.lexsort((order[rows], -cosines))[:count]
    return rows[best], cosines[best]


def stated(
    catalog: Catalog,
    categories: IntArray,
    quality: FloatArray,
    allowed: BoolArray,
    count: int,
    order: IntArray,
) -> IntArray:
    """The allowed episodes of highest quality in any of these categories."""
    rows = catalog.rows_in(categories)
    return top(quality, rows[allowed[rows]], count, order)


def best_quality(quality: FloatArray, allowed: BoolArray, count: int, order: IntArray) -> IntArray:
    """The allowed episodes of highest quality."""
    return top(quality, np.flatnonzero(allowed), count, order)
