"""What the selector needs to know of each candidate beside its score."""

import numpy as np

from feed.arrays.arrays import FloatArray, HashArray, IntArray
from feed.arrays.hashing import mix64
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.score_parts import ScoredCandidates
from feed.selection.shortlist import SelectorInput
from feed.user.features import UserFeatures

MAX_CATEGORIES = 20
"""Number of categories, the largest, whose shares of the queue are calibrated."""


def selector_input(
    features: CatalogFeatures, user: UserFeatures, candidates: ScoredCandidates
) -> SelectorInput:
    """Collect what the selector needs of each candidate; None where the scenario ignores it."""
    catalog, rules, rows = features.catalog, features.scenario.selector, candidates.rows
    removes_duplicates = rules.near_duplicate <= 1.0
    category_shares = target_shares = log_weights = noise = None
    if rules.calibration:
        category_shares, target_shares = _category_shares(features, user, rows)
    if rules.explore_every:
        log_weights = candidates.scores / rules.explore_noise
        log_weights = np.where(candidates.is_from("exploration"), log_weights, -np.inf)
        noise = gumbel_noise(catalog.id_hashes[rows], user.query.seed)
    return SelectorInput(
        scores=candidates.scores,
        tie_order=features.tie_order[rows],
        series=catalog.series[rows],
        topics=features.main_category[rows] if rules.topic_decay < 1.0 else None,
        vectors=candidates.vectors if rules.mmr or removes_duplicates else None,
        title_hashes=catalog.title_hashes[rows] if removes_duplicates else None,
        category_shares=category_shares,
        target_shares=target_shares,
        popularity_gain=_popularity_gain(features, candidates) if rules.tail_every else None,
        log_weights=log_weights,
        gumbel_noise=noise,
        pinnable=features.rules.pinnable(rows, candidates.age_days),
    )


def _popularity_gain(features: CatalogFeatures, candidates: ScoredCandidates) -> FloatArray | None:
    """(k,) what popularity adds to each score; None if the scenario gives it no weight."""
    added = [one for name, one in candidates.contributions.items() if name in features.popularity]
    return np.sum(added, axis=0) if added else None


def gumbel_noise(id_hashes: HashArray, seed: int) -> FloatArray:
    """(k,) noise of the standard Gumbel distribution, one draw per episode and seed.

    The episode with the highest log-weight + noise is a draw in proportion to the weights (the
    Gumbel-max trick; Gumbel, 1954). The noise of an episode depends on no other candidate.
    """
    uniform = ((mix64(id_hashes, seed) >> np.uint64(11)).astype(np.float64) + 0.5) / 2**53
    noise: FloatArray = -np.log(-np.log(uniform))
    return noise


def _category_shares(
    features: CatalogFeatures, user: UserFeatures, rows: IntArray
) -> tuple[FloatArray, FloatArray]:
    """(k, c) share of each of the largest categories in each episode, and (c,) the target shares.

    The targets are the user's shares; on a first visit, the square roots of the major categories'
    sizes, so that the feed shows what there is.
    """
    if user.is_unknown:
        categories = np.flatnonzero(features.major_category_sizes)
        shares = np.sqrt(features.major_category_sizes[categories])
    else:
        categories, shares = user.category_shares
    # Ties and the result are ordered by name, so that the order of the catalog changes no feed.
    names = features.category_hashes[categories]
    largest = np.lexsort((names, -shares))[:MAX_CATEGORIES]
    largest = largest[np.argsort(categories[largest])]
    by_name = np.argsort(names[largest])
    targets = shares[largest][by_name]
    targets = targets / max(float(targets.sum()), 1e-12)
    member = features.catalog.membership(rows, categories[largest])[:, by_name]
    return member / np.maximum(member.sum(axis=1, keepdims=True), 1), targets
