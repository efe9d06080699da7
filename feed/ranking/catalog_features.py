"""Features of the episodes that depend on no query, computed once for a catalog and a scenario."""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, HashArray, IntArray
from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.catalog.signals import Signals
from feed.ranking import filters, scorers
from feed.ranking.compiled_rules import CompiledRules
from feed.ranking.sources import Groups, Ring
from feed.scenarios.scenario import Scenario

TRENDING = 0.1
"""the share of those with a trend that can be called trending"""


class CatalogFeatures:
    """Columns over the n episodes of a catalog, for one scenario.

    What this scenario uses is made at once, so that no session waits for it; the rest if ever.
    """

    def __init__(self, catalog: Catalog, scenario: Scenario) -> None:
        self.catalog = catalog
        self.scenario = scenario
        self._little_known = scenario.sources.unseen_below
        signals, blend = catalog.signals, scenario.blend
        self.quality: FloatArray = scorers.quality(catalog, scenario.quality)
        self.rated: BoolArray = scorers.rated(catalog, self.quality)
        """who can be called highly rated"""
        floors = filters.quality_floors(catalog, scenario.filters)
        self.floors: BoolArray | None = None if floors.all() else floors
        """who passes the quality floors, None for everybody"""
        self.ties: IntArray = _ties(catalog, scenario.sources.ties)
        """what breaks ties: lower comes first"""
        logs = np.log1p(signals.popularity.astype(np.float64) / blend.popularity_unit)
        self.trend: FloatArray = logs[:, :2].sum(axis=1)
        self.popularity: FloatArray = logs[:, 2:].sum(axis=1)
        self.rise: FloatArray = _rise(signals)
        self.unseen: BoolArray = (signals.listeners == 0) & bool(signals.listeners.any())
        """of whom nothing is known, where anything is known of others"""
        self.promise: FloatArray = signals.predicted_popularity.astype(np.float64)
        zero, one = catalog.cosine_scale.tolist()
        self._measure = (zero, one - zero) if blend.measure == "catalog" else (0.0, 1.0)
        self.rules = CompiledRules(catalog, scenario.rules)
        for name in _used(scenario):
            getattr(self, name)

    def measured(self, cosines: FloatArray) -> FloatArray:
        """Cosines in the scenario's measure. A cosine of 0 is none, as of what has no embedding."""
        zero, unit = self._measure
        return np.where(cosines == 0.0, 0.0, (cosines - zero) / unit)

    @cached_property
    def completion(self) -> FloatArray:
        """(n,) share of those who began it that heard it to the end."""
        shares = self.catalog.signals.completion.astype(np.float64)
        return scorers.known_or_median(shares, ~np.isnan(shares))

    @cached_property
    def newest(self) -> IntArray:
        """Rows, the newest first; so the orders below."""
        return np.lexsort((self.ties, -self.catalog.published_us))

    @cached_property
    def trending(self) -> IntArray:
        """What many have chosen lately."""
        return _falling(self.trend, self.ties)[: np.count_nonzero(self.trend)]

    @cached_property
    def is_trending(self) -> BoolArray:
        """(n,) who is among the first that trend."""
        found = np.zeros(len(self.catalog), np.bool_)
        found[self.trending[: int(len(self.trending) * TRENDING)]] = True
        return found

    @cached_property
    def best(self) -> IntArray:
        """By quality."""
        return _falling(self.quality, self.ties)

    @cached_property
    def to_explore(self) -> IntArray:
        """What few have chosen, the most promising first, equals by date; where anyone chose any.

        Where nobody did, everything is as new as anything.
        """
        people = self.catalog.signals.listeners
        promising = _falling(self.promise, _places(self.newest))
        return promising[(people[promising] < self._little_known) & people.any()]

    @cached_property
    def ring(self) -> Ring:
        """The same, for chance to choose from."""
        return Ring.of(self.to_explore, self.catalog.id_hashes)

    @cached_property
    def of_series(self) -> Groups:
        """By series, the newest first."""
        every, count = np.arange(len(self.catalog)), len(self.catalog.series_ids)
        return Groups.of(every, self.catalog.series, count, _places(self.newest))

    @cached_property
    def popular(self) -> Groups:
        """By category, what is chosen most first."""
        liked = _falling(self.trend + self.popularity + self.quality, self.ties)
        return self._by_category(liked)

    @cached_property
    def good(self) -> Groups:
        """By category and quality."""
        return self._by_category(self.best)

    @cached_property
    def topics(self) -> npt.NDArray[np.int64]:
        """(n,) the main category of each episode, the first major one that it names, or -1."""
        return _topics(self.catalog)

    @cached_property
    def category_hashes(self) -> HashArray:
        """(M,) of the categories' names."""
        return hash_strings(list(self.catalog.categories))

    @cached_property
    def major_sizes(self) -> IntArray:
        """(M,) how many episodes are in each major category; 0 for the others."""
        catalog = self.catalog
        sizes = np.bincount(catalog.category_members, minlength=len(catalog.categories))
        return sizes * catalog.category_major

    @cached_property
    def series_hashes(self) -> HashArray:
        """(S,) of the series' ids."""
        return hash_strings(list(self.catalog.series_ids))

    def _by_category(self, order: IntArray) -> Groups:
        catalog = self.catalog
        members = np.repeat(np.arange(len(catalog)), np.diff(catalog.category_starts))
        return Groups.of(members, catalog.category_members, len(catalog.categories), _places(order))


def _rise(signals: Signals) -> FloatArray:
    """(n,) how much of its popularity is of the last days, 0 to 1, squared.

    Of what many choose now, what is new to them rises; what they always chose does not.
    """
    week, ever = signals.popularity[:, 1].astype(np.float64), signals.popularity[:, 3]
    share: FloatArray = np.divide(week, ever, out=np.zeros_like(week), where=ever > 0)
    return share**2


def _used(scenario: Scenario) -> list[str]:
    """The columns that a session of this scenario will ask for."""
    sources, trend = scenario.sources, scenario.blend.trend
    asked = {
        "best": True,
        "trending": sources.trending,
        "is_trending": trend,
        "category_hashes": True,
        "series_hashes": scenario.blend.series,
        "major_sizes": scenario.selector.calibration,
        "topics": trend or scenario.selector.topic_decay < 1.0,
        "completion": scenario.blend.completion,
        "newest": sources.fresh,
        "to_explore": sources.unseen,
        "ring": sources.exploration,
        "of_series": sources.series,
        "popular": sources.popular,
        "good": sources.stated,
    }
    return [name for name, wanted in asked.items() if wanted]


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
