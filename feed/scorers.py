"""Scorers: one float per candidate, in the candidates' order. None ever drops one."""

import numpy as np

from feed.catalog import Catalog
from feed.columns import BoolArray, FloatArray, IntArray
from feed.request import Query
from feed.scenario import Blend, Quality


def quality(catalog: Catalog, parameters: Quality) -> FloatArray:
    """(n,) quality of every episode: the weighted sum of its scores over `scale`.

    Missing scores count 0, or the whole quality as the catalog's median (0.5 if there is none).
    """
    scores = catalog.scores[:, :2]
    if parameters.missing == "zero":
        scores = np.nan_to_num(scores)
    weights = np.array([parameters.credibility, parameters.insight])
    found: FloatArray = scores @ weights / parameters.scale
    missing = np.isnan(found)
    if missing.any():
        known = found[~missing]
        found[missing] = np.median(known) if len(known) else 0.5
    return found


def rated(catalog: Catalog, quality: FloatArray) -> BoolArray:
    """(n,) whose own scores put their quality in the better half of the catalog."""
    known: BoolArray = ~np.isnan(catalog.scores[:, 0] + catalog.scores[:, 1])
    if not known.any():
        return known
    better: BoolArray = known & (quality >= np.median(quality[known]))
    return better


def recency(ages: IntArray, decay: float) -> FloatArray:
    """exp(-decay x age), the age in whole days; above 1 for what is not out yet."""
    with np.errstate(over="ignore"):  # centuries ahead it is infinite, which sorts last
        decayed: FloatArray = np.exp(-decay * ages)
    return decayed


def refused_rows(catalog: Catalog, query: Query) -> IntArray:
    """The episodes that the user is not interested in, newest first.

    The newest engagement with an episode decides: who comes back to it takes that back.
    """
    last: dict[str, str] = {}
    for engagement in query.engagements:
        last.setdefault(engagement.episode_id, engagement.type)
    refused = catalog.rows([name for name, kind in last.items() if kind == "not_interested"])
    return refused[refused >= 0]


def aversion(catalog: Catalog, query: Query, rows: IntArray) -> FloatArray:
    """Similarity, 0 to 1, to the nearest episode that the user is not interested in.

    For a catalog that holds its vectors.
    """
    refused = refused_rows(catalog, query)
    if not len(refused):
        return np.zeros(len(rows))
    nearest = (catalog.embeddings[rows] @ catalog.embeddings[refused].T).max(axis=1)
    clipped: FloatArray = np.clip(nearest, 0.0, 1.0).astype(np.float64)
    return clipped


def served(catalog: Catalog, query: Query, rows: IntArray) -> FloatArray:
    """1 for an episode that an earlier session served, else 0."""
    return np.isin(rows, catalog.rows_named(query.served_ids)).astype(np.float64)


def blend(
    parameters: Blend,
    *,
    similarity: FloatArray,
    quality: FloatArray,
    recency: FloatArray,
    aversion: FloatArray,
    served: FloatArray,
) -> FloatArray:
    """The weighted sum of the parts."""
    blended: FloatArray = (
        parameters.similarity * similarity
        + parameters.quality * quality
        + parameters.recency * recency
        - parameters.aversion * aversion
        - parameters.served * served
    )
    return blended
