"""Promise: how popular an episode that nobody has chosen yet may become, from what is known of it.

Ridge regression (Hoerl and Kennard, 1970) of log(1 + popularity) on content, learned from the
episodes that people did choose.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from feed.catalog.catalog import Catalog
from feed.model.timestamps import DAY_US

PENALTY = 30.0
MIN_LEARNED = 50
"""from fewer episodes nothing is learned"""
AGES_DAYS = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0)
"""half-lives of the features of age"""
MOST_CATEGORIES = 256
"""the largest are features, each its own: time grows with the square of their number"""
AT_ONCE = 4096
"""episodes whose features are held at once: what bounds memory"""

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


def promise(
    catalog: Catalog, popularity: npt.NDArray[np.floating], known: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """(n,) the log(1 + popularity) that is to be expected, 0 at least; 0 where it is `known`."""
    expected = np.zeros(len(catalog), np.float32)
    if np.count_nonzero(known) < MIN_LEARNED or known.all():
        return expected
    wanted = np.log1p(popularity.astype(np.float64))
    series, categories = _series(catalog, wanted, known), _largest(catalog)
    learned, average = np.flatnonzero(known), float(wanted[known].mean())
    width = _features(catalog, series, categories, learned[:1]).width
    gram, product, total = np.zeros((width, width)), np.zeros(width), np.zeros(width)
    for rows in _parts(learned):
        features = _features(catalog, series, categories, rows)
        gram += features.gram()
        product += features.transposed(wanted[rows] - average)
        total += features.transposed(np.ones(len(rows)))
    mean = total / len(learned)
    gram -= len(learned) * np.outer(mean, mean)
    gram[np.diag_indices(width)] += PENALTY
    weights = np.asarray(np.linalg.solve(gram, product), np.float64)
    for rows in _parts(np.flatnonzero(~known)):
        found = (
            average + _features(catalog, series, categories, rows).times(weights) - mean @ weights
        )
        expected[rows] = np.maximum(found, 0.0)
    return expected


@dataclass(frozen=True)
class Features:
    """(k, f) of k episodes: some numbers of each, and which categories it is in, most of them 0."""

    dense: Floats
    topics: Any
    """(k, c) sparse"""

    @property
    def width(self) -> int:
        """How many features there are: f."""
        return int(self.dense.shape[1] + self.topics.shape[1])

    def gram(self) -> Floats:
        """(f, f) the product with itself."""
        across = self.topics.T @ self.dense
        among = (self.topics.T @ self.topics).toarray()
        return np.block([[self.dense.T @ self.dense, across.T], [across, among]])

    def transposed(self, values: Floats) -> Floats:
        """(f,) the sum of these episodes, each so many times."""
        return np.append(self.dense.T @ values, self.topics.T @ values)

    def times(self, weights: Floats) -> Floats:
        """(k,) the sum of each one's features, each so many times."""
        count = self.dense.shape[1]
        found: Floats = self.dense @ weights[:count] + self.topics @ weights[count:]
        return found


def _parts(rows: Rows) -> Iterator[Rows]:
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))


def _largest(catalog: Catalog) -> Rows:
    """(c,) the categories of most episodes, sorted; of equals the first by name."""
    sizes = np.bincount(catalog.category_members, minlength=len(catalog.categories))
    by_size = np.lexsort((np.array(list(catalog.categories), np.str_), -sizes))
    return np.sort(by_size[:MOST_CATEGORIES])


def _features(catalog: Catalog, series: Floats, categories: Rows, rows: Rows) -> Features:
    """Embedding, age, scores, and how its series has done; and categories, of these rows."""
    published_us = catalog.published_us[rows]
    age_days = np.maximum((catalog.created_us - published_us) / DAY_US, 0.0)
    ages = np.exp2(-age_days[:, None] / np.array(AGES_DAYS))
    scored = ~np.isnan(catalog.scores[rows])
    scores = np.where(scored, catalog.scores[rows], 0.0) / 5.0
    dense = [
        catalog.embeddings[rows],
        ages,
        np.log1p(age_days) / 5.0,
        scores,
        scored,
        catalog.embeddings.present[rows],
        series[rows],
    ]
    return Features(
        np.column_stack(dense).astype(np.float64, copy=False),
        csr_array(catalog.membership(rows, categories).astype(np.float64)),
    )


def _series(catalog: Catalog, wanted: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """(n, 2) mean of the others of its series, shrunk to 0, and whether there are any."""
    named = known & (catalog.series >= 0)
    series = np.maximum(catalog.series, 0)
    total = np.bincount(series[named], wanted[named], max(1, len(catalog.series_ids)))
    count = np.bincount(series[named], minlength=max(1, len(catalog.series_ids)))
    others = np.where(catalog.series >= 0, count[series] - named, 0)
    theirs = np.where(others > 0, total[series] - np.where(named, wanted, 0.0), 0.0)
    return np.column_stack([theirs / (others + 1.0), others > 0])
