"""Seen: the feed that a person of a case was given, as the checks look at it."""

from dataclasses import dataclass

import numpy as np

from feed.arrays.arrays import BoolArray, FloatArray, IntArray
from feed.catalog.catalog import SCORES, Catalog
from feed.ranking.pipeline import Ranker
from feed.session.reason_text import phrase
from feed.user.query import Query


@dataclass(frozen=True)
class Seen:
    """A session's whole queue. k episodes."""

    ranker: Ranker
    query: Query
    rows: IntArray
    """(k,) catalog rows in order"""
    reasons: tuple[str, ...]
    """(k,) the key of each one's reason"""

    @property
    def catalog(self) -> Catalog:
        """What it was ranked from."""
        return self.ranker.catalog

    @property
    def ids(self) -> list[str]:
        """(k,) the episodes' ids."""
        return [self.catalog.ids[row] for row in self.rows.tolist()]

    def places(self, mask: BoolArray) -> IntArray:
        """Where the episodes of a mask stand, from 1 on."""
        return np.flatnonzero(mask[self.rows]) + 1

    def scores(self, name: str) -> FloatArray:
        """(n,) an editorial score of every episode; `combined` is credibility + insight."""
        scores = self.catalog.scores
        if name == "combined":
            combined: FloatArray = scores[:, 0] + scores[:, 1]
            return combined
        return scores[:, SCORES.index(name)]


def look(ranker: Ranker, query: Query) -> Seen:
    """Rank the session."""
    slate = ranker.rank(query)
    pairs = zip(slate.reasons.codes.tolist(), slate.reasons.leans_on.tolist(), strict=True)
    keys = tuple(phrase(ranker.catalog, code, leans_on)["key"] for code, leans_on in pairs)
    return Seen(ranker, query, slate.rows.astype(np.int64), keys)
