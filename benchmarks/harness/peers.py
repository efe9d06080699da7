"""Peers: libraries that do the same search, each behind the same two calls.

None takes a mask: faiss is told whom to leave out, the graphs are asked for more and theirs are
taken off. Each is imported when it is asked for, and left out where it is not installed.
"""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]

SPARE = 2
"""times as many as are wanted, of which those that are excluded are taken off"""


class Peer(Protocol):
    """An index that was built. `efforts` are its settings, the least first."""

    efforts: tuple[int, ...]

    def search(self, asked: Rows, excluded: Places, count: int, effort: int) -> list[Places]:
        """For each vector the nearest that are not excluded."""


class ExactNumpy:
    """A product with everything."""

    efforts = (0,)

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def search(self, asked: Rows, excluded: Places, count: int, effort: int) -> list[Places]:
        """See `Peer`."""
        del effort
        cosines = self._rows @ asked.T
        cosines[excluded] = -2
        first = len(cosines) - count
        return [
            np.argpartition(column, first)[first:] for column in np.ascontiguousarray(cosines.T)
        ]


class _Faiss:
    efforts: tuple[int, ...] = (0,)

    def __init__(self, rows: Rows) -> None:
        import faiss  # noqa: PLC0415

        faiss.omp_set_num_threads(1)
        self._faiss = faiss
        self._index = self._built(rows)

    def _built(self, rows: Rows) -> Any:
        index = self._faiss.IndexFlatIP(rows.shape[1])
        index.add(rows)
        return index

    def search(self, asked: Rows, excluded: Places, count: int, effort: int) -> list[Places]:
        """See `Peer`."""
        selector = self._faiss.IDSelectorNot(self._faiss.IDSelectorBatch(excluded))
        return [*self._index.search(asked, count, params=self._parameters(selector, effort))[1]]

    def _parameters(self, selector: Any, effort: int) -> Any:
        del effort
        return self._faiss.SearchParameters(sel=selector)


class FaissExact(_Faiss):
    """Exact, float32."""


class FaissLists(_Faiss):
    """Inverted lists of bytes (IVF, SQ8)."""

    efforts = (2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)

    def _built(self, rows: Rows) -> Any:
        count = round(len(rows) ** 0.5)
        faiss, dimension = self._faiss, rows.shape[1]
        self._quantizer = faiss.IndexFlatIP(dimension)
        index = faiss.IndexIVFScalarQuantizer(
            self._quantizer,
            dimension,
            count,
            faiss.ScalarQuantizer.QT_8bit,
            faiss.METRIC_INNER_PRODUCT,
        )
        index.train(rows[np.random.default_rng(0).permutation(len(rows))[: 64 * count]])
        index.add(rows)
        return index

    def _parameters(self, selector: Any, effort: int) -> Any:
        return self._faiss.SearchParametersIVF(sel=selector, nprobe=effort)


class Hnswlib:
    """A graph."""

    efforts = (300, 350, 400, 500, 600, 800, 1200)

    def __init__(self, rows: Rows) -> None:
        import hnswlib  # noqa: PLC0415

        self._index = hnswlib.Index(space="ip", dim=rows.shape[1])
        self._index.init_index(max_elements=len(rows), ef_construction=100, M=16, random_seed=0)
        self._index.add_items(rows, num_threads=2)
        self._index.set_num_threads(1)

    def search(self, asked: Rows, excluded: Places, count: int, effort: int) -> list[Places]:
        """See `Peer`."""
        self._index.set_ef(effort)
        found, _ = self._index.knn_query(asked, k=SPARE * count, num_threads=1)
        return _without(found.astype(np.int64), excluded, count)


class Usearch:
    """A graph of bytes."""

    efforts = (300, 350, 400, 500, 600, 800, 1200)

    def __init__(self, rows: Rows) -> None:
        from usearch.index import Index  # noqa: PLC0415

        self._index = Index(ndim=rows.shape[1], metric="ip", dtype="i8", connectivity=16)
        self._index.add(np.arange(len(rows)), rows, threads=2)

    def search(self, asked: Rows, excluded: Places, count: int, effort: int) -> list[Places]:
        """See `Peer`."""
        self._index.expansion_search = effort
        found = self._index.search(asked, SPARE * count, threads=1).keys
        return _without(np.asarray(found).astype(np.int64), excluded, count)


def _without(found: Places, excluded: Places, count: int) -> list[Places]:
    return [row[~np.isin(row, excluded)][:count] for row in found]


PEERS: dict[str, tuple[str, Callable[[Rows], Any]]] = {
    "numpy, exact": ("numpy", ExactNumpy),
    "faiss, exact": ("faiss", FaissExact),
    "faiss, lists": ("faiss", FaissLists),
    "hnswlib": ("hnswlib", Hnswlib),
    "usearch": ("usearch", Usearch),
}
"""By name: the module that it needs, and how it is built."""


def installed(wanted: list[str] | None = None) -> Iterator[tuple[str, Callable[[Rows], Peer]]]:
    """Those that can be built here, of those that are wanted."""
    for name, (module, build) in PEERS.items():
        if (wanted is None or name in wanted) and find_spec(module):
            yield name, build
