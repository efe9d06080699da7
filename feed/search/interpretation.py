"""Interpretation: what of a query is read as a filter, and which episodes pass it."""

from dataclasses import dataclass, field

import numpy as np

from feed.arrays.arrays import BoolArray, IntArray
from feed.catalog.catalog import Catalog
from feed.search.index import SearchIndex
from feed.search.intent import Intent


@dataclass(frozen=True)
class Understood:
    """Filters that a query asks for and that hold; None and empty where there is none."""

    series: frozenset[int] = field(default_factory=frozenset)
    """only episodes of these series"""
    since_us: int | None = None
    until_us: int | None = None
    """only those published then, or with that year in their text; microseconds since 1970, UTC"""
    min_duration_s: int | None = None
    max_duration_s: int | None = None
    is_recent: bool = False
    """the newest first, or raised where words are sought, too"""

    def __bool__(self) -> bool:
        return self != NOTHING


NOTHING = Understood()


def understand(
    catalog: Catalog,
    index: SearchIndex,
    intent: Intent,
    allowed: BoolArray,
    matches: IntArray,
) -> tuple[Understood, BoolArray]:
    """The filters of a query that hold, and (n,) which of the allowed episodes pass them.

    A series is a filter where it has an allowed episode. A time or a length is one where an episode
    passes it that matches the query's words: otherwise nothing would be left, so it is relaxed.
    `matches` are rows of allowed episodes. Without a filter, what passes is `allowed` itself.
    """
    asked = intent.conditions
    series: frozenset[int] = frozenset()
    wanted = matches if intent.is_about_words else None  # rows; None: all that pass
    named = intent.in_series(catalog)
    # A query of a name alone may be about its bearer, whom other series have as a guest.
    is_bare = not intent.is_about_words and not asked.any
    if named is not None and not is_bare and np.any(named & allowed):
        series, allowed = intent.series, allowed & named
        wanted = None
    in_period, of_length = intent.in_period(catalog, index), intent.of_length(index)
    has_period = in_period is not None and _is_any(allowed & in_period, wanted)
    if in_period is not None and has_period:
        allowed = allowed & in_period
    has_length = of_length is not None and _is_any(allowed & of_length, wanted)
    if of_length is not None and has_length:
        allowed = allowed & of_length
    found = Understood(
        series,
        asked.since_us if has_period else None,
        asked.until_us if has_period else None,
        asked.min_duration_s if has_length else None,
        asked.max_duration_s if has_length else None,
        asked.is_recent,
    )
    return found, allowed


def _is_any(passing: BoolArray, rows: IntArray | None) -> bool:
    """Whether any of the rows, or of all, passes."""
    return bool(passing.any() if rows is None else passing[rows].any())
