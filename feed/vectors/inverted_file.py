"""InvertedFile: embeddings by the nearest of some centroids, so that a search looks at few of them.

An inverted file (Sivic and Zisserman, 2003) over codes of one byte a dimension. What it finds is
what is nearest by the codes; whoever asks takes the cosines from the embeddings.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from math import exp, log

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, IntArray, top_k_unordered
from feed.vectors.int8 import int8_dots, quantize_int8

DEPTHS = (200, 800, 3_200, 12_800)
"""for so many nearest the builder finds out how many lists to open: for the first, where all are
allowed; for the others, where only a part is, so that what is wanted lies deeper"""
MOST_SPARE = 10.0
"""`InvertedFile.spare` is no more"""
FEW = 12_000
"""of so many allowed episodes each is looked at"""
ENOUGH = 1.5
"""times as many lists as are open, up to which no more are opened"""


@dataclass(frozen=True)
class InvertedFile:
    """k lists of the r episodes that have an embedding of D dimensions; each is in one.

    Centroids and codes have C numbers: the embedding's own, or those in C leading directions.

    Or one of all, where there are too few, or they group too little, to look at a part.
    """

    axes: npt.NDArray[np.float32]
    """(D, C) orthonormal directions, the leading ones; or (0, D): the embedding's own"""
    centroids: npt.NDArray[np.float32]
    """(k, C) unit rows"""
    starts: npt.NDArray[np.int64]
    """(k + 1,) list i has the places `starts[i]:starts[i + 1]`"""
    rows: npt.NDArray[np.int32]
    """(r,) the catalog row at each place"""
    codes: npt.NDArray[np.int8]
    """(r, C) the embedding at each place is about centre + scale x code"""
    centre: npt.NDArray[np.float32]
    """(C,)"""
    scale: npt.NDArray[np.float32]
    """(C,)"""
    spare: npt.NDArray[np.float32]
    """(1,) times as many as are wanted are found by their codes: the nearest are among these"""
    reach: npt.NDArray[np.float32]
    """(1,) a list is opened whose centroid is this share as near as the nearest one, or nearer:
    to find nearly all of the first of `DEPTHS`"""
    probes: npt.NDArray[np.int32]
    """(d,) by depth, as many of `DEPTHS` as there are: how many lists hold nearly all, were it as
    many for every vector"""

    @classmethod
    def none(cls, dimension: int) -> "InvertedFile":
        """No lists: everything is looked at."""
        return cls(
            axes=np.zeros((0, dimension), np.float32),
            centroids=np.zeros((0, dimension), np.float32),
            starts=np.zeros(1, np.int64),
            rows=np.zeros(0, np.int32),
            codes=np.zeros((0, dimension), np.int8),
            centre=np.zeros(0, np.float32),
            scale=np.zeros(0, np.float32),
            spare=np.zeros(0, np.float32),
            reach=np.zeros(0, np.float32),
            probes=np.zeros(0, np.int32),
        )

    def __len__(self) -> int:
        return len(self.centroids)

    def near(
        self, vectors: npt.NDArray[np.float32], allowed: BoolArray, counts: IntArray
    ) -> list[IntArray]:
        """For each of the (m, D) vectors allowed catalog rows, `spare` times its count or all.

        In no order, and only such as have an embedding. `allowed` goes by catalog row.
        """
        vectors = vectors @ self.axes if len(self.axes) else vectors
        if len(self) == 1 or np.count_nonzero(allowed) <= FEW:
            at = self._places_of(allowed.nonzero()[0])
        else:
            at = self._looked_at(vectors, allowed, counts)
        # The same for every episode, centre @ vector changes no order.
        asked = quantize_int8(vectors * self.scale)
        if 2 * len(at) > len(self.codes):  # to copy these would take longer
            nearness = int8_dots(self.codes, None, asked).take(at, axis=1)
        else:
            nearness = int8_dots(self.codes, at, asked)
        rows = self.rows.take(at)
        wanted = (counts * self.spare[0]).astype(np.int64).tolist()
        return [rows[top_k_unordered(nearness[i], count)] for i, count in enumerate(wanted)]

    def _looked_at(
        self, vectors: npt.NDArray[np.float32], allowed: BoolArray, counts: IntArray
    ) -> IntArray:
        """Places of allowed episodes in the lists that any of the vectors opens.

        Those that are near enough; and where only a part of those in them is allowed, or more are
        wanted, as many more as it takes to look that much deeper.
        """
        nearness = np.ascontiguousarray((self.centroids @ np.ascontiguousarray(vectors.T)).T)
        nearest = nearness.max(axis=1)
        probed = nearness >= (nearest - (1 - self.reach[0]) * np.abs(nearest))[:, None]
        free, is_open = np.zeros(len(self), np.float32), self._sizes == 0
        first = lists = probed.sum(axis=1).tolist()
        found: list[IntArray] = []
        while True:
            opened = (probed.any(axis=0) > is_open).nonzero()[0]
            is_open[opened] = True
            if len(opened):
                at = self._places_in(opened)
                is_free = allowed.take(self.rows.take(at))
                found.append(at[is_free])
                begins = np.append(0, self._sizes[opened].cumsum()[:-1]).astype(np.int64)
                free[opened] = np.add.reduceat(is_free, begins, dtype=np.float32)
            looked, held = (probed @ self._sizes).tolist(), (probed @ free).tolist()
            for i, count in enumerate(counts.tolist()):
                depth = max(count / DEPTHS[0], 1.0) * looked[i] / max(held[i], 1.0)
                wanted = first[i] + self._probes_at(depth) - self._known[1][0]
                enough = ENOUGH * lists[i]
                if held[i] < self.spare[0] * count:
                    wanted, enough = max(wanted, 2 * lists[i]), lists[i]
                wanted = int(min(wanted, 4 * lists[i], len(self)))
                if wanted > enough:
                    probed[i] = nearness[i] >= np.partition(nearness[i], -wanted)[-wanted]
            before, lists = lists, probed.sum(axis=1).tolist()
            if lists == before:
                return np.concatenate([self._every[:0], *found])

    def _places_in(self, lists: IntArray) -> IntArray:
        """The places in these lists, one list after another."""
        bounds = zip(self.starts[lists].tolist(), self.starts[lists + 1].tolist(), strict=True)
        return np.concatenate([self._every[start:end] for start, end in bounds])

    def _places_of(self, rows: IntArray) -> npt.NDArray[np.int32]:
        """The places of those of these rows, which rise, that have one."""
        at = self._place_of.take(rows[: np.searchsorted(rows, len(self._place_of))])
        return at[at >= 0]

    @cached_property
    def _place_of(self) -> npt.NDArray[np.int32]:
        """By catalog row, up to the last that has one, its place; -1 for none."""
        found = np.full(int(self.rows.max(initial=-1)) + 1, -1, np.int32)
        found[self.rows] = self._every
        return found

    @cached_property
    def _every(self) -> npt.NDArray[np.int32]:
        """(r,) every place: what slices of are copied faster than made."""
        return np.arange(len(self.rows), dtype=np.int32)

    @cached_property
    def _sizes(self) -> npt.NDArray[np.float32]:
        return np.diff(self.starts).astype(np.float32)

    @cached_property
    def _known(self) -> tuple[list[float], list[int]]:
        """The logarithm of how many times the first depth each depth is, and its probes."""
        depths = [log(depth / DEPTHS[0]) for depth in DEPTHS[: len(self.probes)]]
        return depths, self.probes.tolist()

    def _probes_at(self, times: float) -> float:
        """How many lists to open for so many times the first depth: a power between two depths."""
        depths, probes = self._known
        wanted = log(times)
        if wanted >= depths[-1]:
            return probes[-1] * times / exp(depths[-1])
        above = bisect_right(depths, wanted)
        share = (wanted - depths[above - 1]) / (depths[above] - depths[above - 1])
        return float(probes[above - 1] * (probes[above] / probes[above - 1]) ** share)
