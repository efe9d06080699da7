"""Sources: which of the allowed episodes are candidates. Each returns rows, best first."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, HashArray, IntArray, group_by
from feed.arrays.hashing import mix64

NAMES = (
    *("similar", "retrieved", "interests", "neighbours", "series", "unfinished", "trending"),
    *("popular", "fresh", "stated", "unseen", "exploration", "pinned", "best_quality"),
)
"""Every source, its place its bit."""


@dataclass(frozen=True)
class Pool:
    """Candidates, each once."""

    rows: IntArray
    """(k,) in the order in which sources brought them"""
    sources: npt.NDArray[np.uint16]
    """(k,) a bit for every source that brought each"""
    brought: dict[str, int]
    """by source: how many"""

    def by(self, name: str) -> BoolArray:
        """(k,) whether a source brought each."""
        return (self.sources >> NAMES.index(name) & 1).astype(np.bool_)

    def names(self, places: IntArray) -> list[list[str]]:
        """The sources that brought each of these."""
        return [
            [name for bit, name in enumerate(NAMES) if one >> bit & 1]
            for one in self.sources[places].tolist()
        ]


def merge_sources(brought: Iterable[tuple[str, IntArray]]) -> Pool:
    """What several sources brought, together."""
    named = list(brought)
    every = np.concatenate([np.zeros(0, np.int64), *(rows for _, rows in named)])
    of_each = np.array([1 << NAMES.index(name) for name, _ in named], np.uint16)
    bits = of_each.repeat([len(rows) for _, rows in named])
    order, begins = group_by(every)
    first = order.take(begins)
    together = np.bitwise_or.reduceat(bits.take(order), begins) if len(every) else bits
    as_brought = first.argsort()
    counts: dict[str, int] = {}
    for name, rows in named:  # each interest brings its own, by the same name
        counts[name] = counts.get(name, 0) + len(rows)
    return Pool(every.take(first.take(as_brought)), together.take(as_brought), counts)


def first(order: IntArray, allowed: BoolArray, count: int) -> IntArray:
    """The first `count` rows of an order that are allowed."""
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
class Groups:
    """Rows by group, best first in each: made once for a catalog, so that nobody has to scan it."""

    starts: IntArray
    """(g + 1,) group i has `rows[starts[i]:starts[i + 1]]`"""
    rows: IntArray

    @classmethod
    def of(cls, rows: IntArray, groups: IntArray, count: int, rank: IntArray) -> "Groups":
        """Rows that belong to `groups`; of a group, those of the lowest `rank` come first."""
        rows, groups = rows[groups >= 0], groups[groups >= 0]
        by = np.lexsort((rank[rows], groups))
        lengths = np.bincount(groups, minlength=count)
        return cls(np.concatenate([[0], np.cumsum(lengths)]), rows[by])

    def first(self, groups: IntArray, allowed: BoolArray, count: int) -> IntArray:
        """The first `count` of each of these groups that are allowed, group after group."""
        bounds = zip(self.starts[groups].tolist(), self.starts[groups + 1].tolist(), strict=True)
        found = [first(self.rows[start:end], allowed, count) for start, end in bounds]
        return np.concatenate([self.rows[:0], *found])


@dataclass(frozen=True)
class Ring:
    """Rows on a circle, each where a hash of its id puts it (Karger et al., 1997).

    A seed is a place, too, and who follows it is chosen: everybody in time, and one episode more or
    less changes no choice but those that it is next to.
    """

    at: HashArray
    """(r,) rising"""
    rows: IntArray
    """(r,)"""

    @classmethod
    def of(cls, rows: IntArray, id_hashes: HashArray) -> "Ring":
        """These rows; `id_hashes` go by catalog row."""
        at = mix64(id_hashes[rows], 0)
        order = np.argsort(at, kind="stable")
        return cls(at[order], rows[order])

    def next(self, allowed: BoolArray, count: int, seed: int) -> IntArray:
        """The first `count` rows from the seed's place on that are allowed."""
        place = mix64(np.zeros(1, np.uint64), seed)
        start = int(np.searchsorted(self.at, place)[0])
        found = first(self.rows[start:], allowed, count)
        return np.append(found, first(self.rows[:start], allowed, count - len(found)))
