"""Earshot's vector search as a peer of the compared libraries."""

from dataclasses import replace

import numpy as np

from benchmarks.harness.peers import RowArray, VectorArray
from feed.catalog.catalog import Catalog
from feed.vectors.search import nearest


class EarshotSearch:
    """Earshot's vector search, behind the interface of a peer.

    An effort of n sets the probe threshold of the inverted file to n%; 0 leaves it as built.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._order = catalog.source_order
        self.efforts = (
            tuple(range(99, 0, -3)) if len(catalog.embeddings.inverted_file) > 1 else (0,)
        )

    def search(
        self, vectors: VectorArray, excluded: RowArray, count: int, effort: int
    ) -> list[RowArray]:
        """Rows that Earshot finds for each query vector, without excluded rows."""
        catalog, embeddings = self._catalog, self._catalog.embeddings
        if effort:
            threshold = np.array([effort / 100], np.float32)
            probing_more = replace(embeddings.inverted_file, probe_threshold=threshold)
            embeddings = replace(embeddings, inverted_file=probing_more)
        allowed = np.ones(len(catalog), np.bool_)
        allowed[excluded] = False
        counts = np.full(len(vectors), count)
        return [rows for rows, _ in nearest(embeddings, vectors, allowed, counts, self._order)]
