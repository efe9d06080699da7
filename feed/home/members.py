"""Members: which of the scored candidates each kind of shelf may hold."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, in_sorted
from feed.home.labels import TRENDING_TOPICS, Label, reason, title
from feed.home.parameters import MIN_EPISODES, Kind, ShelfParameters
from feed.home.pool import Pool
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.eligibility import Eligibility
from feed.ranking.reasons import BECAUSE, KEYS
from feed.ranking.sources import Found
from feed.session.reason_text import render, shortened
from feed.user.features import HABITUAL, UserFeatures

ABOUT_NEWEST = 10
"""Number of the newest engagements that a shelf may be about, after the user's interests."""
BEYOND_CHANCE = 3.0
"""Similarity, by the measure `catalog`, from which on two texts are alike whatever their shows."""
UNLIKE = 0.5
"""Similarity to what a listener likes, by the scenario's measure, below which an episode is
something different."""
NEARLY_ALL = 0.8
"""Share of the catalog from which on a category is no topic of a shelf."""
BEST_ELSEWHERE = 3
"""Number of the best episodes of each category that are candidates for something different."""


@dataclass(frozen=True)
class Members:
    """The candidates of one shelf."""

    name: str
    title: Label
    reason: Label
    mask: BoolArray
    """(k,) which of the candidates may be on it"""
    reasons: tuple[npt.NDArray[np.uint8], int] | None = None
    """(k,) code in `KEYS` of the reason of each candidate, and the hash of their one subject, where
    what they are on the shelf for goes before what added most to their scores"""


def propose(
    features: CatalogFeatures,
    shelves: tuple[ShelfParameters, ...],
    user: UserFeatures,
    eligible: Eligibility,
) -> Iterator[Found]:
    """Yield candidates that the shelves need beside those of the scenario's sources."""
    allowed = eligible.allowed
    for shelf in shelves:
        if not is_for(shelf, user):
            continue
        if shelf.kind == "unfinished":
            yield "unfinished", user.unfinished[allowed[user.unfinished]][: shelf.length]
        elif shelf.kind == "followed" and len(user.followed_series):
            newest = features.newest_by_series
            yield "series", newest.take_allowed(user.followed_series, allowed, shelf.length)
        elif shelf.kind == "topics":
            of_topics = topics(features, user)[: shelf.shelves]
            popular = features.popular_by_category
            yield "popular", popular.take_allowed(of_topics, allowed, shelf.length)
        elif shelf.kind == "different":
            others = np.setdiff1d(
                np.flatnonzero(features.catalog.category_major), user.category_shares.groups
            )
            best = features.best_by_category
            yield "best_quality", best.take_allowed(others, allowed, BEST_ELSEWHERE)


def is_for(shelf: ShelfParameters, user: UserFeatures) -> bool:
    """Whether a user gets a shelf at all."""
    return shelf.listeners == "all" or (shelf.listeners == "new") == user.is_unknown


def topics(features: CatalogFeatures, user: UserFeatures) -> IntArray:
    """The user's major categories, the largest share first; of an unknown user the catalog's.

    A category of nearly all episodes is none of them: it says nothing about an episode.
    """
    catalog = features.catalog
    if user.is_unknown:
        groups = np.flatnonzero(catalog.category_major)
        shares: FloatArray = features.major_category_sizes[groups].astype(np.float64)
    else:
        groups, shares = user.category_shares
        major = catalog.category_major[groups] == 1
        groups, shares = groups[major], shares[major]
    telling = features.major_category_sizes[groups] < NEARLY_ALL * len(catalog)
    groups, shares = groups[telling], shares[telling]
    return groups[np.lexsort((features.category_hashes[groups], -shares))]


def members(pool: Pool, shelf: ShelfParameters) -> Iterator[Members]:
    """Yield the members of a shelf, or of each of several that it may become, the best first."""
    yield from _BY_KIND[shelf.kind](pool, shelf)


def _one(shelf: ShelfParameters, mask: BoolArray) -> Members:
    return Members(shelf.name, title(shelf, {}), reason(shelf, {}), mask)


