"""Orders of a catalog's rows that are computed once, and how to take the allowed rows from them."""

from dataclasses import dataclass

import numpy as np

from feed.arrays.arrays import BoolArray, HashArray, IntArray
from feed.arrays.hashing import mix64


def take_allowed(order: IntArray, allowed: BoolArray, count: int) -> IntArray:
    """The first `count` rows of an order that are allowed; `allowed` (n,) goes by catalog row."""
    found: list[IntArray] = []
    have, start, step = 0, 0, max(256, 4 * count)
    while have < count and start < len(order):
        piece = order[start : start + step]
        piece = piece[allowed[piece]][: count - have]
        found.append(piece)
        have += len(piece)
        start, step = start + step, step * 2
    return np.concatenate([order[:0], *found])


@dataclass(frozen=True)
class RankedGroups:
    """Rows by group, best first in each, so that no query has to scan the catalog for a group."""

    starts: IntArray
    """(g + 1,) group i has `rows[starts[i]:starts[i + 1]]`"""
    rows: IntArray

    @classmethod
    def of(cls, rows: IntArray, groups: IntArray, count: int, rank: IntArray) -> "RankedGroups":
        """Group rows (m,) by `groups` (m,), indices below `count` or -1 for none.

        Within a group the row of the lowest `rank` comes first; `rank` (n,) goes by catalog row.
        """
        rows, groups = rows[groups >= 0], groups[groups >= 0]
        order = np.lexsort((rank[rows], groups))
        lengths = np.bincount(groups, minlength=count)
        return cls(np.concatenate([[0], np.cumsum(lengths)]), rows[order])

    def take_allowed(self, groups: IntArray, allowed: BoolArray, count: int) -> IntArray:
        """The first `count` allowed rows of each of these groups; `allowed` (n,) goes by row."""
        bounds = zip(self.starts[groups].tolist(), self.starts[groups + 1].tolist(), strict=True)
        found = [take_allowed(self.rows[start:end], allowed, count) for start, end in bounds]
        return np.concatenate([self.rows[:0], *found])


@dataclass(frozen=True)
class HashRing:
    """r rows on a circle, each at a hash of its episode's id (Karger et al., 1997).

    A seed is a position on it, and the rows that follow are taken. Over many seeds every row is
    taken, and an episode more or less changes only the choices next to it.
    """

    positions: HashArray
    """(r,) ascending"""
    rows: IntArray
    """(r,)"""

    @classmethod
    def of(cls, rows: IntArray, id_hashes: HashArray) -> "HashRing":
        """Place these rows on a ring; `id_hashes` (n,) go by catalog row."""
        positions = mix64(id_hashes[rows], 0)
        order = np.argsort(positions, kind="stable")
        return cls(positions[order], rows[order])

    def take_allowed(self, allowed: BoolArray, count: int, seed: int) -> IntArray:
        """The first `count` allowed rows from a seed's position on; `allowed` (n,) goes by row."""
        position = mix64(np.zeros(1, np.uint64), seed)
        start = int(np.searchsorted(self.positions, position)[0])
        found = take_allowed(self.rows[start:], allowed, count)
        rest = take_allowed(self.rows[:start], allowed, count - len(found))
        return np.append(found, rest)
