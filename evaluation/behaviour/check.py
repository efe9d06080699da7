"""The base class of all checks, the feed that a check judges, and the result that it returns."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import msgspec
import numpy as np

from feed.arrays.arrays import BoolArray, FloatArray, IntArray
from feed.catalog.catalog import SCORES, Catalog
from feed.ranking.pipeline import Ranker
from feed.user.query import Query

Depth = Annotated[int, msgspec.Meta(ge=1, le=150)]
"""A number of episodes, counted from the head of the queue."""
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]


class CheckResult(NamedTuple):
    """Whether a check holds for a feed, and what it observed."""

    holds: bool
    observed: str


@dataclass(frozen=True)
class RankedFeed:
    """The whole queue of one ranked session: k episodes of a catalog of n."""

    ranker: Ranker
    query: Query
    rows: IntArray
    """(k,) catalog rows in the order of the queue"""
    reasons: tuple[str, ...]
    """(k,) key of each episode's reason"""

    @property
    def catalog(self) -> Catalog:
        """The catalog that the session was ranked from."""
        return self.ranker.catalog

    @property
    def ids(self) -> list[str]:
        """The k episode ids in the order of the queue."""
        return [self.catalog.ids[row] for row in self.rows.tolist()]

    def positions(self, mask: BoolArray) -> IntArray:
        """Positions in the queue, from 1 on, of the episodes selected by `mask` (n,)."""
        return np.flatnonzero(mask[self.rows]) + 1

    def position_text(self, position: int) -> str:
        """A position as text; `none` for one beyond the end of the queue."""
        return f"{position}" if position <= len(self.rows) else "none"

    def count_in_top(self, mask: BoolArray, top: int) -> tuple[int, int]:
        """How many of the first `top` episodes `mask` (n,) selects, and how many there are."""
        shown = self.rows[:top]
        return int(mask[shown].sum()), len(shown)

    def scores(self, name: str) -> FloatArray:
        """(n,) an editorial score of every episode; `combined` is credibility + insight."""
        scores = self.catalog.scores
        if name == "combined":
            combined: FloatArray = scores[:, 0] + scores[:, 1]
            return combined
        return scores[:, SCORES.index(name)]


class Check(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="check",
    tag=lambda name: name.removesuffix("Check").lower(),
):
    """A requirement on a feed, written as one `[[expect]]` table of a case."""

    def judge(self, feed: RankedFeed, other: RankedFeed) -> CheckResult:
        """Check `feed`; a comparison checks it against `other`, the feed of the second session."""
        raise NotImplementedError
