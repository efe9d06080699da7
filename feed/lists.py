"""Lists: embeddings by the nearest of some centroids, so that a search looks at few of them.

An inverted file (Sivic and Zisserman, 2003) over codes of one byte a dimension. What it finds is
what is nearest by the codes; whoever asks takes the cosines from the embeddings.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.bytewise import as_bytes, products
from feed.columns import BoolArray, FloatArray, IntArray, highest, places

DEPTHS = (200, 800, 3_200, 12_800)
"""for so many nearest the builder finds out how many lists to open: for the first, where all are
allowed; for the others, where only a part is, so that what is wanted lies deeper"""
SPARE = 1.2
"""times as many as are wanted, that are found by their codes"""
LIKELIER = 0.5
"""how much likelier an episode is left out the nearer it is: a user has heard it"""
ENOUGH = 1.5
"""times as many lists as are open, up to which no more are opened"""


@dataclass(frozen=True)
class Lists:
    """k lists of the r episodes that have an embedding of D dimensions; each is in one."""

    centroids: npt.NDArray[np.float32]
    """(k, D) unit rows"""
    starts: npt.NDArray[np.int64]
    """(k + 1,) list i has the places `starts[i]:starts[i + 1]`"""
    rows: npt.NDArray[np.int32]
    """(r,) the catalog row at each place"""
    codes: npt.NDArray[np.int8]
    """(r, D) the embedding at each place is about centre + scale x code"""
    centre: npt.NDArray[np.float32]
    """(D,)"""
    scale: npt.NDArray[np.float32]
    """(D,)"""
    reach: npt.NDArray[np.float32]
    """(1,) a list is opened whose centroid is this share as near as the nearest one, or nearer:
    to find nearly all of the first of `DEPTHS`"""
    probes: npt.NDArray[np.int32]
    """(d,) by depth, as many of `DEPTHS` as there are: how many lists hold nearly all, were it as
    many for every vector"""

    @classmethod
    def none(cls, dimension: int) -> "Lists":
        """No lists: everything is looked at."""
        return cls(
            centroids=np.zeros((0, dimension), np.float32),
            starts=np.zeros(1, np.int64),
            rows=np.zeros(0, np.int32),
            codes=np.zeros((0, dimension), np.int8),
            centre=np.zeros(0, np.float32),
            scale=np.zeros(0, np.float32),
            reach=np.zeros(0, np.float32),
            probes=np.zeros(0, np.int32),
        )

    def __len__(self) -> int:
        return len(self.centroids)

    def near(
        self, vectors: npt.NDArray[np.float32], allowed: BoolArray, counts: IntArray
    ) -> list[IntArray]:
        """For each of the (m, D) vectors allowed catalog rows, `SPARE` times its count or all.

        In no order. `allowed` goes by catalog row.
        """
        at = self._looked_at(vectors, allowed, counts)
        # The same for every episode, centre @ vector changes no order.
        nearness = products(self.codes, at, as_bytes(vectors * self.scale))
        rows = self.rows[at]
        return [rows[highest(nearness[i], int(count * SPARE))] for i, count in enumerate(counts)]

    def _looked_at(
        self, vectors: npt.NDArray[np.float32], allowed: BoolArray, counts: IntArray
    ) -> IntArray:
        """Places of allowed episodes in the lists that any of the vectors opens.

        Those that are near enough; and where only a part of those in them is allowed, or more are
        wanted, as many more as it takes to look that much deeper.
        """
        nearness = np.ascontiguousarray((self.centroids @ np.ascontiguousarray(vectors.T)).T)
        nearest = nearness.max(axis=1)
        least = nearest - (1 - self.reach[0]) * np.abs(nearest)
        probed = nearness >= least[:, None]
        found, is_open = [], np.zeros(len(self), np.bool_)
        sizes, free = np.diff(self.starts).astype(np.float32), np.zeros(len(self), np.float32)
        first = lists = np.count_nonzero(probed, axis=1)
        while True:
            opened = (probed.any(axis=0) > is_open).nonzero()[0]
            is_open[opened] = True
            at = places(self.starts[opened], self.starts[opened + 1])
            is_free = allowed[self.rows[at]]
            found.append(at[is_free])
            # In parts by list: an empty one has none.
            some = opened[sizes[opened] > 0]
            if len(some):
                begins = np.append(0, np.cumsum(sizes[some])[:-1]).astype(np.int64)
                free[some] = np.add.reduceat(is_free, begins, dtype=np.float32)
            looked, held = probed @ sizes, probed @ free
            left_out = looked / np.maximum(held, 1) - 1
            depth = np.maximum(counts / DEPTHS[0], 1) * (1 + LIKELIER * left_out)
            wanted = first + self._probes_at(depth) - self.probes[0]
            wanted = np.where(held < SPARE * counts, np.maximum(wanted, 2 * lists), wanted)
            wanted = np.clip(wanted, lists, np.minimum(4 * lists, len(self))).astype(np.int64)
            more = (wanted > ENOUGH * lists).nonzero()[0]
            if not len(more):
                return np.concatenate(found)
            for i in more.tolist():
                probed[i] = nearness[i] >= np.partition(nearness[i], -wanted[i])[-wanted[i]]
            lists = np.count_nonzero(probed, axis=1)

    def _probes_at(self, times: FloatArray) -> FloatArray:
        """How many lists to open for so many times the first depth: a power between two depths."""
        known = np.log(DEPTHS[: len(self.probes)]) - np.log(DEPTHS[0])
        wanted = np.interp(np.log(times), known, np.log(self.probes))
        beyond = np.maximum(times / np.exp(known[-1]), 1)
        found: FloatArray = np.exp(wanted) * beyond
        return found
