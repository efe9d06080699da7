"""Series: what is known of a show from its episodes, and which shows are similar."""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, group_sums, ranges, top_k
from feed.ranking.catalog_features import CatalogFeatures

NEWEST = 20
"""number of a series' newest episodes whose mean embedding stands for it"""
_BLOCK = 8192
"""number of embeddings that are read at once"""


class SeriesFeatures:
    """Features of the S series of a catalog, computed when they are first asked for."""

    def __init__(self, features: CatalogFeatures) -> None:
        self._features = features
        self._catalog = features.catalog
        self._by_series = features.newest_by_series

    def rows(self, series: int, published_until_us: int) -> IntArray:
        """The catalog rows of a series' episodes that are published, the newest first."""
        starts, rows = self._by_series.starts, self._by_series.rows
        found = rows[starts[series] : starts[series + 1]]
        return found[self._catalog.published_us[found] <= published_until_us]

    def topics(self, rows: IntArray, count: int) -> list[str]:
        """The names of the most frequent major categories of some episodes, or of any kind."""
        catalog = self._catalog
        members = catalog.category_members[
            ranges(catalog.category_starts[rows], catalog.category_starts[rows + 1])
        ]
        counts = np.bincount(members, minlength=len(catalog.categories))
        major = counts * catalog.category_major
        counts = major if major.any() else counts
        most = np.argsort(-counts, kind="stable")[:count]
        return [catalog.categories[int(one)] for one in most if counts[one]]

    @cached_property
    def vectors(self) -> npt.NDArray[np.float32]:
        """(S, D) unit mean of the embeddings of each series' `NEWEST` episodes; zero for none."""
        embeddings, starts = self._catalog.embeddings, self._by_series.starts
        count = len(starts) - 1
        ends = np.minimum(starts[:-1] + NEWEST, starts[1:])
        rows = self._by_series.rows[ranges(starts[:-1], ends)]
        owners = np.repeat(np.arange(count), ends - starts[:-1])
        sums = np.zeros((count, embeddings.dimension), np.float32)
        for start in range(0, len(rows), _BLOCK):
            block, owner = rows[start : start + _BLOCK], owners[start : start + _BLOCK]
            firsts = np.flatnonzero(np.diff(owner, prepend=-1))
            sums[owner[firsts]] += np.add.reduceat(embeddings[block], firsts, axis=0)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        sums /= np.where(lengths > 0, lengths, 1)
        return sums

    def similarity(self, series: int) -> FloatArray:
        """(S,) how similar each series is to one: by content, and by who listens to it.

        The first is the cosine of `vectors`, scaled as the scenario's `measure` says, or 0 where
        the catalog holds none. The second is how often the listeners of one went on to the other
        (the neighbour weights of its episodes, summed), 1 for the series with the most.
        """
        catalog, starts = self._catalog, self._by_series.starts
        count = len(starts) - 1
        content: FloatArray = np.zeros(count)
        if catalog.embeddings.in_memory:
            cosines = (self.vectors @ self.vectors[series]).astype(np.float64)
            content = self._features.rescale(cosines)
        sources = self._by_series.rows[starts[series] : starts[series + 1]]
        found = catalog.signals.neighbours(sources, np.ones((1, len(sources))))
        of = catalog.series[found.rows]
        others = (of >= 0) & (of != series)
        places, sums = group_sums(of[others], found.nearness[:, others], count)
        listeners = np.zeros(count)
        listeners[places] = sums[0]
        return content + listeners / max(float(listeners.max(initial=0.0)), 1e-12)

    def similar(self, series: int, count: int, allowed: BoolArray) -> tuple[IntArray, FloatArray]:
        """The `count` series most similar to one, and their similarities above 0, best first.

        `allowed` (S,) says which may be among them; the series itself never is.
        """
        similarity = self.similarity(series)
        listed = allowed & (similarity > 0)
        listed[series] = False
        indices = np.flatnonzero(listed)
        return top_k(indices, similarity[indices], count, np.arange(len(similarity)))
