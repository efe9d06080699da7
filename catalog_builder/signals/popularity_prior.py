"""Predicts the popularity of episodes that too few users chose, from what is known of them.

Ridge regression (Hoerl and Kennard, 1970) of log(1 + popularity) on content, fitted to the episodes
that enough users chose.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from feed.catalog.catalog import Catalog
from feed.model.timestamps import DAY_US

PENALTY = 30.0
"""L2 penalty of the regression."""
MIN_EXAMPLES = 50
"""Fewest episodes of known popularity that the regression is fitted to."""
AGE_HALF_LIVES_DAYS = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0)
"""Half-lives of the features that decay with an episode's age."""
MAX_CATEGORIES = 256
"""Most categories that are features, the largest ones; time grows with the square of it."""
BATCH = 4096
"""Episodes whose features are held at once; bounds memory."""

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class EpisodeContent:
    """What is known of n episodes before anyone listens: the columns that signals are made from."""

    created_us: int
    """when the catalog is built, microseconds since 1970, UTC"""
    published_us: npt.NDArray[np.int64]
    """(n,) microseconds since 1970, UTC"""
    scores: npt.NDArray[np.float64]
    """(n, 4) editorial scores from 0 to 5; NaN where missing"""
    embeddings: npt.NDArray[np.float32]
    """(n, D) unit rows; zero where an episode has no embedding"""
    embedded: npt.NDArray[np.bool_]
    """(n,) whether each episode has an embedding"""
    series: npt.NDArray[np.int32]
    """(n,) series of each episode, -1 for none"""
    series_count: int
    categories: Sequence[str]
    """(M,) names"""
    category_starts: npt.NDArray[np.int64]
    """(n + 1,) episode i has the categories `category_members[starts[i]:starts[i + 1]]`"""
    category_members: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.published_us)

    @classmethod
    def of(cls, catalog: Catalog) -> "EpisodeContent":
        """Returns the content of a catalog's episodes; it must hold its embeddings as float32."""
        return cls(
            created_us=catalog.created_us,
            published_us=catalog.published_us,
            scores=catalog.scores,
            embeddings=catalog.embeddings.float32,
            embedded=catalog.embeddings.present,
            series=catalog.series,
            series_count=len(catalog.series_ids),
            categories=catalog.categories,
            category_starts=catalog.category_starts,
            category_members=catalog.category_members,
        )


def predict_popularity(
    content: EpisodeContent, popularity: npt.NDArray[np.floating], known: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """Returns (n,) the predicted log(1 + popularity) of each episode; 0 where it is known.

    `popularity` (n,) counts where `known` (n,) is true. A prediction is never negative; it is 0
    for all episodes when fewer than `MIN_EXAMPLES` are known.
    """
    predicted = np.zeros(len(content), np.float32)
    if np.count_nonzero(known) < MIN_EXAMPLES or known.all():
        return predicted
    target = np.log1p(popularity.astype(np.float64))
    features = partial(
        _features, content, _series_means(content, target, known), _membership(content)
    )
    examples, average = np.flatnonzero(known), float(target[known].mean())
    width = features(examples[:1]).width
    gram, product, total = np.zeros((width, width)), np.zeros(width), np.zeros(width)
    for rows in _batches(examples):
        batch = features(rows)
        gram += batch.gram()
        product += batch.transposed_dot(target[rows] - average)
        total += batch.transposed_dot(np.ones(len(rows)))
    mean = total / len(examples)
    gram -= len(examples) * np.outer(mean, mean)
    gram[np.diag_indices(width)] += PENALTY
    weights = np.asarray(np.linalg.solve(gram, product), np.float64)
    for rows in _batches(np.flatnonzero(~known)):
        estimate = average + features(rows).dot(weights) - mean @ weights
        predicted[rows] = np.maximum(estimate, 0.0)
    return predicted


@dataclass(frozen=True)
class EpisodeFeatures:
    """The (k, f) feature matrix of k episodes: dense numeric features, then sparse categories."""

    dense: Floats
    """(k, f - c) embedding, age, scores and the popularity of the series"""
    categories: Any
    """(k, c) sparse, 1 where an episode is in a category"""

    @property
    def width(self) -> int:
        """Number of features: f."""
        return int(self.dense.shape[1] + self.categories.shape[1])

    def gram(self) -> Floats:
        """Returns (f, f) the product of the transposed matrix with the matrix."""
        mixed = self.categories.T @ self.dense
        within = (self.categories.T @ self.categories).toarray()
        return np.block([[self.dense.T @ self.dense, mixed.T], [mixed, within]])

    def transposed_dot(self, values: Floats) -> Floats:
        """Returns (f,) the product of the transposed matrix with (k,) values."""
        return np.append(self.dense.T @ values, self.categories.T @ values)

    def dot(self, weights: Floats) -> Floats:
        """Returns (k,) the product of the matrix with (f,) weights."""
        count = self.dense.shape[1]
        found: Floats = self.dense @ weights[:count] + self.categories @ weights[count:]
        return found


def _features(
    content: EpisodeContent, series: Floats, categories: Any, rows: Rows
) -> EpisodeFeatures:
    """The features of these rows, given `_series_means` and `_membership` of all rows."""
    age_days = np.maximum((content.created_us - content.published_us[rows]) / DAY_US, 0.0)
    is_scored = ~np.isnan(content.scores[rows])
    dense = [
        content.embeddings[rows],
        np.exp2(-age_days[:, None] / np.array(AGE_HALF_LIVES_DAYS)),
        np.log1p(age_days) / 5.0,
        np.where(is_scored, content.scores[rows], 0.0) / 5.0,
        is_scored,
        content.embedded[rows],
        series[rows],
    ]
    return EpisodeFeatures(np.column_stack(dense).astype(np.float64, copy=False), categories[rows])


def _membership(content: EpisodeContent) -> Any:
    """(n, c) sparse, 1 where an episode is in one of the largest categories."""
    columns = content.category_members, content.category_starts
    shape = len(content), len(content.categories)
    members = csr_array((np.ones(len(columns[0])), *columns), shape)
    largest = members[:, _largest_categories(content)]
    largest.sort_indices()
    return largest


def _batches(rows: Rows) -> Iterator[Rows]:
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))


def _largest_categories(content: EpisodeContent) -> Rows:
    """(c,) the categories with the most episodes, sorted; of equal ones the first by name."""
    sizes = np.bincount(content.category_members, minlength=len(content.categories))
    by_size = np.lexsort((np.array(list(content.categories), np.str_), -sizes))
    return np.sort(by_size[:MAX_CATEGORIES])


def _series_means(content: EpisodeContent, target: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """(n, 2) mean target of the other known episodes of the series, shrunk to 0; if there are any.

    An episode's own target is left out, so that it does not predict itself.
    """
    counted = known & (content.series >= 0)
    series = np.maximum(content.series, 0)
    total = np.bincount(series[counted], target[counted], max(1, content.series_count))
    count = np.bincount(series[counted], minlength=max(1, content.series_count))
    others = np.where(content.series >= 0, count[series] - counted, 0)
    sums = np.where(others > 0, total[series] - np.where(counted, target, 0.0), 0.0)
    return np.column_stack([sums / (others + 1.0), others > 0])
