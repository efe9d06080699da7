"""Eligibility: which episodes may be candidates, by all filters and the freshness window."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feed.arrays.arrays import BoolArray, IntArray, in_sorted
from feed.catalog.catalog import Catalog
from feed.ranking import filters
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.fatigue import tired_rows
from feed.ranking.listening_time import short_enough
from feed.user.features import UserFeatures


@dataclass(frozen=True)
class Eligibility:
    """Which of a catalog's n episodes may be candidates of one query, and what removed the rest."""

    catalog: Catalog
    now_us: int
    """time of the request, microseconds since 1970, UTC"""
    allowed: BoolArray
    """(n,) true for an episode that passes every filter"""
    window_days: int | None
    """the freshness window in whole days; None for no limit"""
    is_widened: bool
    """whether the window is wider than the scenario's first"""
    floors: BoolArray | None
    """(n,) mask of the quality floors; None where every episode passes"""
    excluded: IntArray
    """rows that the user engaged with, the request excludes or the feed seed was made of, possibly
    repeated"""
    masks: dict[str, BoolArray | None]
    """(n,) masks of the other filters by name, in order; None where every episode passes"""

    def age_days(self, rows: IntArray | slice) -> IntArray:
        """(k,) whole days since the publication of these episodes."""
        return filters.age_days(self.catalog.published_us[rows], self.now_us)

    @property
    def not_excluded(self) -> BoolArray:
        """(n,) mask of the episodes that are not in `excluded`."""
        mask = np.ones(len(self.catalog), np.bool_)
        mask[self.excluded] = False
        return mask

    @property
    def fresh(self) -> BoolArray | None:
        """(n,) mask of the episodes within the freshness window; None where it has no limit."""
        return filters.fresh(self.catalog, self.now_us, self.window_days)

    def every_mask(self) -> Iterator[tuple[str, BoolArray | None]]:
        """Yield each filter's name, in order, with its (n,) mask; None where all episodes pass."""
        yield "quality_floors", self.floors
        yield "excluded", self.not_excluded
        yield from self.masks.items()
        yield "freshness", self.fresh

    def removed(self) -> Iterator[tuple[str, IntArray]]:
        """Yield each filter's name, in order, with the rows that it is the first to remove."""
        left = np.ones(len(self.catalog), np.bool_)
        for name, mask in self.every_mask():
            passing = left if mask is None else left & mask
            yield name, np.flatnonzero(left > passing)
            left = passing


def find_eligible(
    features: CatalogFeatures, user: UserFeatures, *, unfinished_return: bool = True
) -> Eligibility:
    """Apply the quality floors, every other filter and the scenario's rules.

    Takes the first of the scenario's freshness windows in which at least `sources.candidates`
    episodes pass, or else the smallest of those in which the most do. An episode that the user left
    unfinished may return where the scenario has a source for it and `unfinished_return` is true.
    Episodes that the user saw too often are left out while the others fill the queue.
    """
    catalog, scenario, query = features.catalog, features.scenario, user.query
    engaged = query.engaged_rows
    if unfinished_return and scenario.sources.unfinished:
        engaged = engaged[~in_sorted(np.sort(user.unfinished), engaged)]
    barred = query.feed_seed.barred_rows if query.feed_seed else engaged[:0]
    excluded = np.concatenate([engaged, query.excluded_rows, barred])
    masks = {
        "muted_series": filters.not_in_series(catalog, query.muted_series),
        "muted_category": filters.not_in_categories(catalog, query.muted_categories),
        "language": filters.in_languages(catalog, query.languages),
    }
    if query.fill_s is not None:
        masks["length"] = short_enough(features, user, query.fill_s)
    if not scenario.filters.unpublished:
        masks["unpublished"] = filters.published(catalog, query.now_us)
    if features.rules.has_filters:
        masks |= features.rules.masks(filters.age_days(catalog.published_us, query.now_us))
    window_days, allowed = _widen(features, user, [features.floors, *masks.values()], excluded)
    tired = tired_rows(query, scenario.impressions)
    if len(tired):
        rested = allowed.copy()
        rested[tired] = False
        if np.count_nonzero(rested) >= scenario.selector.queue:
            allowed = rested
            masks["tired"] = ~in_sorted(tired, np.arange(len(catalog)))
    first = next(iter(scenario.filters.freshness_days), None)
    return Eligibility(
        catalog=catalog,
        now_us=query.now_us,
        allowed=allowed,
        window_days=window_days,
        is_widened=window_days != first,
        floors=features.floors,
        excluded=excluded,
        masks=masks,
    )


def _widen(
    features: CatalogFeatures,
    user: UserFeatures,
    masks: list[BoolArray | None],
    excluded: IntArray,
) -> tuple[int | None, BoolArray]:
    """The freshness window of `find_eligible`, and (n,) the episodes that pass within it."""
    parameters = features.scenario.filters
    windows: list[int | None] = list(parameters.freshness_days)
    if parameters.unlimited or not windows:
        windows.append(None)
    best, allowed, most = windows[0], np.zeros(0, np.bool_), -1
    for window in windows:
        passing = filters.fresh(features.catalog, user.query.now_us, window)
        if passing is None:
            passing = np.ones(len(features.catalog), np.bool_)
        for mask in masks:
            if mask is not None:
                passing &= mask
        passing[excluded] = False
        count = int(np.count_nonzero(passing))
        if count > most:
            best, allowed, most = window, passing, count
        if count >= features.scenario.sources.candidates:
            break
    return best, allowed
