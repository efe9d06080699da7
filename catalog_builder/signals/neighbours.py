"""Neighbours: which episodes those who chose one chose, too, item by item.

Co-engagement of two episodes, as in item-based collaborative filtering (Sarwar et al., 2001,
"Item-based collaborative filtering recommendation algorithms"), with this about it: a pair counts
more for the episode that was chosen later, one of a user of few choices more than one of a user of
many, a recent one more than an old one; and popularity is divided out, with shrinkage.
"""

import numpy as np
import numpy.typing as npt

from catalog_builder.signals.co_engagement import Floats, Pairs, Parameters, Rows, Ties
from catalog_builder.signals.interactions import MINUTE_US, Interactions
from feed.arrays.arrays import grouped
from feed.catalog.catalog import Catalog


def neighbours(
    interactions: Interactions, catalog: Catalog, min_people: int, parameters: Parameters
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Starts (n + 1,), rows and weights of each episode's neighbours, the nearest first.

    Weights are multiples of the mean one. A pair that fewer than `min_people` users made is left
    out. Exact, some episodes at a time, so that memory grows with choices and not with pairs, and
    time with pairs and not with the square of episodes.
    """
    least, now_minute = max(1, min_people), catalog.created_us // MINUTE_US
    pairs = Pairs(interactions, now_minute, len(catalog), parameters)
    shrunk = (pairs.choices + parameters.shrinkage).astype(np.float64)
    popularity: Floats = shrunk**parameters.popularity
    parts = [Ties.none()]
    for block in pairs.blocks(np.flatnonzero(pairs.choices >= least)):
        ties = pairs.tied(block, least)
        ties = Ties(block[ties.of], ties.rows, ties.strengths)
        parts.append(_nearest(ties, popularity, parameters.most))
    chosen = Ties.joined(parts)
    own: Floats = shrunk**parameters.own_popularity
    near = (chosen.strengths / popularity[chosen.rows] / own[chosen.of]).astype(np.float32)
    starts = np.append(0, np.cumsum(np.bincount(chosen.of, minlength=len(catalog))))
    return starts.astype(np.int64), chosen.rows, near / near.mean() if len(near) else near


def _nearest(ties: Ties, popularity: Floats, most: int) -> Ties:
    """The `most` ties of each episode with the highest strength over popularity, nearest first.

    `ties` are in the order of their episodes; of equal ones the first row comes first.
    """
    order = _nearest_first(ties.of, ties.strengths / popularity[ties.rows], ties.rows)
    rank = np.arange(len(order)) - np.searchsorted(ties.of, ties.of)  # `of` rises, as it was
    return ties.at(order[rank < most])


def _nearest_first(of: Rows, value: Floats, rows: npt.NDArray[np.int32]) -> Rows:
    """Places in the order of `of`, then falling by value, then by row: `np.lexsort`, but quick.

    By value without regard for equals, and these, which are few, once more.
    """
    order = np.argsort(-value)
    order = order[grouped(of[order])[0]]
    of, value = of[order], value[order]
    equal = np.append(False, (of[1:] == of[:-1]) & (value[1:] == value[:-1]))
    some = np.flatnonzero(equal | np.append(equal[1:], False))
    order[some] = order[some][np.lexsort((rows[order[some]], np.cumsum(~equal)[some]))]
    return order
