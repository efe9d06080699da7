"""Eligibility: all filters together, and the freshness window that they leave."""

from dataclasses import dataclass

import numpy as np

from feed import filters
from feed.catalog import Catalog
from feed.columns import BoolArray, IntArray
from feed.request import Query
from feed.ruling import Ruling
from feed.scenario import Scenario


@dataclass(frozen=True)
class Eligible:
    """Who may be a candidate for one query."""

    allowed: BoolArray
    """(n,) passes every filter"""
    ages: IntArray
    """(n,) whole days"""
    window_days: int | None
    """the freshness window, None for none"""
    widened: bool
    """whether it is wider than the scenario's first"""
    removed: dict[str, int]
    """by filter: how many it removed that no earlier one had"""
    masks: dict[str, BoolArray]
    """(n,) by filter, in their order: who passes it"""


def eligible(
    catalog: Catalog,
    query: Query,
    scenario: Scenario,
    floors: BoolArray,
    ruling: Ruling,
    returning: IntArray | None = None,
) -> Eligible:
    """Who passes `floors`, the quality floors as a mask, every other filter and the rules.

    What is in `returning` may come though the user engaged with it.
    """
    masks = {
        "quality_floors": floors,
        "excluded": filters.not_excluded(catalog, query, returning),
        "muted_series": filters.not_muted_series(catalog, query),
        "muted_category": filters.not_muted_category(catalog, query),
        "language": filters.spoken_language(catalog, query),
    }
    if not scenario.filters.unpublished:
        masks["unpublished"] = filters.published(catalog, query.now_us)
    ages = filters.age_days(catalog, query.now_us)
    masks |= ruling.masks(ages)
    allowed = np.ones(len(catalog), np.bool_)
    removed = {}
    for name, mask in masks.items():
        allowed, removed[name] = _narrow(allowed, mask)
    window, widened = _window(scenario, ages, allowed)
    masks["freshness"] = filters.fresh(ages, window)
    allowed, removed["freshness"] = _narrow(allowed, masks["freshness"])
    return Eligible(allowed, ages, window, widened, removed, masks)


def _window(scenario: Scenario, ages: IntArray, allowed: BoolArray) -> tuple[int | None, bool]:
    """The freshness window in days (None: no limit), and whether it is wider than the first.

    The first of the scenario's steps that lets enough candidates pass, or else the last one,
    or no limit. A step that gains nothing is not taken.
    """
    steps: list[int | None] = list(scenario.filters.freshness_days)
    if scenario.filters.unlimited or not steps:
        steps.append(None)
    best, most = steps[0], -1
    for window in steps:
        passing = int(np.count_nonzero(allowed & filters.fresh(ages, window)))
        if passing > most:
            best, most = window, passing
        if passing >= scenario.sources.candidates:
            break
    return best, best != steps[0]


def _narrow(allowed: BoolArray, mask: BoolArray) -> tuple[BoolArray, int]:
    """Both masks together, and how many the second removed."""
    narrowed = allowed & mask
    return narrowed, int(np.count_nonzero(allowed) - np.count_nonzero(narrowed))
