"""Features of the episodes that depend on no query, computed once for a catalog and a scenario."""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, HashArray, IntArray
from feed.arrays.hashing import hash_strings
from feed.arrays.orderings import HashRing, RankedGroups
from feed.catalog.catalog import Catalog
from feed.ranking import filters, scorers
from feed.ranking.compiled_rules import CompiledRules
from feed.scenarios.scenario import Scenario

TRENDING_SHARE = 0.1
"""Share of the episodes with any trend that may be called trending."""


class CatalogFeatures:
    """A catalog of n episodes, a scenario, and all that a ranking derives from these two alone.

    What the scenario uses is computed at once, so that no session waits for it; the rest on demand.
    """

    def __init__(self, catalog: Catalog, scenario: Scenario) -> None:
        self.catalog = catalog
        self.scenario = scenario
        self.rules = CompiledRules(catalog, scenario.rules)
        signals, blend = catalog.signals, scenario.blend
        self.quality: FloatArray = scorers.quality(catalog, scenario.quality)
        self.coarse_quality: FloatArray = scorers.quality(
            catalog, scenario.quality, scorers.coarse_estimates(catalog)
        )
        """(n,) quality by which candidates are chosen: estimates count in full points"""
        self.is_highly_rated: BoolArray = scorers.is_highly_rated(catalog, self.quality)
        floors = filters.quality_floors(catalog, scenario.filters)
        self.floors: BoolArray | None = None if floors.all() else floors
        """(n,) mask of the quality floors; None where every episode passes"""
        self.tie_order: IntArray = _tie_order(catalog, scenario.sources.ties)
        """(n,) rank of each row among equals, the lowest first"""
        self.popularity: dict[str, FloatArray] = scorers.popularity_parts(signals)
        """(n,) each part of the score that counts listeners, by name"""
        logs = np.log1p(signals.popularity.astype(np.float64))
        self.trend: FloatArray = logs[:, :2].sum(axis=1)
        """(n,) log of the popularity of the last day plus that of the last week; 0 for none"""
        self._all_time: FloatArray = logs[:, 2:].sum(axis=1)
        self.is_unheard: BoolArray = (signals.listeners == 0) & bool(signals.listeners.any())
        """(n,) true where the signals cover other episodes, but not this one"""
        self.predicted_popularity: FloatArray = signals.predicted_popularity.astype(np.float64)
        zero, one = catalog.cosine_scale.tolist()
        self._similarity_scale = (zero, one - zero) if blend.measure == "catalog" else (0.0, 1.0)
        for name in _used(scenario):
            getattr(self, name)

    def rescale(self, cosines: FloatArray) -> FloatArray:
        """Scale cosines as the scenario's `measure` says; a 0, as without a vector, stays 0."""
        zero, unit = self._similarity_scale
        return np.where(cosines == 0.0, 0.0, (cosines - zero) / unit)

    @cached_property
    def durations_s(self) -> FloatArray:
        """(n,) length of each episode in seconds; NaN where unknown."""
        return self.catalog.durations_of(np.arange(len(self.catalog)))

    @cached_property
    def completion(self) -> FloatArray:
        """(n,) share of an episode's listeners that finished it; the median where unknown."""
        shares = self.catalog.signals.completion.astype(np.float64)
        return scorers.known_or_median(shares, ~np.isnan(shares))

    @cached_property
    def is_linked(self) -> BoolArray:
        """(n,) whether an episode is a neighbour of another one."""
        linked = np.zeros(len(self.catalog), np.bool_)
        linked[self.catalog.signals.neighbour_rows] = True
        return linked

    @cached_property
    def newest_first(self) -> IntArray:
        """(n,) catalog rows by date of publication, the newest first."""
        return np.lexsort((self.tie_order, -self.catalog.published_us))

    @cached_property
    def best_first(self) -> IntArray:
        """(n,) catalog rows by quality, the highest first; estimates count in full points."""
        return _descending(self.coarse_quality, self.tie_order)

    @cached_property
    def trending_first(self) -> IntArray:
        """Catalog rows with any trend, the highest trend first."""
        return _descending(self.trend, self.tie_order)[: np.count_nonzero(self.trend)]

    @cached_property
    def is_trending(self) -> BoolArray:
        """(n,) whether an episode is in the top `TRENDING_SHARE` of those with any trend."""
        mask = np.zeros(len(self.catalog), np.bool_)
        mask[self.trending_first[: int(len(self.trending_first) * TRENDING_SHARE)]] = True
        return mask

    @cached_property
    def exploration_pool(self) -> IntArray:
        """Catalog rows with few listeners, the highest predicted popularity first, then the newest.

        Empty where the signals cover no episode at all.
        """
        listeners = self.catalog.signals.listeners
        order = _descending(self.predicted_popularity, _ranks(self.newest_first))
        few = listeners[order] < self.scenario.sources.unseen_below
        return order[few & listeners.any()]

    @cached_property
    def exploration_ring(self) -> HashRing:
        """The exploration pool arranged on a ring, to draw from it by a query's seed."""
        return HashRing.of(self.exploration_pool, self.catalog.id_hashes)

    @cached_property
    def newest_by_series(self) -> RankedGroups:
        """The catalog rows of each series, the newest first."""
        rows, count = np.arange(len(self.catalog)), len(self.catalog.series_ids)
        return RankedGroups.of(rows, self.catalog.series, count, _ranks(self.newest_first))

    @cached_property
    def popular_by_category(self) -> RankedGroups:
        """The catalog rows of each category by popularity and quality, the highest first."""
        total = self.trend + self._all_time + self.coarse_quality
        return self._by_category(_descending(total, self.tie_order))

    @cached_property
    def best_by_category(self) -> RankedGroups:
        """The catalog rows of each category by quality, the highest first."""
        return self._by_category(self.best_first)

    @cached_property
    def main_category(self) -> npt.NDArray[np.int64]:
        """(n,) the first major category that each episode names, -1 for none."""
        catalog = self.catalog
        main = np.full(len(catalog), -1, np.int64)
        rows = np.repeat(np.arange(len(catalog)), np.diff(catalog.category_starts))
        major = catalog.category_major[catalog.category_members] == 1
        # In reverse, so that of several categories the first is written last.
        main[rows[major][::-1]] = catalog.category_members[major][::-1]
        return main

    @cached_property
    def category_hashes(self) -> HashArray:
        """(M,) hash of each category's name."""
        return hash_strings(list(self.catalog.categories))

    @cached_property
    def major_category_sizes(self) -> IntArray:
        """(M,) number of episodes in each major category; 0 for a subcategory."""
        catalog = self.catalog
        sizes = np.bincount(catalog.category_members, minlength=len(catalog.categories))
        return sizes * catalog.category_major

    @cached_property
    def series_hashes(self) -> HashArray:
        """(S,) hash of each series' id."""
        return hash_strings(list(self.catalog.series_ids))

    def _by_category(self, order: IntArray) -> RankedGroups:
        catalog = self.catalog
        rows = np.repeat(np.arange(len(catalog)), np.diff(catalog.category_starts))
        count = len(catalog.categories)
        return RankedGroups.of(rows, catalog.category_members, count, _ranks(order))


