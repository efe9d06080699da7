"""Rank correlation of estimated scores with true ones, over shows that are drawn again.

Spearman's rank correlation, with 95% percentile intervals of a bootstrap that draws whole shows:
episodes of one show share much of what an estimate is made of (Field and Welsh, 2007).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import numpy as np
from scipy.stats import rankdata

from catalog_builder.build import build_catalog
from catalog_builder.enrichment.prior import prior_terms
from evaluation.offline.bootstrap import Interval, interval
from feed.arrays.arrays import FloatArray, IntArray
from feed.model.episode import Episode
from feed.ports.episodes import Vectors

RESAMPLES = 1000
FOLDS = 5
FITTED = "fitted to other shows"
"""name of the reference: least squares on the terms, each show predicted by a fit to others"""


class Correlation(msgspec.Struct, frozen=True):
    """The rank correlation of one estimate with the true scores."""

    spearman: float | None
    """None for an estimate that is the same for all episodes"""
    ci: Interval | None
    """95% interval over shows; None where there is no correlation"""


@dataclass(frozen=True)
class PriorResult:
    """How well estimates agree with true scores."""

    episodes: int
    shows: int
    correlations: dict[str, Correlation]
    """of `estimate`, of `FITTED` and of each term of the prior"""


def correlate_prior(
    episodes: Sequence[Episode], vectors: Vectors, now: datetime, seed: int = 0
) -> PriorResult:
    """Removes all scores, builds a catalog, and compares its estimates with credibility + insight.

    Episodes without both of these scores are part of the catalog and not of the comparison; one of
    no show counts as a show of its own.
    """
    catalog = build_catalog(
        [msgspec.structs.replace(one, scores=None) for one in episodes], vectors, now
    )
    ordered = [episodes[place] for place in catalog.source_order.tolist()]
    truth = np.array([_truth(one) for one in ordered])
    shows = np.where(catalog.series >= 0, catalog.series, len(episodes) + np.arange(len(episodes)))
    terms = prior_terms(ordered, catalog.published_us, catalog.series, catalog.signals)
    known = ~np.isnan(truth)
    units = np.unique(shows[known], return_inverse=True)[1]
    columns = {name: term[known] for name, term in terms.items()}
    estimates = {
        "estimate": catalog.estimated_scores[known].astype(np.float64),
        FITTED: _predicted(np.column_stack(list(columns.values())), truth[known], units, seed),
        **columns,
    }
    return PriorResult(
        episodes=int(known.sum()),
        shows=int(units.max(initial=-1)) + 1,
        correlations=_correlations(estimates, truth[known], units, seed),
    )


def _truth(episode: Episode) -> float:
    scores = episode.scores
    if scores is None or scores.credibility is None or scores.insight is None:
        return float("nan")
    return scores.credibility + scores.insight


def _correlations(
    estimates: dict[str, FloatArray], truth: FloatArray, units: IntArray, seed: int
) -> dict[str, Correlation]:
    members = [np.flatnonzero(units == unit) for unit in range(int(units.max(initial=-1)) + 1)]
    rng = np.random.default_rng(seed)
    drawn = [
        np.concatenate([members[unit] for unit in rng.integers(len(members), size=len(members))])
        for _ in range(RESAMPLES if members else 0)
    ]
    found = {}
    for name, estimate in estimates.items():
        value = _spearman(estimate, truth)
        if np.isnan(value):
            found[name] = Correlation(None, None)
            continue
        resampled = np.array([_spearman(estimate[rows], truth[rows]) for rows in drawn])
        found[name] = Correlation(value, interval(resampled))
    return found


def _spearman(one: FloatArray, other: FloatArray) -> float:
    """The correlation of the ranks of two columns; NaN if one is constant."""
    ranks = np.stack([rankdata(one), rankdata(other)])
    ranks -= ranks.mean(axis=1, keepdims=True)
    norms = np.sqrt((ranks**2).sum(axis=1).prod())
    return float(ranks[0] @ ranks[1] / norms) if norms else float("nan")


def _predicted(features: FloatArray, truth: FloatArray, units: IntArray, seed: int) -> FloatArray:
    """(n,) least-squares predictions, each by a fit to the shows of the other folds."""
    count = int(units.max(initial=-1)) + 1
    fold = np.random.default_rng(seed).permutation(count)[units] % FOLDS
    matrix = np.column_stack([features, np.ones(len(truth))])
    predicted = np.zeros(len(truth))
    for one in range(FOLDS):
        held_out = fold == one
        weights = np.linalg.lstsq(matrix[~held_out], truth[~held_out], rcond=None)[0]
        predicted[held_out] = matrix[held_out] @ weights
    return predicted
