"""Sources: each returns rows of episodes that a query may want, best first. Only allowed ones."""

from collections.abc import Callable, Iterator

import numpy as np

from feed.arrays.arrays import BoolArray, IntArray, top_k
from feed.arrays.orderings import take_allowed
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.eligibility import Eligibility
from feed.ranking.similarity import UserSimilarity
from feed.user.features import UserFeatures

NAMES = (
    *("similar", "retrieved", "interests", "neighbours", "series", "unfinished", "trending"),
    *("popular", "fresh", "stated", "unseen", "exploration", "pinned", "best_quality"),
    "seed",
)
"""Every source; its index is its bit in `Candidates.sources`."""
MAIN_CATEGORIES = 5
"""Number of a user's largest categories in which popular episodes are looked for."""
PIN_CHOICES = 20
"""Number of episodes that each pinned slot may choose from."""

Found = tuple[str, IntArray]
"""A source's name, and the rows that it returned, best first."""


def from_each_source(
    features: CatalogFeatures,
    user: UserFeatures,
    eligible: Eligibility,
    similarity: UserSimilarity,
) -> Iterator[Found]:
    """Yield each source's name and rows, for sources with places in the scenario and any rows."""
    places, allowed = features.scenario.sources, eligible.allowed
    declared = places.candidates if similarity.is_missing else places.stated
    # By name: a number of places, and the function that fills them; a source over series or
    # categories fills as many for each.
    sources: dict[str, tuple[int, Callable[[int], IntArray]]] = {
        "neighbours": (places.neighbours, lambda k: _neighbours(features, user, allowed, k)),
        "series": (
            places.series,
            lambda k: features.newest_by_series.take_allowed(user.habitual_series, allowed, k),
        ),
        "unfinished": (places.unfinished, lambda k: user.unfinished[allowed[user.unfinished]][:k]),
        "trending": (places.trending, lambda k: take_allowed(features.trending_first, allowed, k)),
        "popular": (
            places.popular,
            lambda k: features.popular_by_category.take_allowed(
                _main_categories(features, user), allowed, k
            ),
        ),
        "fresh": (places.fresh, lambda k: take_allowed(features.newest_first, allowed, k)),
        "stated": (
            declared,
            lambda k: features.best_by_category.take_allowed(user.declared_interests, allowed, k),
        ),
        "unseen": (places.unseen, lambda k: _unseen(features, similarity, allowed, k)),
        "seed": (places.seed, lambda k: _seed(features, user, similarity, allowed, k)),
        "exploration": (
            places.exploration,
            lambda k: features.exploration_ring.take_allowed(allowed, k, user.query.seed),
        ),
    }
    yield from similarity.sources(allowed)
    if features.rules.has_pins:
        ages = eligible.age_days(slice(None))
        best = features.best_first
        yield "pinned", features.rules.pin_candidates(allowed, ages, best, PIN_CHOICES)
    for name, (count, source) in sources.items():
        if count and len(rows := source(count)):
            yield name, rows


def _neighbours(
    features: CatalogFeatures, user: UserFeatures, allowed: BoolArray, count: int
) -> IntArray:
    """The rows most strongly co-engaged with the user's positives."""
    found = user.neighbours
    free = allowed[found.rows]
    return top_k(found.rows[free], found.nearness[0][free], count, features.tie_order)[0]


def _main_categories(features: CatalogFeatures, user: UserFeatures) -> IntArray:
    """The user's largest categories and declared interests; on a first visit all major ones."""
    if user.is_unknown:
        return np.flatnonzero(features.catalog.category_major)
    groups, shares = user.category_shares
    largest = np.argsort(-shares, kind="stable")[:MAIN_CATEGORIES]
    return np.union1d(groups[largest], user.declared_interests)


def _seed(
    features: CatalogFeatures,
    user: UserFeatures,
    similarity: UserSimilarity,
    allowed: BoolArray,
    count: int,
) -> IntArray:
    """The rows that match the feed seed best: what its words find, or episodes like its own."""
    if user.seed is None:
        return np.zeros(0, np.int64)
    if not user.seed.is_text:
        return similarity.nearest_to_seed(allowed, count)
    rows, scores = user.seed.match_rows, user.seed.match_scores
    free = allowed[rows]
    return top_k(rows[free], scores[free], count, features.tie_order)[0]


def _unseen(
    features: CatalogFeatures, similarity: UserSimilarity, allowed: BoolArray, count: int
) -> IntArray:
    """Of the exploration pool the most promising rows and those most similar to the user."""
    pool = features.exploration_pool
    in_pool = np.zeros(len(allowed), np.bool_)
    in_pool[pool] = True
    similar = similarity.nearest(allowed & in_pool, count)
    return np.unique(np.append(take_allowed(pool, allowed, count), similar))
