"""Filters: who may be a candidate. Each returns a mask over the catalog; none ever scores.

A mask is (n,) bool, true where the episode is allowed; None lets everybody pass. Filters run before
the sources, so that a source's places are never spent on an episode that may not be shown.
"""

import numpy as np

from feed.arrays.arrays import BoolArray, IntArray, in_sorted
from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.model.episode import primary_subtag
from feed.model.timestamps import DAY_US
from feed.scenarios.scenario import FiltersParameters
from feed.user.hydration import HydratedQuery
from feed.user.query import Query


def quality_floors(catalog: Catalog, parameters: FiltersParameters) -> BoolArray:
    """Credibility, and credibility + insight, at least as high as the floors."""
    credibility, insight = catalog.scores[:, 0], catalog.scores[:, 1]
    if parameters.missing == "zero":
        credibility, insight = np.nan_to_num(credibility), np.nan_to_num(insight)
    # A comparison with NaN is false: a score that is missing is below no floor.
    below = (credibility < parameters.min_credibility) | (
        credibility + insight < parameters.min_combined
    )
    return ~below


def age_days(published_us: IntArray, now_us: int) -> IntArray:
    """(k,) whole days since publication, floored; negative for what is not out yet."""
    return (now_us - published_us) // DAY_US


def fresh(catalog: Catalog, now_us: int, window_days: int | None) -> BoolArray | None:
    """Of an age of at most so many whole days; None is no window."""
    if window_days is None:
        return None
    before_us = now_us - (window_days + 1) * DAY_US
    if not catalog.is_newest_first:
        return catalog.published_us > before_us
    mask = np.zeros(len(catalog), np.bool_)
    mask[: len(catalog) - np.searchsorted(catalog.published_us[::-1], before_us, "right")] = True
    return mask


def published(catalog: Catalog, now_us: int) -> BoolArray | None:
    """Out already."""
    if catalog.newest_us <= now_us:
        return None
    return catalog.published_us <= now_us


def excluded(
    catalog: Catalog, query: Query, history: HydratedQuery, returning: IntArray | None = None
) -> IntArray:
    """Rows excluded by the request or engaged with, by id or content id, perhaps more than once.

    What is in `returning` may come though it was engaged with.
    """
    engaged = catalog.every_row_hashed(history.hashes)
    if returning is not None:
        engaged = engaged[~in_sorted(np.sort(returning), engaged)]
    return np.append(engaged, catalog.rows_named(query.excluded_ids))


def not_muted_series(catalog: Catalog, query: Query) -> BoolArray | None:
    """Of no series that the user muted, by id."""
    if not query.profile.muted_series:
        return None
    muted = catalog.series_index.all(hash_strings(query.profile.muted_series))
    return ~np.isin(catalog.series, muted)


def not_muted_category(catalog: Catalog, query: Query) -> BoolArray | None:
    """In no category that the user muted."""
    if not query.profile.muted_categories:
        return None
    muted = catalog.categories_named(query.profile.muted_categories)
    mask = np.ones(len(catalog), np.bool_)
    mask[catalog.rows_in(muted)] = False
    return mask


def spoken_language(catalog: Catalog, query: Query) -> BoolArray | None:
    """In a language that the user named, if any; an episode whose language is unknown passes."""
    if not query.profile.languages:
        return None
    wanted = {primary_subtag(tag) for tag in query.profile.languages}
    spoken = [i for i, tag in enumerate(catalog.languages) if tag in wanted]
    return (catalog.language < 0) | np.isin(catalog.language, spoken)