def _unfinished(pool: Pool, shelf: ShelfParameters) -> Iterator[Members]:
    yield _one(shelf, pool.unfinished)


def _followed(pool: Pool, shelf: ShelfParameters) -> Iterator[Members]:
    followed = in_sorted(pool.user.followed_series, pool.series) & (pool.series >= 0)
    yield _one(shelf, followed & ~pool.unfinished)


def _because(pool: Pool, shelf: ShelfParameters) -> Iterator[Members]:
    user, catalog = pool.user, pool.features.catalog
    rows, signals = pool.scoring.candidates.rows, catalog.signals
    about = dict.fromkeys([*user.interests.tolist(), *user.positives[:ABOUT_NEWEST].tolist()])
    types = dict(zip(user.positives.tolist(), user.positive_types.tolist(), strict=True))
    minimum = pool.features.scenario.reasons.min_similarity
    for row in about:
        edges = slice(*signals.neighbour_starts[row : row + 2].tolist())
        nearness = pool.nearness(row)
        near = nearness >= minimum
        near |= in_sorted(np.sort(signals.neighbour_rows[edges]), rows)
        near = pool.akin(near & ~pool.unfinished, row)
        near |= (nearness >= BEYOND_CHANCE) & ~pool.unfinished
        if np.count_nonzero(near) < MIN_EPISODES:
            continue
        code = int(BECAUSE[types[row]])
        params = {"episode_id": catalog.ids[row], "title": shortened(catalog.title(row))}
        named = title(shelf, params)
        if not shelf.title:
            text = render(catalog, code, int(catalog.id_hashes[row])).text
            named = Label(KEYS[code], params, text)
        codes = np.where(nearness >= minimum, code, KEYS.index("others")).astype(np.uint8)
        why = codes, int(catalog.id_hashes[row])
        yield Members(shelf.name, named, reason(shelf, params), near, reasons=why)


def _trending(pool: Pool, shelf: ShelfParameters) -> Iterator[Members]:
    yield _one(shelf, pool.features.is_trending[pool.scoring.candidates.rows])


def _topics(pool: Pool, shelf: ShelfParameters) -> Iterator[Members]:
    features, rows = pool.features, pool.scoring.candidates.rows
    main, is_trending = features.main_category[rows], features.is_trending[rows]
    for topic in topics(features, pool.user).tolist():
        params = {"category": features.catalog.categories[topic]}
        mask = main == topic
        if np.count_nonzero(mask & is_trending) >= shelf.first:
            named = title(shelf, params, TRENDING_TOPICS), reason(shelf, params, TRENDING_TOPICS)
            yield Members(shelf.name, *named, mask & is_trending)
        else:
            yield Members(shelf.name, title(shelf, params), reason(shelf, params), mask)


def _episodes(pool: Pool, shelf: ShelfParameters) -> Iterator[Members]:
    yield _one(shelf, np.ones(len(pool.series), np.bool_))


def _different(pool: Pool, shelf: ShelfParameters) -> Iterator[Members]:
    candidates, user, features = pool.scoring.candidates, pool.user, pool.features
    mask = features.is_highly_rated[candidates.rows] & ~pool.unfinished
    mask &= ~in_sorted(user.habitual_series, pool.series)
    groups, shares = user.category_shares
    mask &= ~in_sorted(groups[shares >= HABITUAL], features.main_category[candidates.rows])
    if candidates.has_cosines:
        nearest = features.rescale(np.maximum(candidates.similarity, candidates.interest))
        mask &= nearest < UNLIKE
    codes = np.full(len(mask), KEYS.index("quality"), np.uint8)  # not that it is like anything
    yield replace(_one(shelf, pool.far(mask)), reasons=(codes, 0))


_BY_KIND: dict[Kind, Callable[[Pool, ShelfParameters], Iterator[Members]]] = {
    "unfinished": _unfinished,
    "followed": _followed,
    "because": _because,
    "trending": _trending,
    "topics": _topics,
    "episodes": _episodes,
    "different": _different,
}
