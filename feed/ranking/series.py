"""Series: what is known of a show from its episodes, and which shows are similar."""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, group_sums, ranges, top_k
from feed.ranking.catalog_features import TRENDING_SHARE, CatalogFeatures

NEWEST = 20
"""number of a series' newest episodes whose mean embedding stands for it"""
FEW = 3
"""number of average episodes that are added to those of a series before its quality is taken"""
_BLOCK = 8192
"""number of embeddings that are read at once"""


class SeriesFeatures:
    """Features of the S series of a catalog, computed when they are first asked for."""

    def __init__(self, features: CatalogFeatures) -> None:
        self.features = features
        self.catalog = features.catalog
        self._by_series = features.newest_by_series

    def rows(self, series: int, published_until_us: int) -> IntArray:
        """The catalog rows of a series' episodes that are published, the newest first."""
        starts, rows = self._by_series.starts, self._by_series.rows
        found = rows[starts[series] : starts[series + 1]]
        return found[self.catalog.published_us[found] <= published_until_us]

    def with_any(self, allowed: BoolArray) -> BoolArray:
        """(S,) whether any episode of each series is `allowed` (n,).

        Counts whichever there are fewer of, the allowed or the others.
        """
        sizes, others = np.diff(self._by_series.starts), np.flatnonzero(~allowed)
        is_few = 2 * len(others) <= len(allowed)
        series = self.catalog.series[others if is_few else np.flatnonzero(allowed)]
        counts = np.bincount(series[series >= 0], minlength=len(sizes))
        return counts < sizes if is_few else counts > 0

    def topics(self, rows: IntArray, count: int) -> list[str]:
        """The names of the most frequent major categories of some episodes, or of any kind."""
        catalog = self.catalog
        members = catalog.category_members[
            ranges(catalog.category_starts[rows], catalog.category_starts[rows + 1])
        ]
        counts = np.bincount(members, minlength=len(catalog.categories))
        major = counts * catalog.category_major
        counts = major if major.any() else counts
        most = np.argsort(-counts, kind="stable")[:count]
        return [catalog.categories[int(one)] for one in most if counts[one]]

    @cached_property
    def newest(self) -> tuple[IntArray, IntArray]:
        """(m,) catalog rows of each series' `NEWEST` episodes, by series, and (m,) their series."""
        starts = self._by_series.starts
        ends = np.minimum(starts[:-1] + NEWEST, starts[1:])
        owners = np.repeat(np.arange(len(starts) - 1), ends - starts[:-1])
        return self._by_series.rows[ranges(starts[:-1], ends)], owners

    @cached_property
    def vectors(self) -> npt.NDArray[np.float32]:
        """(S, D) unit mean of the embeddings of each series' `NEWEST` episodes; zero for none."""
        embeddings, (rows, owners) = self.catalog.embeddings, self.newest
        sums = np.zeros((len(self.catalog.series_ids), embeddings.dimension), np.float32)
        for start in range(0, len(rows), _BLOCK):
            block, owner = rows[start : start + _BLOCK], owners[start : start + _BLOCK]
            firsts = np.flatnonzero(np.diff(owner, prepend=-1))
            sums[owner[firsts]] += np.add.reduceat(embeddings[block], firsts, axis=0)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        sums /= np.where(lengths > 0, lengths, 1)
        return sums

    @cached_property
    def quality(self) -> FloatArray:
        """(S,) mean quality of the newest episodes, and the share of listeners who came back.

        The mean is that of `FEW` more episodes of the catalog's mean quality, so that chance in a
        few episodes says little.
        """
        rows, owners = self.newest
        quality, count = self.features.quality, len(self.catalog.series_ids)
        mean = float(quality.mean()) if len(quality) else 0.0
        sums = np.bincount(owners, quality[rows], count) + FEW * mean
        sizes = np.bincount(owners, minlength=count) + FEW
        return sums / sizes + self.catalog.signals.series_return

    @cached_property
    def is_highly_rated(self) -> BoolArray:
        """(S,) whether most of the newest episodes are in the better half of the catalog."""
        return self.mean(self.features.is_highly_rated) > 1 / 2

    @cached_property
    def popularity(self) -> FloatArray:
        """(S,) logarithm of the listeners of the week of all episodes; 1 for the most popular."""
        catalog = self.catalog
        week, has_series = catalog.signals.popularity[:, 1], catalog.series >= 0
        count = len(catalog.series_ids)
        logs = np.log1p(np.bincount(catalog.series[has_series], week[has_series], count))
        return logs / max(float(logs.max(initial=0.0)), 1e-12)

    @cached_property
    def is_popular(self) -> BoolArray:
        """(S,) whether a series is in the top `TRENDING_SHARE` of those with listeners lately."""
        heard = self.popularity[self.popularity > 0]
        if not len(heard):
            return self.popularity > 0
        return self.popularity >= np.quantile(heard, 1.0 - TRENDING_SHARE)

    def mean(self, values: FloatArray | BoolArray) -> FloatArray:
        """(S,) mean of (n,) values over the newest episodes of each series; 0 without any."""
        rows, owners = self.newest
        count = len(self.catalog.series_ids)
        sizes = np.bincount(owners, minlength=count)
        return np.bincount(owners, values[rows], count) / np.maximum(sizes, 1)

    def similarity(self, series: int) -> FloatArray:
        """(S,) how similar each series is to one: by content, and by who listens to it.

        The first is the cosine of `vectors`, scaled as the scenario's `measure` says, or 0 where
        the catalog holds none. The second is how often the listeners of one went on to the other
        (the neighbour weights of its episodes, summed), 1 for the series with the most.
        """
        catalog, starts = self.catalog, self._by_series.starts
        count = len(starts) - 1
        content: FloatArray = np.zeros(count)
        if catalog.embeddings.in_memory:
            cosines = (self.vectors @ self.vectors[series]).astype(np.float64)
            content = self.features.rescale(cosines)
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