def _used(scenario: Scenario) -> list[str]:
    """Names of the cached features that sessions of this scenario read."""
    sources, blend = scenario.sources, scenario.blend
    trend = any(map(blend.uses, scorers.TRENDS))
    used = {
        "best_first": True,
        "trending_first": sources.trending,
        "is_trending": trend,
        "category_hashes": True,
        "series_hashes": blend.uses("series"),
        "major_category_sizes": scenario.selector.calibration,
        "main_category": trend or scenario.selector.topic_decay < 1.0,
        "completion": blend.uses("completion"),
        "is_linked": blend.beside_neighbours < 1.0,
        "newest_first": sources.fresh,
        "exploration_pool": sources.unseen,
        "exploration_ring": sources.exploration,
        "newest_by_series": sources.series,
        "popular_by_category": sources.popular,
        "best_by_category": sources.stated,
    }
    return [name for name, is_used in used.items() if is_used]


def _tie_order(catalog: Catalog, ties: str) -> IntArray:
    if ties == "source":
        return catalog.source_order
    return _ranks(np.lexsort((catalog.source_order, -catalog.published_us)))


def _descending(values: FloatArray, ties: IntArray) -> IntArray:
    """(n,) rows, the highest value first; equal values by `ties`."""
    return np.lexsort((ties, -values))


def _ranks(order: IntArray) -> IntArray:
    """(n,) position of each row in an order of all n rows."""
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    return ranks
