"""Eligibility: all filters together, and the freshness window that they leave."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from feed.arrays.arrays import BoolArray, IntArray
from feed.catalog.catalog import Catalog
from feed.ranking import filters
from feed.ranking.compiled_rules import CompiledRules
from feed.scenarios.scenario import Scenario
from feed.user.hydration import HydratedQuery
from feed.user.query import Query


@dataclass(frozen=True)
class Eligibility:
    """Who may be a candidate for one query."""

    catalog: Catalog
    now_us: int
    allowed: BoolArray
    """(n,) passes every filter"""
    window_days: int | None
    """the freshness window, None for none"""
    widened: bool
    """whether it is wider than the scenario's first"""
    floors: BoolArray | None
    """(n,) who passes the quality floors, None for everybody"""
    excluded: IntArray
    """rows that may not come, perhaps more than once"""
    masks: dict[str, BoolArray | None]
    """by further filter, in order: (n,) whom it lets pass, None for everybody"""

    def ages(self, rows: IntArray) -> IntArray:
        """(k,) whole days since publication."""
        return filters.age_days(self.catalog.published_us[rows], self.now_us)

    @cached_property
    def every_age(self) -> IntArray:
        """(n,) the same of every episode."""
        return filters.age_days(self.catalog.published_us, self.now_us)

    def left_out(self) -> Iterator[tuple[str, IntArray]]:
        """By filter, in order: the rows that it removed and no earlier one."""
        free = np.ones(len(self.catalog), np.bool_)
        free[self.excluded] = False
        fresh = filters.fresh(self.catalog, self.now_us, self.window_days)
        every = {"quality_floors": self.floors, "excluded": free, **self.masks, "freshness": fresh}
        left = np.ones(len(self.catalog), np.bool_)
        for name, mask in every.items():
            passing = left if mask is None else left & mask
            yield name, np.flatnonzero(left > passing)
            left = passing

    @property
    def removed(self) -> dict[str, int]:
        """How many those are."""
        return {name: len(rows) for name, rows in self.left_out()}


def eligible(
    catalog: Catalog,
    query: Query,
    history: HydratedQuery,
    scenario: Scenario,
    floors: BoolArray | None,
    ruling: CompiledRules,
    returning: IntArray | None = None,
) -> Eligibility:
    """Who passes `floors`, the quality floors as a mask, every other filter and the rules.

    Within the first of the scenario's freshness windows that lets enough pass; or else the last
    one, or no limit. A step that gains nothing is not taken. What is in `returning` may come though
    the user engaged with it.
    """
    excluded = filters.excluded(catalog, query, history, returning)
    masks = {
        "muted_series": filters.not_muted_series(catalog, query),
        "muted_category": filters.not_muted_category(catalog, query),
        "language": filters.spoken_language(catalog, query),
    }
    if not scenario.filters.unpublished:
        masks["unpublished"] = filters.published(catalog, query.now_us)
    if ruling.filters:
        masks |= ruling.masks(filters.age_days(catalog.published_us, query.now_us))
    windows: list[int | None] = list(scenario.filters.freshness_days)
    if scenario.filters.unlimited or not windows:
        windows.append(None)
    best, allowed, most = windows[0], None, -1
    for window in windows:
        passing = filters.fresh(catalog, query.now_us, window)
        if passing is None:
            passing = np.ones(len(catalog), np.bool_)
        for mask in (floors, *masks.values()):
            if mask is not None:
                passing &= mask
        passing[excluded] = False
        count = int(np.count_nonzero(passing))
        if count > most:
            best, allowed, most = window, passing, count
        if count >= scenario.sources.candidates:
            break
    assert allowed is not None  # noqa: S101  # there is a window, and none has fewer than -1
    return Eligibility(
        catalog, query.now_us, allowed, best, best != windows[0], floors, excluded, masks
    )
