"""Standing: all that a ranking needs of a catalog and that depends on no query, computed once."""

import numpy as np
import numpy.typing as npt

from feed import filters, scorers
from feed.catalog import Catalog
from feed.columns import BoolArray, FloatArray, HashArray, IntArray, hash_strings
from feed.scenario import Scenario
from feed.sources import Groups

TRENDING = 0.1
"""the share of those with a trend that can be called trending"""


class Standing:
    """Columns over the n episodes of a catalog, for one scenario."""

    def __init__(self, catalog: Catalog, scenario: Scenario) -> None:
        signals, blend = catalog.signals, scenario.blend
        self.quality: FloatArray = scorers.quality(catalog, scenario.quality)
        self.rated: BoolArray = scorers.rated(catalog, self.quality)
        """who can be called highly rated"""
        self.floors: BoolArray = filters.quality_floors(catalog, scenario.filters)
        """who passes the quality floors"""
        self.ties: IntArray = _ties(catalog, scenario.sources.ties)
        """what breaks ties: lower comes first"""
        logs = np.log1p(signals.popularity.astype(np.float64) / blend.popularity_unit)
        self.trend: FloatArray = logs[:, :2].sum(axis=1)
        self.popularity: FloatArray = logs[:, 2:].sum(axis=1)
        self.unseen: BoolArray = (signals.people == 0) & bool(signals.people.any())
        """of whom nothing is known, where anything is known of others"""
        self.promise: FloatArray = signals.promise.astype(np.float64)
        self.is_trending: BoolArray = np.zeros(len(catalog), np.bool_)
        """who is among the first that trend"""
        self.category_hashes: HashArray = hash_strings(list(catalog.categories))
        self.topics: npt.NDArray[np.int64] = _topics(catalog)
        """the main category of each episode, the first major one that it names, or -1"""

        self.newest: IntArray = np.lexsort((self.ties, -catalog.published_us))
        """rows, the newest first; so the orders below"""
        self.trending: IntArray = _falling(self.trend, self.ties)[: np.count_nonzero(self.trend)]
        self.is_trending[self.trending[: int(len(self.trending) * TRENDING)]] = True
        self.best: IntArray = _falling(self.quality, self.ties)
        promising = _falling(self.promise, _places(self.newest))
        little_known = signals.people < scenario.sources.unseen_below
        self.to_explore: IntArray = promising[little_known[promising]]
        """what few have chosen, the most promising first, equals by date"""
        every = np.arange(len(catalog))
        self.of_series = Groups.of(
            every, catalog.series, len(catalog.series_ids), _places(self.newest)
        )
        members = np.repeat(every, np.diff(catalog.category_starts))
        well_liked = _places(_falling(self.trend + self.popularity + self.quality, self.ties))
        categories = catalog.category_members, len(catalog.categories)
        self.popular = Groups.of(members, *categories, well_liked)
        self.good = Groups.of(members, *categories, _places(self.best))


def _ties(catalog: Catalog, ties: str) -> IntArray:
    if ties == "source":
        return catalog.source_order
    return _places(np.lexsort((catalog.source_order, -catalog.published_us)))


def _falling(values: FloatArray, ties: IntArray) -> IntArray:
    """Rows, the highest value first."""
    return np.lexsort((ties, -values))


def _places(order: IntArray) -> IntArray:
    """Where each row stands in an order."""
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return places


def _topics(catalog: Catalog) -> npt.NDArray[np.int64]:
    topics = np.full(len(catalog), -1, np.int64)
    rows = np.repeat(np.arange(len(catalog)), np.diff(catalog.category_starts))
    major = catalog.category_major[catalog.category_members] == 1
    rows, members = rows[major][::-1], catalog.category_members[major][::-1]
    topics[rows] = members  # of several the first is written last
    return topics
