"""Filters: which episodes may be candidates. Each returns a mask over the catalog and scores none.

A mask is (n,) bool, true where the episode passes; None where every episode does. Filters run
before candidate generation, so that no place of a source is spent on what may not be shown.
"""

import numpy as np

from feed.arrays.arrays import BoolArray, IntArray
from feed.catalog.catalog import Catalog
from feed.model.timestamps import DAY_US
from feed.scenarios.parameters import FilterParameters


def quality_floors(catalog: Catalog, parameters: FilterParameters) -> BoolArray:
    """Pass episodes whose credibility, and credibility + insight, reach the scenario's minimum."""
    credibility, insight = catalog.scores[:, 0], catalog.scores[:, 1]
    if parameters.missing == "zero":
        credibility, insight = np.nan_to_num(credibility), np.nan_to_num(insight)
    # A comparison with NaN is false: a score that is missing is below no floor.
    below = (credibility < parameters.min_credibility) | (
        credibility + insight < parameters.min_combined
    )
    return ~below


def age_days(published_us: IntArray, now_us: int) -> IntArray:
    """(k,) whole days since publication, rounded down; negative before publication."""
    return (now_us - published_us) // DAY_US


def fresh(catalog: Catalog, now_us: int, window_days: int | None) -> BoolArray | None:
    """Pass episodes that are at most `window_days` whole days old; None for no window."""
    if window_days is None:
        return None
    before_us = now_us - (window_days + 1) * DAY_US
    if not catalog.is_newest_first:
        return catalog.published_us > before_us
    mask = np.zeros(len(catalog), np.bool_)
    mask[: len(catalog) - np.searchsorted(catalog.published_us[::-1], before_us, "right")] = True
    return mask


def published(catalog: Catalog, now_us: int) -> BoolArray | None:
    """Pass episodes whose date of publication has come."""
    if catalog.newest_us <= now_us:
        return None
    return catalog.published_us <= now_us


def not_in_series(catalog: Catalog, muted: IntArray) -> BoolArray | None:
    """Pass episodes of none of these muted series."""
    return ~np.isin(catalog.series, muted) if len(muted) else None


def not_in_categories(catalog: Catalog, muted: IntArray) -> BoolArray | None:
    """Pass episodes in none of these muted categories.

    Every category of an episode counts, major or sub, its own or its show's: a card shows them all.
    """
    if not len(muted):
        return None
    mask = np.ones(len(catalog), np.bool_)
    mask[catalog.rows_in_categories(muted)] = False
    return mask


def in_languages(catalog: Catalog, languages: IntArray | None) -> BoolArray | None:
    """Pass episodes in one of these languages or an unknown one; all if `languages` is None."""
    if languages is None:
        return None
    return (catalog.language < 0) | np.isin(catalog.language, languages)
