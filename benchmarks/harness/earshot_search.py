"""Ours: the search of a session behind the calls of a peer, with numkong and without."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.harness.peers import Places, Rows
from feed.catalog.catalog import Catalog
from feed.vectors import int8 as bytewise
from feed.vectors.search import nearest

KERNELS = vars(bytewise)
"""what computes products of bytes: `numkong`, None where it is not installed"""


def by_numpy_alone(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same without numkong: as in a function that is built from requirements.txt."""

    def alone(*given: Any) -> Any:
        held = KERNELS["numkong"]
        KERNELS["numkong"] = None
        try:
            return work(*given)
        finally:
            KERNELS["numkong"] = held

    return alone


class Earshot:
    """The search of a session, as a peer."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._order = catalog.source_order
        self.efforts = (
            tuple(range(99, 0, -3)) if len(catalog.embeddings.inverted_file) > 1 else (0,)
        )

    def search(self, asked: Rows, excluded: Places, count: int, effort: int) -> list[Places]:
        """See `Peer`; of no effort as the builder made it."""
        catalog, embeddings = self._catalog, self._catalog.embeddings
        if effort:
            reach = np.array([effort / 100], np.float32)
            probing_more = replace(embeddings.inverted_file, reach=reach)
            embeddings = replace(embeddings, inverted_file=probing_more)
        allowed = np.ones(len(catalog), np.bool_)
        allowed[excluded] = False
        counts = np.full(len(asked), count)
        return [rows for rows, _ in nearest(embeddings, asked, allowed, counts, self._order)]


class NumpyAlone(Earshot):
    """The same without numkong."""

    def search(self, asked: Rows, excluded: Places, count: int, effort: int) -> list[Places]:
        """See `Peer`."""
        found: list[Places] = by_numpy_alone(super().search)(asked, excluded, count, effort)
        return found
