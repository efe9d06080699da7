"""Search libraries that Earshot is compared with, each behind the same interface.

None takes a mask: faiss is given the excluded rows, hnswlib is vectors for more results, of which
excluded rows are removed. A library is imported on use, and left out if it is not installed.
"""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

VectorArray = npt.NDArray[np.float32]
RowArray = npt.NDArray[np.int64]

OVERSAMPLING = 2
"""results requested per wanted one, from which excluded rows are removed"""


class Peer(Protocol):
    """A search index. `efforts` are its search settings, from the fastest to the most thorough."""

    efforts: tuple[int, ...]

    def search(
        self, vectors: VectorArray, excluded: RowArray, count: int, effort: int
    ) -> list[RowArray]:
        """For each query vector: rows of the `count` nearest vectors, without excluded rows."""


class ExactNumpy:
    """Exact search: a matrix product with all vectors, by numpy."""

    efforts = (0,)

    def __init__(self, rows: VectorArray) -> None:
        self._rows = rows

    def search(
        self, vectors: VectorArray, excluded: RowArray, count: int, effort: int
    ) -> list[RowArray]:
        """Rows of the exactly nearest vectors for each query vector, without excluded rows."""
        del effort
        cosines = self._rows @ vectors.T
        cosines[excluded] = -2
        first = len(cosines) - count
        return [
            np.argpartition(column, first)[first:] for column in np.ascontiguousarray(cosines.T)
        ]


class FaissLists:
    """Inverted file of 8-bit vectors by faiss (IVF, SQ8)."""

    efforts = (2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)

    def __init__(self, rows: VectorArray) -> None:
        import faiss  # noqa: PLC0415

        faiss.omp_set_num_threads(1)
        self._faiss = faiss
        count, dimension = round(len(rows) ** 0.5), rows.shape[1]
        self._quantizer = faiss.IndexFlatIP(dimension)
        code = faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
        self._index = faiss.IndexIVFScalarQuantizer(self._quantizer, dimension, count, *code)
        self._index.train(rows[np.random.default_rng(0).permutation(len(rows))[: 64 * count]])
        self._index.add(rows)

    def search(
        self, vectors: VectorArray, excluded: RowArray, count: int, effort: int
    ) -> list[RowArray]:
        """Rows that faiss finds in `effort` lists for each query vector, without excluded rows."""
        selector = self._faiss.IDSelectorNot(self._faiss.IDSelectorBatch(excluded))
        parameters = self._faiss.SearchParametersIVF(sel=selector, nprobe=effort)
        return [*self._index.search(vectors, count, params=parameters)[1]]


class Hnswlib:
    """Graph search of float32 vectors (HNSW) by hnswlib."""

    efforts = (300, 350, 400, 500, 600, 800, 1200)

    def __init__(self, rows: VectorArray) -> None:
        import hnswlib  # noqa: PLC0415

        self._index = hnswlib.Index(space="ip", dim=rows.shape[1])
        self._index.init_index(max_elements=len(rows), ef_construction=100, M=16, random_seed=0)
        self._index.add_items(rows, num_threads=2)
        self._index.set_num_threads(1)

    def search(
        self, vectors: VectorArray, excluded: RowArray, count: int, effort: int
    ) -> list[RowArray]:
        """Rows that hnswlib finds with ef = `effort`, by query vector, without excluded rows."""
        self._index.set_ef(effort)
        found, _ = self._index.knn_query(vectors, k=OVERSAMPLING * count, num_threads=1)
        return _without(found.astype(np.int64), excluded, count)


def _without(found: RowArray, excluded: RowArray, count: int) -> list[RowArray]:
    return [row[~np.isin(row, excluded)][:count] for row in found]


PEERS: dict[str, tuple[str, Callable[[VectorArray], Any]]] = {
    "numpy, exact": ("numpy", ExactNumpy),
    "faiss, lists": ("faiss", FaissLists),
    "hnswlib": ("hnswlib", Hnswlib),
}
"""by name: the required module, and how the index is built"""


def installed(
    wanted: list[str] | None = None,
) -> Iterator[tuple[str, Callable[[VectorArray], Peer]]]:
    """Yield the wanted peers whose module is installed, or all if `wanted` is None."""
    for name, (module, build) in PEERS.items():
        if (wanted is None or name in wanted) and find_spec(module):
            yield name, build
