"""Eligibility: all filters together, and the freshness window that they leave."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from feed import filters
from feed.catalog import Catalog
from feed.columns import BoolArray, IntArray
from feed.history import History
from feed.request import Query
from feed.ruling import Ruling
from feed.scenario import Scenario


@dataclass(frozen=True)
class Eligible:
    """Who may be a candidate for one query."""

    catalog: Catalog
    now_us: int
    allowed: BoolArray
    """(n,) passes every filter"""
    window_days: int | None
    """the freshness window, None for none"""
    widened: bool
    """whether it is wider than the scenario's first"""
    masks: dict[str, BoolArray | None]
    """by filter, in order: (n,) whom it lets pass, None for everybody"""

    def ages(self, rows: IntArray) -> IntArray:
        """(k,) whole days since publication."""
        return filters.age_days(self.catalog.published_us[rows], self.now_us)

    @cached_property
    def every_age(self) -> IntArray:
        """(n,) the same of every episode."""
        return filters.age_days(self.catalog.published_us, self.now_us)

    def left_out(self) -> Iterator[tuple[str, IntArray]]:
        """By filter, in order: the rows that it removed and no earlier one."""
        left = np.ones(len(self.catalog), np.bool_)
        for name, mask in self.masks.items():
            yield name, np.flatnonzero(left > _both(left, mask))
            left = _both(left, mask)

    @property
    def removed(self) -> dict[str, int]:
        """How many those are."""
        return {name: len(rows) for name, rows in self.left_out()}


def eligible(
    catalog: Catalog,
    query: Query,
    history: History,
    scenario: Scenario,
    floors: BoolArray,
    ruling: Ruling,
    returning: IntArray | None = None,
) -> Eligible:
    """Who passes `floors`, the quality floors as a mask, every other filter and the rules.

    What is in `returning` may come though the user engaged with it.
    """
    masks = {
        "excluded": filters.not_excluded(catalog, query, history, returning),
        "muted_series": filters.not_muted_series(catalog, query),
        "muted_category": filters.not_muted_category(catalog, query),
        "language": filters.spoken_language(catalog, query),
    }
    if not scenario.filters.unpublished:
        masks["unpublished"] = filters.published(catalog, query.now_us)
    if ruling.filters:
        masks |= ruling.masks(filters.age_days(catalog.published_us, query.now_us))
    allowed = floors
    for mask in masks.values():
        allowed = _both(allowed, mask)
    masks = {"quality_floors": floors, **masks}
    return _windowed(Eligible(catalog, query.now_us, allowed, None, False, masks), scenario)


def _windowed(found: Eligible, scenario: Scenario) -> Eligible:
    """The same within the first of the scenario's freshness windows that lets enough pass.

    Or else the last one, or no limit. A step that gains nothing is not taken.
    """
    steps: list[int | None] = list(scenario.filters.freshness_days)
    if scenario.filters.unlimited or not steps:
        steps.append(None)
    best, most = found, -1
    for window in steps:
        fresh = filters.fresh(found.catalog, found.now_us, window)
        allowed = _both(found.allowed, fresh)
        passing = int(np.count_nonzero(allowed))
        if passing > most:
            masks = found.masks | {"freshness": fresh}
            best = Eligible(found.catalog, found.now_us, allowed, window, window != steps[0], masks)
            most = passing
        if passing >= scenario.sources.candidates:
            break
    return best


def _both(allowed: BoolArray, mask: BoolArray | None) -> BoolArray:
    return allowed if mask is None else allowed & mask
