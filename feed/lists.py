"""Lists: embeddings by the nearest of some centroids, so that a search looks at few of them.

An inverted file (Sivic and Zisserman, 2003) over codes of one byte a dimension. What it finds is
what is nearest by the codes; whoever asks takes the cosines from the embeddings.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from feed.columns import BoolArray, IntArray, places

TOP = 150
"""how many are wanted where the builder finds out how many lists to open for them"""
SPARE = 1.2
"""times as many as are wanted, that are found by their codes"""
STRIDE = 8
"""of so many values one is in a sample"""
BLOCK = 1 << 16
"""numbers decoded at once: what stays in a processor's own cache"""


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
    probes: npt.NDArray[np.int32]
    """(1,) how many lists to open to find nearly all of the `TOP` nearest"""

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
        nearness = self._products(at, np.ascontiguousarray((vectors * self.scale).T))
        rows = self.rows[at]
        return [
            rows[_highest(nearness[:, i], int(count * SPARE))] for i, count in enumerate(counts)
        ]

    def _looked_at(
        self, vectors: npt.NDArray[np.float32], allowed: BoolArray, counts: IntArray
    ) -> IntArray:
        """Places of allowed episodes in the lists of the centroids nearest to any of the vectors.

        Twice as many lists, and again, until those of each hold at least half as many that are
        allowed as they would if all were; for more than `TOP`, in proportion.
        """
        nearness = self.centroids @ vectors.T
        probes = int(self.probes[0])
        enough = probes * len(self.rows) / len(self) / 2 * np.maximum(counts / TOP, 1.0)
        while True:
            least = np.partition(nearness, len(self) - probes, axis=0)[len(self) - probes]
            probed = nearness >= least
            opened = probed.any(axis=1).nonzero()[0]
            starts, ends = self.starts[opened], self.starts[opened + 1]
            at = places(starts, ends)
            free = allowed[self.rows[at]]
            before = np.concatenate([[0], np.cumsum(free)])
            bounds = np.concatenate([[0], np.cumsum(ends - starts)])
            held = np.diff(before[bounds]) @ probed[opened]
            if probes == len(self) or (held >= enough).all():
                return at[free]
            probes = min(2 * probes, len(self))

    def _products(self, at: IntArray, vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(p, m) of the codes at these places and (D, m) vectors."""
        found = np.empty((len(at), vectors.shape[1]), np.float32)
        step = max(1, BLOCK // len(vectors))
        for start, end in pairwise([*range(0, len(at), step), len(at)]):
            codes = self.codes.take(at[start:end], axis=0)
            np.matmul(codes.astype(np.float32), vectors, out=found[start:end])
        return found


def _highest(values: npt.NDArray[np.float32], count: int) -> IntArray:
    """Places of the `count` highest values, in no order.

    What a sample says is too low is put aside first, unless it says so of too many.
    """
    found = np.arange(len(values))
    sample = values[::STRIDE]
    kept = 2 * count // STRIDE + 1
    if kept < len(sample):
        likely = (values >= np.partition(sample, len(sample) - kept)[len(sample) - kept]).nonzero()
        found = likely[0] if len(likely[0]) >= count else found
    first = max(0, len(found) - count)
    if first:
        found = found[np.argpartition(values[found], first)[first:]]
    return found
