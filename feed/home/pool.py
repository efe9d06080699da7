"""The pool of a home page: all scored candidates, and what the shelves ask about them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, HashArray, IntArray, in_sorted
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.scoring import Scoring
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
    _orders: dict[tuple[tuple[str, float], ...], IntArray] = field(default_factory=dict)

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
    def heard_elsewhere(self) -> BoolArray:
        """(k,) which candidates another show published under a title that the user engaged with.

        Within one show a title may come again for something new.
        """
        catalog, engaged = self.features.catalog, self.user.query.engaged_rows
        engaged = engaged[engaged >= 0]
        heard, of = catalog.title_hashes[engaged], catalog.series[engaged]
        titles = self.titles
        found = in_sorted(np.sort(heard), titles)
        for place in np.flatnonzero(found).tolist():
            found[place] = self.series[place] not in of[heard == titles[place]]
        return found

    @cached_property
    def titles(self) -> HashArray:
        """(k,) hash of the title of each candidate."""
        return self.features.catalog.title_hashes[self.scoring.candidates.rows]

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

    @property
    def _embeddings(self) -> Embeddings:
        return self.features.catalog.embeddings

    def far(self, mask: BoolArray) -> BoolArray:
        """(k,) those of a mask whose series is unlike all that the user is interested in.

        That is one of the `FAR` share of all series that are farthest from the user vector and the
        interests. All of them where nothing is known of the user; a series that is not known is
        far.
        """
        unit = self.user.vector.unit
        if unit is None:
            return mask
        likes = np.concatenate([unit[None], self._embeddings[self.user.interests]])
        return self._by_series(mask, likes, lambda sample: (-np.inf, _quantile(sample, FAR)))

    def akin(self, mask: BoolArray, row: int) -> BoolArray:
        """(k,) those of a mask whose series is like that of an episode.

        That is one of the `AKIN` share of all series that are nearest to it. A text of a few words
        may resemble another one by chance, a whole show hardly does. Where a series is not known,
        it is akin.
        """
        series = int(self.features.catalog.series[row])
        if series < 0 or self.some_series is None:
            return mask
        own = self.all_series.vectors[series : series + 1]
        return self._by_series(mask, own, lambda sample: (_quantile(sample, 1.0 - AKIN), np.inf))

    def _by_series(
        self,
        mask: BoolArray,
        vectors: npt.NDArray[np.float32],
        limits: Callable[[FloatArray], tuple[float, float]],
    ) -> BoolArray:
        """(k,) those of a mask whose series is as near as it should be, or not known.

        Its cosine with the nearest of (m, D) vectors has to be within `limits` of the cosines (at
        most `SERIES_SAMPLE`,) of a sample of all series.
        """
        if self.some_series is None:
            return mask
        least, most = limits((self.some_series @ vectors.T).max(axis=1))
        places = np.flatnonzero(mask)
        places = places[self.series[places] >= 0]
        nearest = (self.all_series.vectors[self.series[places]] @ vectors.T).max(axis=1)
        found = mask.copy()
        found[places] = (nearest >= least) & (nearest <= most)
        return found

    def best_first(self, factors: Mapping[str, float]) -> IntArray:
        """(k,) places of the candidates by score, the highest first.

        The contributions of its parts count times these factors.
        """
        key = tuple(factors.items())
        if key not in self._orders:
            candidates = self.scoring.candidates
            values = candidates.scores
            for name, factor in factors.items():
                if name in candidates.contributions:
                    values = values + (factor - 1.0) * candidates.contributions[name]
            ties = self.features.tie_order[candidates.rows]
            self._orders[key] = np.lexsort((ties, -values))
        return self._orders[key]


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
