"""The pool of a home page: all scored candidates, and what the shelves ask about them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, in_sorted
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.pipeline import Scoring
from feed.ranking.series import SeriesFeatures
from feed.user.features import UserFeatures
from feed.vectors.embeddings import Embeddings

AKIN = 0.25
"""Share of all series, the nearest to one, that are like it."""
FAR = 0.4
"""Share of all series, the farthest from what a user likes, that are something different."""
SERIES_SAMPLE = 256
"""Number of series, evenly spread, in which the distances of these shares are estimated."""


@dataclass(frozen=True)
class Pool:
    """What a home page is made of: one pass over the catalog, with k scored candidates."""

    features: CatalogFeatures
    all_series: SeriesFeatures
    some_series: npt.NDArray[np.float32] | None
    """(at most `SERIES_SAMPLE`, D) vectors of series; None where there are none"""
    scoring: Scoring

    @property
    def user(self) -> UserFeatures:
        """The user whose home page it is."""
        return self.scoring.user

    @cached_property
    def series(self) -> IntArray:
        """(k,) series of each candidate, -1 for none."""
        return self.features.catalog.series[self.scoring.candidates.rows]

    @cached_property
    def unfinished(self) -> BoolArray:
        """(k,) which candidates the user left unfinished."""
        return in_sorted(np.sort(self.user.unfinished), self.scoring.candidates.rows)

    @cached_property
    def minutes(self) -> FloatArray:
        """(k,) length of each candidate; NaN where it is unknown, or the file has no column."""
        catalog, rows = self.features.catalog, self.scoring.candidates.rows
        if not len(catalog.durations_s):
            return np.full(len(rows), np.nan)
        return catalog.durations_of(rows) / 60.0

    def has_length(self, least: float | None, most: float | None) -> BoolArray:
        """(k,) which candidates have a known length within these limits, in minutes."""
        return (self.minutes >= (least or 0.0)) & (self.minutes <= (most or np.inf))

    def nearness(self, row: int) -> FloatArray:
        """(k,) similarity of each candidate to an episode, by the measure of the scenario."""
        candidates, embeddings = self.scoring.candidates, self._embeddings
        if candidates.vectors is None or not embeddings.present[row]:
            return np.zeros(len(candidates.rows))
        return self.features.rescale((candidates.vectors @ embeddings[row]).astype(np.float64))

    @cached_property
    def series_vectors(self) -> npt.NDArray[np.float32] | None:
        """(k, D) the vector of each candidate's series; None where the catalog holds none."""
        return None if self.some_series is None else self.all_series.vectors[self.series]

    @property
    def _embeddings(self) -> Embeddings:
        return self.features.catalog.embeddings

    @cached_property
    def is_far(self) -> BoolArray:
        """(k,) whether each candidate's series is unlike all that the user is interested in.

        That is one of the `FAR` share of all series that are farthest from the user vector and the
        interests. True where a series, or the user, is not known.
        """
        user, vectors, sample = self.user, self.series_vectors, self.some_series
        if vectors is None or sample is None or user.vector.unit is None:
            return np.ones(len(self.series), np.bool_)
        likes = np.concatenate([user.vector.unit[None], self._embeddings[user.interests]])
        some = (sample @ likes.T).max(axis=1)
        nearest = (vectors @ likes.T).max(axis=1)
        far: BoolArray = nearest <= _quantile(some, FAR)
        return far | (self.series < 0)

    def is_akin(self, row: int) -> BoolArray:
        """(k,) whether each candidate's series is like that of an episode.

        That is one of the `AKIN` share of all series that are nearest to it. A text of a few words
        may resemble another one by chance, a whole show hardly does. True where a series is not
        known.
        """
        series, vectors = int(self.features.catalog.series[row]), self.series_vectors
        sample = self.some_series
        if vectors is None or sample is None or series < 0:
            return np.ones(len(self.series), np.bool_)
        own = self.all_series.vectors[series]
        akin: BoolArray = vectors @ own >= _quantile(sample @ own, 1.0 - AKIN)
        return akin | (self.series < 0)


def sample_of_series(series: SeriesFeatures) -> npt.NDArray[np.float32] | None:
    """(at most `SERIES_SAMPLE`, D) vectors of series, evenly spread over all; None for none."""
    if not series.catalog.embeddings.in_memory or not len(series.catalog.series_ids):
        return None
    every = series.vectors
    return every[:: -(-len(every) // SERIES_SAMPLE)].copy()


def _quantile(values: FloatArray, share: float) -> float:
    """A value that about this share of some (m,) values, at least one, does not exceed."""
    place = min(int(share * len(values)), len(values) - 1)
    return float(np.partition(values, place)[place])
