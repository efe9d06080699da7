"""Insights: names of people, things and topics, how many listen to them, and which are rising."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import IntArray
from feed.arrays.strings import Strings
from feed.model.names import name_key

InsightKind = Literal["person", "entity", "topic"]
KINDS: tuple[InsightKind, ...] = get_args(InsightKind)
"""The values of `Insights.kinds`; a topic is a category."""
DAYS = 14
"""Days of `Insights.listeners_by_day` and `Insights.series_by_day`."""
LISTENERS, PUBLICATIONS = 1, 2
"""Bits of `Insights.rising`: by what a name rises."""


@dataclass(frozen=True)
class Insights:
    """The i insights of a catalog: those that rise, the most certain first, then the largest.

    Numbers of listeners are 0 where fewer users than the builder's minimum contribute to them. A
    day is one of UTC; the last day is that of the catalog's creation, as far as it had come.
    """

    day: npt.NDArray[np.int32]
    """(1,) the last day, in days since 1970; (0,) in a catalog that was built without insights"""
    kinds: npt.NDArray[np.uint8]
    """(i,) index in `KINDS`"""
    names: Strings
    """(i,) each as most episodes spell it"""
    rising: npt.NDArray[np.uint8]
    """(i,) `LISTENERS`, `PUBLICATIONS`, both or 0: in what it is certain to rise"""
    strength: npt.NDArray[np.float32]
    """(i,) how certain it is to rise: -log10 of the p-value, rounded; 0 where it is not"""
    listeners: npt.NDArray[np.int32]
    """(i,) number of users who chose one of its episodes in the last 7 days"""
    series: npt.NDArray[np.int32]
    """(i,) number of series that published an episode of it in the last 7 days"""
    momentum: npt.NDArray[np.float32]
    """(i, 2) listeners and publishing series, as multiples of what earlier weeks let expect, drawn
    towards 1 where counts are small; 0 where it is not known"""
    listeners_by_day: npt.NDArray[np.int32]
    """(i, 14) number of users who chose one of its episodes on each day, the last day last"""
    series_by_day: npt.NDArray[np.int32]
    """(i, 14) number of series that published an episode of it on each day, the last day last"""
    starts: npt.NDArray[np.int64]
    """(i + 1,) insight j has the episodes `rows[starts[j]:starts[j + 1]]`"""
    rows: npt.NDArray[np.int32]
    """catalog rows of the episodes behind each insight, the most telling first"""

    @classmethod
    def none(cls, *days: int) -> "Insights":
        """No insights: of a catalog built on a day, or of one that was built without them."""
        return cls(
            day=np.array(days, np.int32),
            kinds=np.zeros(0, np.uint8),
            names=Strings.of([]),
            rising=np.zeros(0, np.uint8),
            strength=np.zeros(0, np.float32),
            listeners=np.zeros(0, np.int32),
            series=np.zeros(0, np.int32),
            momentum=np.zeros((0, 2), np.float32),
            listeners_by_day=np.zeros((0, DAYS), np.int32),
            series_by_day=np.zeros((0, DAYS), np.int32),
            starts=np.zeros(1, np.int64),
            rows=np.zeros(0, np.int32),
        )

    def __len__(self) -> int:
        return len(self.kinds)

    @property
    def is_missing(self) -> bool:
        """Whether the catalog was built without insights."""
        return not len(self.day)

    @cached_property
    def places(self) -> dict[tuple[str, str], int]:
        """The place of each insight by its kind and `name_key`."""
        pairs = zip(self.kinds.tolist(), self.names, strict=True)
        return {(KINDS[kind], name_key(name)): place for place, (kind, name) in enumerate(pairs)}

    def episodes(self, place: int) -> IntArray:
        """Catalog rows of the episodes behind one insight, the most telling first."""
        return self.rows[self.starts[place] : self.starts[place + 1]]
