"""The parameters of a home page: which shelves it has.

`make docs` writes the tables of docs/home.md from these classes and docstrings.
"""

from typing import Annotated, Literal

import msgspec
from msgspec.structs import replace

from feed.scenarios.parameters import Table
from feed.scenarios.rules import Where

MIN_EPISODES = 3
"""Number of episodes or series below which a shelf is left out."""
ABOUT_EACH = frozenset({"because", "topics"})
"""Kinds that make a shelf about each of several episodes or categories."""

Kind = Literal[
    "unfinished",
    "followed",
    "because",
    "trending",
    "topics",
    "series",
    "episodes",
    "different",
]
ShelfName = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,29}$")]
Factor = Annotated[float, msgspec.Meta(ge=-100, le=100)]
Minutes = Annotated[float, msgspec.Meta(gt=0, le=10_000)]
ShelfLength = Annotated[int, msgspec.Meta(ge=MIN_EPISODES, le=50)]


class ShelfParameters(Table, frozen=True, kw_only=True):
    """One shelf, or several that differ in the episode or category that they are about."""

    name: ShelfName
    """required: id of the shelf in answers, up to 30 letters a to z, digits and `_`; where there
    may be several, they are called `NAME-1`, `NAME-2`"""
    kind: Kind
    """required: which episodes may be on it, see [kinds](#kinds)"""
    title: str = ""
    """in place of the title that the kind has; `{title}` or `{category}` stand for what it is
    about"""
    reason: str = ""
    """in place of the reason that the kind has"""
    shelves: Annotated[int, msgspec.Meta(ge=1, le=5)] = 1
    """greatest number of shelves, for the kinds `because` and `topics`"""
    first: ShelfLength = 5
    """number of episodes in the first answer"""
    length: ShelfLength = 15
    """greatest number of episodes; the rest is in the cursor"""
    max_per_series: Annotated[int, msgspec.Meta(ge=1, le=50)] = 2
    """greatest number of episodes of one series"""
    min_minutes: Minutes | None = None
    """only episodes of at least this length; those of unknown length are none"""
    max_minutes: Minutes | None = None
    """only episodes of at most this length"""
    order: Literal["score", "newest", "listened"] = "score"
    """`score`, the score of the scenario as `factors` change it, the highest first; `newest`, the
    date of publication; `listened`, the time of the last listening, for the kind `unfinished`"""
    factors: dict[str, Factor] = msgspec.field(default_factory=dict)
    """by part of the score: what its contribution is multiplied by on this shelf; below 0 it
    counts against an episode"""
    listeners: Literal["all", "known", "new"] = "all"
    """who gets it: all, only those of whom something is known, or only those of whom nothing is"""
    where: Where | None = None
    """only episodes that meet these [conditions](scenarios.md#rules)"""


MAX_PER_SERIES = 200


class Home(Table, frozen=True, kw_only=True):
    """A home page: its shelves in the order in which they are shown and filled."""

    name: ShelfName = "home"
    """stamped on answers"""
    description: str = ""
    """a note for people"""
    max_per_series: Annotated[int, msgspec.Meta(ge=1, le=MAX_PER_SERIES)] = 6
    """greatest number of episodes of one series on all shelves together, those of the kinds
    `unfinished` and `followed` not counted"""
    factors: dict[str, Factor] = msgspec.field(default_factory=dict)
    """by part of the score: what its contribution is multiplied by on all shelves whose own
    `factors` do not name it"""
    shelves: Annotated[tuple[ShelfParameters, ...], msgspec.Meta(min_length=1, max_length=20)]
    """required: the shelves, from top to bottom; an episode is on the first that it fits"""

    def without_series_limits(self) -> "Home":
        """The page with any number of episodes of one series."""
        shelves = tuple(replace(one, max_per_series=one.length) for one in self.shelves)
        return replace(self, max_per_series=MAX_PER_SERIES, shelves=shelves)
