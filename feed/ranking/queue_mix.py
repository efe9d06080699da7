"""The mix of a queue: what its first episodes are about, and what of it is new to the user."""

from dataclasses import dataclass

import numpy as np

from feed.arrays.arrays import IntArray
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.eligibility import Eligibility
from feed.user.hydration import HydratedQuery

MIX_EPISODES = 50
"""Number of episodes, from the beginning of a queue, whose mix is counted: one page at most."""


@dataclass(frozen=True)
class QueueMix:
    """Numbers of the first 50 episodes of a queue, or of all if it is shorter."""

    categories: dict[str, int]
    """by main category: number of its episodes, the most first; those without one are left out"""
    series: int
    """number of series"""
    largest_series: int
    """number of episodes of the series that has the most"""
    median_age_days: float | None
    """median of the whole days since publication; null for an empty queue"""
    new_series: float | None
    """share of the episodes whose series the user's engagements lack, or that have none"""
    new_categories: float | None
    """share of the episodes none of whose categories the user's engagements have"""


def queue_mix(
    features: CatalogFeatures, query: HydratedQuery, eligible: Eligibility, queue: IntArray
) -> QueueMix:
    """Count the mix of a queue of (k,) rows."""
    catalog, rows = features.catalog, queue[:MIX_EPISODES]
    engaged = np.unique(query.engaged_rows)
    main, series = features.main_category[rows], catalog.series[rows]
    categories, sizes = np.unique(main[main >= 0], return_counts=True)
    of_series = np.unique(series[series >= 0], return_counts=True)[1]
    known_series = catalog.series[engaged]
    known_categories = np.unique(
        np.concatenate([np.zeros(0, np.int64), *map(catalog.categories_of, engaged.tolist())])
    )
    is_new_series = ~np.isin(series, known_series[known_series >= 0])
    is_new_category = ~catalog.membership(rows, known_categories).any(axis=1)
    return QueueMix(
        categories={
            catalog.categories[int(categories[one])]: int(sizes[one])
            for one in np.argsort(-sizes, kind="stable")
        },
        series=len(of_series),
        largest_series=int(of_series.max(initial=0)),
        median_age_days=float(np.median(eligible.age_days(rows))) if len(rows) else None,
        new_series=round(float(is_new_series.mean()), 4) if len(rows) else None,
        new_categories=round(float(is_new_category.mean()), 4) if len(rows) else None,
    )
