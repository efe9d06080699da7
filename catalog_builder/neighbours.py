"""Neighbours: which episodes those who chose one chose, too, item by item.

Co-engagement of two episodes, as in item-based collaborative filtering (Sarwar et al., 2001,
"Item-based collaborative filtering recommendation algorithms"), with this about it: a pair counts
more for the episode that was chosen later, one of a user of few choices more than one of a user of
many, a recent one more than an old one; and popularity is divided out, with shrinkage.
"""

import numpy as np
import numpy.typing as npt

from catalog_builder import counted
from catalog_builder.counted import Counted
from catalog_builder.interactions import MINUTE_US, Interactions
from catalog_builder.learned import Learned
from catalog_builder.pairs import Floats, Pairs, Parameters, Rows, Ties
from feed.catalog import Catalog
from feed.columns import BoolArray, grouped

SPARE = 0.25
"""the share more than are wanted that are kept, so that popularity may change before an episode has
to be counted again"""
ROUNDING = 1 + 1e-9
"""what a bound is raised by, so that it is one in floating point"""
AT_ONCE = 1 << 20
"""ties that neighbours are chosen from at once, about 50 bytes each: what bounds memory"""


def neighbours(
    interactions: Interactions,
    catalog: Catalog,
    min_people: int,
    parameters: Parameters,
    learned: Learned | None = None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Starts (n + 1,), rows and weights of each episode's neighbours, the nearest first.

    Weights are multiples of the mean one. A pair that fewer than `min_people` users made is left
    out. Exact, some episodes at a time, so that memory grows with choices and not with pairs, and
    time with pairs and not with the square of episodes. With what the last build `learned` only
    pairs are counted of two episodes that both changed; the result is the same.
    """
    least, now_minute = max(1, min_people), catalog.created_us // MINUTE_US
    pairs = Pairs(interactions, now_minute, len(catalog), parameters)
    shrunk = (pairs.choices + parameters.shrinkage).astype(np.float64)
    enough = pairs.choices >= least
    popularity: Floats = shrunk**parameters.popularity * enough

    def count(some: BoolArray, among: BoolArray | None, before: Counted) -> Counted:
        return _counted(pairs, some, among, popularity, before, least, parameters.most)

    if learned is None:
        found = count(enough, None, Counted.nothing(len(catalog)))
    else:
        made_by = f"{counted.VERSION} {least} {parameters.anchor(now_minute)} {parameters}"
        digests = counted.digests(interactions, catalog.id_hashes, now_minute) * enough
        changed, before = counted.known(learned, made_by, catalog, digests, popularity)
        found = count(changed, changed if len(before.ties.of) else None, before)
        unsure = _unsure(found.ties, before.beyond, popularity, parameters.most)
        found = count(unsure, None, found.without(unsure))
    kept, chosen = _chosen(found, popularity, parameters.most)
    if learned:
        kept.keep(learned, made_by, catalog.id_hashes, digests, popularity)
    own: Floats = shrunk**parameters.own_popularity
    near = (chosen.strengths / popularity[chosen.rows] / own[chosen.of]).astype(np.float32)
    starts = np.append(0, np.cumsum(np.bincount(chosen.of, minlength=len(catalog))))
    return starts.astype(np.int64), chosen.rows, near / near.mean() if len(near) else near


def _counted(
    pairs: Pairs,
    some: BoolArray,
    among: BoolArray | None,
    popularity: Floats,
    before: Counted,
    least: int,
    most: int,
) -> Counted:
    """What was counted before, and the ties of some, among some or all, in order of episodes."""
    beyond, every = before.beyond.copy(), [before.ties]
    for block in pairs.blocks(np.flatnonzero(some)):
        ties = pairs.tied(block, among, least)
        ties = Ties(block[ties.of], ties.rows, ties.strengths)
        every.append(_nearest(ties, popularity, most, beyond)[0])
    return Counted(Ties.joined(every).sorted(), beyond)


def _wanted(most: int) -> int:
    """How many ties of an episode are kept."""
    return most + int(SPARE * most)


def _unsure(ties: Ties, beyond: Floats, popularity: Floats, most: int) -> BoolArray:
    """(n,) where fewer than are wanted are surely nearer than what was left out."""
    value = ties.strengths / popularity[ties.rows]
    surely = value > beyond[ties.of] * ROUNDING
    found: BoolArray = (beyond > 0) & (np.bincount(ties.of, surely, len(beyond)) < most)
    return found


def _chosen(found: Counted, popularity: Floats, most: int) -> tuple[Counted, Ties]:
    """What is kept for the next build, and each episode's neighbours: the nearest first.

    Some episodes at a time, once at least.
    """
    ties, beyond = found.ties, found.beyond.copy()
    parts = []
    first, end = 0, -1
    while end < len(ties.of):
        end = len(ties.of)
        if first + AT_ONCE < end:  # up to a whole episode
            end = int(np.searchsorted(ties.of, ties.of[first + AT_ONCE], "right"))
        parts.append(_nearest(ties.at(np.arange(first, end)), popularity, most, beyond))
        first = end
    kept, chosen = zip(*parts, strict=True)
    return Counted(Ties.joined(kept), beyond), Ties.joined(chosen)


def _nearest(ties: Ties, popularity: Floats, most: int, beyond: Floats) -> tuple[Ties, Ties]:
    """Of ties in the order of episodes those that are kept, and of these as many as are wanted.

    The nearest first, and of those as near as each other the first row. How near the nearest of
    all others is raises `beyond`.
    """
    value = ties.strengths / popularity[ties.rows]
    order = _nearest_first(ties.of, value, ties.rows)
    rank = np.arange(len(order)) - np.searchsorted(ties.of, ties.of)  # `of` rises, as it was
    rest = order[rank == _wanted(most)]
    beyond[ties.of[rest]] = np.maximum(beyond[ties.of[rest]], value[rest])
    return ties.at(order[rank < _wanted(most)]), ties.at(order[rank < most])


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
