"""Neighbours: which episodes those who chose one chose, too, item by item.

Co-engagement of two episodes, as in item-based collaborative filtering (Sarwar et al., 2001,
"Item-based collaborative filtering recommendation algorithms"), with this about it: a pair counts
more for the episode that was chosen later, one of a user of few choices more than one of a user of
many, a recent one more than an old one; and popularity is divided out, with shrinkage.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from catalog_builder import counted
from catalog_builder.counted import Counted
from catalog_builder.interactions import MINUTE_US, Interactions
from catalog_builder.learned import Learned
from catalog_builder.pairs import Floats, Pairs, Parameters, Rows, Ties
from feed.catalog import Catalog
from feed.columns import grouped

SPARE = 0.25
"""the share more than are wanted that are kept, so that popularity may change before an episode has
to be counted again"""
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
    pairs of episodes are counted that somebody chose whose choices changed; the result is the same.
    """
    least, now_minute = max(1, min_people), catalog.created_us // MINUTE_US
    pairs = Pairs(interactions, now_minute, len(catalog), parameters)
    enough = pairs.choices >= least
    shrunk = (pairs.choices + parameters.shrinkage).astype(np.float64)
    popularity: Floats = shrunk**parameters.popularity * enough
    found = Counted(Ties.none(), np.zeros(len(catalog)))
    anew = enough
    if learned:
        made_by = f"{counted.VERSION} {least} {parameters.anchor(now_minute)} {parameters}"
        digests = counted.digests(interactions, catalog.id_hashes, now_minute) * enough
        most = parameters.most
        holds, found = counted.known(learned, made_by, catalog, digests, popularity, most)
        anew = enough & ~holds
    found = _counted(pairs, np.flatnonzero(anew), popularity, found, least, parameters.most)
    if learned:
        found.keep(learned, made_by, catalog.id_hashes, digests, popularity)
    own: Floats = shrunk**parameters.own_popularity
    chosen = list(_nearest(found.ties, own, popularity, parameters.most))
    of, rows, near = map(np.concatenate, zip(*chosen, strict=True))
    return (
        np.append(0, np.cumsum(np.bincount(of, minlength=len(catalog)))).astype(np.int64),
        rows,
        near / near.mean() if len(near) else near,
    )


def _counted(
    pairs: Pairs, anew: Rows, popularity: Floats, before: Counted, least: int, most: int
) -> Counted:
    """What was counted before, and what has to be counted now, in the order of episodes."""
    beyond, wanted = before.beyond.copy(), most + int(SPARE * most)
    every = [before.ties]
    for block in pairs.blocks(anew):
        ties = pairs.tied(block, least)
        value = ties.strengths / popularity[ties.rows]
        kept, rest = _highest(ties.of, value, len(block), wanted)
        beyond[block] = rest
        every.append(Ties(block[ties.of[kept]], ties.rows[kept], ties.strengths[kept]))
    of = np.concatenate([ties.of for ties in every])
    rows = np.concatenate([ties.rows for ties in every])
    strengths = np.concatenate([ties.strengths for ties in every])
    order, _ = grouped(of)
    return Counted(Ties(of[order], rows[order], strengths[order]), beyond)


def _highest(of: Rows, values: Floats, groups: int, most: int) -> tuple[Rows, Floats]:
    """Places of the `most` highest of each group, and (groups,) the highest that is left out."""
    bounds, rest = np.searchsorted(of, np.arange(groups + 1)), np.zeros(groups)
    kept = np.ones(len(of), np.bool_)
    for one in np.flatnonzero(np.diff(bounds) > most).tolist():
        some = slice(bounds[one], bounds[one + 1])
        falling = np.argsort(-values[some], kind="stable")
        kept[some][falling[most:]] = False
        rest[one] = values[some][falling[most]]
    return np.flatnonzero(kept), rest


def _nearest(
    ties: Ties, own: Floats, popularity: Floats, most: int
) -> Iterator[tuple[Rows, npt.NDArray[np.int32], npt.NDArray[np.float32]]]:
    """Of each episode who is near to it, and how near, falling; some at a time, once at least."""
    first = 0
    while True:
        end = len(ties.of)
        if first + AT_ONCE < end:  # up to a whole episode
            end = int(np.searchsorted(ties.of, ties.of[first + AT_ONCE], "right"))
        of, rows = ties.of[first:end], ties.rows[first:end]
        near = ties.strengths[first:end] / own[of] / popularity[rows]
        order = np.lexsort((rows, -near, of))
        rank = np.arange(len(of)) - np.searchsorted(of, of)
        order = order[rank < most]
        yield of[order], rows[order], near[order].astype(np.float32)
        first = end
        if first == len(ties.of):
            return
