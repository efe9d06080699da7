"""Inverted file (IVF): embeddings grouped by their nearest centroid, for approximate search.

Sivic and Zisserman, "Video Google" (2003), over int8 codes. A search returns the rows that are
nearest by their codes, and more of them than asked for; the caller ranks them by exact cosines.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from math import exp, log

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, IntArray, top_k_unordered
from feed.vectors.int8 import int8_dots, quantize_int8

RECALL_DEPTHS = (200, 800, 3_200, 12_800)
"""Numbers of nearest neighbours for which the builder measures how many lists to probe: the first
for a search among all episodes, the others for filtered ones, whose results lie deeper."""
MAX_OVERSAMPLING = 10.0
"""highest valid value of `InvertedFile.oversampling`"""
EXHAUSTIVE_BELOW = 12_000
"""allowed episodes up to which a search scans all of them in place of some lists"""
PROBE_SLACK = 1.5
"""A search probes more lists only where it needs more than this many times those it has probed."""


@dataclass(frozen=True)
class InvertedFile:
    """k lists of the r episodes that have an embedding of D dimensions; each is in one list.

    A catalog that is too small, or whose embeddings form too few clusters, has a single list: a
    search then scans every code. Centroids and codes have C dimensions: the D of the embeddings,
    or the C leading principal directions.
    """

    axes: npt.NDArray[np.float32]
    """(D, C) orthonormal leading directions; (0, D) where the embeddings are not projected"""
    centroids: npt.NDArray[np.float32]
    """(k, C) unit rows"""
    starts: npt.NDArray[np.int64]
    """(k + 1,) list i has the positions `starts[i]:starts[i + 1]`"""
    rows: npt.NDArray[np.int32]
    """(r,) catalog row at each position"""
    codes: npt.NDArray[np.int8]
    """(r, C) the embedding at each position is about centre + scale x code"""
    centre: npt.NDArray[np.float32]
    """(C,)"""
    scale: npt.NDArray[np.float32]
    """(C,)"""
    oversampling: npt.NDArray[np.float32]
    """(1,) how many times the rows asked for a search returns, so that the nearest are among them
    in spite of the codes' errors"""
    probe_threshold: npt.NDArray[np.float32]
    """(1,) a search probes every list whose centroid similarity is at least this fraction of the
    best centroid's; calibrated for the first of `RECALL_DEPTHS`"""
    n_probe: npt.NDArray[np.int32]
    """(d,) for each of the first d `RECALL_DEPTHS`, the number of lists that hold nearly all of
    that many nearest neighbours"""

    @classmethod
    def none(cls, dimension: int) -> "InvertedFile":
        """No lists, for a catalog whose search compares every vector."""
        return cls(
            axes=np.zeros((0, dimension), np.float32),
            centroids=np.zeros((0, dimension), np.float32),
            starts=np.zeros(1, np.int64),
            rows=np.zeros(0, np.int32),
            codes=np.zeros((0, dimension), np.int8),
            centre=np.zeros(0, np.float32),
            scale=np.zeros(0, np.float32),
            oversampling=np.zeros(0, np.float32),
            probe_threshold=np.zeros(0, np.float32),
            n_probe=np.zeros(0, np.int32),
        )

    def __len__(self) -> int:
        return len(self.centroids)

    def search(
        self, vectors: npt.NDArray[np.float32], allowed: BoolArray, counts: IntArray
    ) -> list[IntArray]:
        """Catalog rows near each of (m, D) vectors: `oversampling` times its count, unordered.

        Returns only rows with an embedding for which `allowed`, (n,) by catalog row, is true; fewer
        where there are not enough. `counts` is (m,).
        """
        vectors = vectors @ self.axes if len(self.axes) else vectors
        if len(self) == 1 or np.count_nonzero(allowed) <= EXHAUSTIVE_BELOW:
            positions = self._positions_of(allowed.nonzero()[0])
        else:
            positions = self._probe(vectors, allowed, counts)
        # centre @ vector is one constant for all episodes, so it changes no order.
        queries = quantize_int8(vectors * self.scale)
        if 2 * len(positions) > len(self.codes):  # copying these codes would take longer
            similarity = int8_dots(self.codes, None, queries).take(positions, axis=1)
        else:
            similarity = int8_dots(self.codes, positions, queries)
        rows = self.rows.take(positions)
        wanted = (counts * self.oversampling[0]).astype(np.int64).tolist()
        return [rows[top_k_unordered(similarity[i], count)] for i, count in enumerate(wanted)]

    def _probe(
        self, vectors: npt.NDArray[np.float32], allowed: BoolArray, counts: IntArray
    ) -> IntArray:
        """Positions of allowed episodes in the lists that any of the (m, C) vectors probes.

        These are the lists within `probe_threshold`. Where few of their episodes are allowed, or
        many are asked for, a vector probes as many more as `n_probe` says for that depth.
        """
        similarity = np.ascontiguousarray((self.centroids @ np.ascontiguousarray(vectors.T)).T)
        best = similarity.max(axis=1)
        threshold = best - (1 - self.probe_threshold[0]) * np.abs(best)
        probed = similarity >= threshold[:, None]
        allowed_in, is_open = np.zeros(len(self), np.float32), self._sizes == 0
        first = lists = probed.sum(axis=1).tolist()
        found: list[IntArray] = []
        while True:
            opened = (probed.any(axis=0) > is_open).nonzero()[0]
            is_open[opened] = True
            if len(opened):
                positions = self._positions_in(opened)
                is_allowed = allowed.take(self.rows.take(positions))
                found.append(positions[is_allowed])
                begins = np.append(0, self._sizes[opened].cumsum()[:-1]).astype(np.int64)
                allowed_in[opened] = np.add.reduceat(is_allowed, begins, dtype=np.float32)
            scanned, held = (probed @ self._sizes).tolist(), (probed @ allowed_in).tolist()
            for i, count in enumerate(counts.tolist()):
                depth = max(count / RECALL_DEPTHS[0], 1.0) * scanned[i] / max(held[i], 1.0)
                wanted = first[i] + self._n_probe_at(depth) - self._calibration[1][0]
                enough = PROBE_SLACK * lists[i]
                if held[i] < self.oversampling[0] * count:
                    wanted, enough = max(wanted, 2 * lists[i]), lists[i]
                wanted = int(min(wanted, 4 * lists[i], len(self)))
                if wanted > enough:
                    probed[i] = similarity[i] >= np.partition(similarity[i], -wanted)[-wanted]
            before, lists = lists, probed.sum(axis=1).tolist()
            if lists == before:
                return np.concatenate([self._positions[:0], *found])

    def _positions_in(self, lists: IntArray) -> IntArray:
        """Positions in these lists, one list after another."""
        bounds = zip(self.starts[lists].tolist(), self.starts[lists + 1].tolist(), strict=True)
        return np.concatenate([self._positions[start:end] for start, end in bounds])

    def _positions_of(self, rows: IntArray) -> npt.NDArray[np.int32]:
        """Positions of these ascending catalog rows, without those that have no embedding."""
        positions = self._position_by_row.take(
            rows[: np.searchsorted(rows, len(self._position_by_row))]
        )
        return positions[positions >= 0]

    @cached_property
    def _position_by_row(self) -> npt.NDArray[np.int32]:
        """Position of each catalog row up to the last that has one; -1 for none."""
        found = np.full(int(self.rows.max(initial=-1)) + 1, -1, np.int32)
        found[self.rows] = self._positions
        return found

    @cached_property
    def _positions(self) -> npt.NDArray[np.int32]:
        """(r,) every position; copying a slice of it is faster than making a range."""
        return np.arange(len(self.rows), dtype=np.int32)

    @cached_property
    def _sizes(self) -> npt.NDArray[np.float32]:
        return np.diff(self.starts).astype(np.float32)

    @cached_property
    def _calibration(self) -> tuple[list[float], list[int]]:
        """log(depth / first depth) for each calibrated depth, and its number of probes."""
        depths = [log(depth / RECALL_DEPTHS[0]) for depth in RECALL_DEPTHS[: len(self.n_probe)]]
        return depths, self.n_probe.tolist()

    def _n_probe_at(self, times: float) -> float:
        """Number of lists to probe at so many times the first depth.

        Interpolates between the calibrated depths by a power law.
        """
        depths, probes = self._calibration
        wanted = log(times)
        if wanted >= depths[-1]:
            return probes[-1] * times / exp(depths[-1])
        above = bisect_right(depths, wanted)
        share = (wanted - depths[above - 1]) / (depths[above] - depths[above - 1])
        return float(probes[above - 1] * (probes[above] / probes[above - 1]) ** share)
