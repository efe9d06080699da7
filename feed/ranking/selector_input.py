"""Diversity: what the selector has to know of each candidate beside its score."""

import numpy as np

from feed.arrays.arrays import FloatArray, HashArray, IntArray
from feed.arrays.hashing import mix64
from feed.catalog.catalog import Catalog
from feed.ranking.candidates import Proposed
from feed.ranking.catalog_features import CatalogFeatures
from feed.scenarios.scenario import Scenario
from feed.selection.shortlist import SelectorInput
from feed.user.features import UserFeatures

MOST_CATEGORIES = 20
"""how many categories are kept in proportion"""


def selector_input(
    catalog: Catalog,
    scenario: Scenario,
    features: CatalogFeatures,
    user: UserFeatures,
    proposed: Proposed,
    scores: FloatArray,
    ages: IntArray,
    seed: int,
) -> SelectorInput:
    """The candidates; what the scenario's selector does not look at is left out."""
    pool, rules = proposed.pool, scenario.selector
    rows = pool.rows
    alike = catalog.embeddings.in_memory and (rules.mmr or rules.near_duplicate <= 1.0)
    category_shares = target_shares = None
    if rules.calibration:
        category_shares, target_shares = _category_shares(catalog, features, user, rows)
    return SelectorInput(
        scores=scores,
        tie_order=features.ties[rows],
        series=catalog.series[rows],
        topics=features.topics[rows] if rules.topic_decay < 1.0 else None,
        vectors=proposed.vectors if alike else None,
        title_hashes=catalog.title_hashes[rows] if rules.near_duplicate <= 1.0 else None,
        category_shares=category_shares,
        target_shares=target_shares,
        log_weights=np.where(pool.by("exploration"), scores / rules.explore_noise, -np.inf)
        if rules.explore_every
        else None,
        pinnable=features.rules.pinnable(rows, ages),
        gumbel_noise=gumbel_noise(catalog.id_hashes[rows], seed) if rules.explore_every else None,
    )


def gumbel_noise(id_hashes: HashArray, seed: int) -> FloatArray:
    """(k,) noise of the standard Gumbel distribution, one draw for each episode and seed.

    Whoever has the highest of log-weight + noise is drawn in proportion to the weights (the
    Gumbel-max trick; Gumbel, 1954). A draw depends on no other candidate.
    """
    uniform = ((mix64(id_hashes, seed) >> np.uint64(11)).astype(np.float64) + 0.5) / 2**53
    noise: FloatArray = -np.log(-np.log(uniform))
    return noise


def _category_shares(
    catalog: Catalog, features: CatalogFeatures, user: UserFeatures, rows: IntArray
) -> tuple[FloatArray, FloatArray]:
    """(k, c) the share of each of the largest categories in each episode, and (c,) in the choices.

    On a first visit every major category is wanted in the square root of its proportion, so that
    the feed shows what there is.
    """
    if user.is_unknown:
        named = np.flatnonzero(features.major_sizes)
        shares = np.sqrt(features.major_sizes[named])
    else:
        named, shares = user.category_shares.groups, user.category_shares.shares
    # By name among equals and in the end, so that a feed is the same in whatever order the catalog
    # was read.
    names = features.category_hashes[named]
    largest = np.lexsort((names, -shares))[:MOST_CATEGORIES]
    largest = largest[np.argsort(named[largest])]
    by_name = np.argsort(names[largest])
    targets = shares[largest][by_name]
    targets = targets / max(float(targets.sum()), 1e-12)
    member = catalog.membership(rows, named[largest])[:, by_name]
    return member / np.maximum(member.sum(axis=1, keepdims=True), 1), targets
