"""Order: in which order a shelf offers its candidates."""

from collections.abc import Mapping

import numpy as np

from feed.arrays.arrays import BoolArray, IntArray
from feed.home.parameters import ShelfParameters
from feed.home.pool import Pool


def ordered(
    pool: Pool, shelf: ShelfParameters, factors: Mapping[str, float], mask: BoolArray
) -> IntArray:
    """Places of the candidates of a mask (k,) in the order of a shelf, the first to be shown first.

    `factors` are those of the shelf and the page, by part of the score.
    """
    if shelf.order == "score":
        best = pool.best_first(factors)
        return best[mask[best]]
    places = np.flatnonzero(mask)
    rows, ties = pool.scoring.candidates.rows[places], pool.features.tie_order
    if shelf.order == "newest":
        return places[np.lexsort((ties[rows], -pool.features.catalog.published_us[rows]))]
    listened = {row: place for place, row in enumerate(pool.user.unfinished.tolist())}
    return places[np.argsort([listened[row] for row in rows.tolist()], kind="stable")]
