"""Order: in which order a shelf offers its candidates."""

from collections.abc import Mapping

import numpy as np

from feed.arrays.arrays import FloatArray, IntArray
from feed.home.parameters import ShelfParameters
from feed.home.pool import Pool


def ordered(
    pool: Pool, shelf: ShelfParameters, factors: Mapping[str, float], places: IntArray
) -> IntArray:
    """Places of candidates in the order of a shelf, the first to be shown first.

    `factors` are those of the shelf and the page, by part of the score.
    """
    rows, ties = pool.scoring.candidates.rows[places], pool.features.tie_order
    if shelf.order == "newest":
        return places[np.lexsort((ties[rows], -pool.features.catalog.published_us[rows]))]
    if shelf.order == "listened":
        listened = {row: place for place, row in enumerate(pool.user.unfinished.tolist())}
        return places[np.argsort([listened[row] for row in rows.tolist()], kind="stable")]
    return places[np.lexsort((ties[rows], -_values(pool, factors)[places]))]


def _values(pool: Pool, factors: Mapping[str, float]) -> FloatArray:
    """(k,) the score of each candidate, with the contributions of its parts times these factors."""
    candidates = pool.scoring.candidates
    values = candidates.scores
    for name, factor in factors.items():
        if name in candidates.contributions:
            values = values + (factor - 1.0) * candidates.contributions[name]
    return values
