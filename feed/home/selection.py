"""Selection: the first of some candidates, in order, under the limits of shelf and page."""

from collections import Counter

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, HashArray, IntArray
from feed.home.parameters import ShelfParameters

OWN = frozenset({"unfinished", "followed"})
"""Kinds whose episodes a listener asked for: the limit per series of the page does not apply."""


class Choice:
    """Which candidates of a pool are on a shelf already."""

    def __init__(self, series: IntArray, titles: HashArray, max_per_series: int) -> None:
        """Choose among k candidates, of these (k,) series and hashes of titles."""
        self.series: list[int] = series.tolist()
        """(k,) below 0 for none"""
        self._title_groups = np.unique(titles, return_inverse=True)[1]
        self.titles: list[int] = self._title_groups.tolist()
        """(k,) the same number for the same title"""
        self.free = np.ones(len(series), np.bool_)
        """(k,) whether neither the candidate nor another one of its title is on a shelf yet"""
        self.max_per_series = max_per_series
        """greatest number of episodes of one series on all shelves but those of the kinds `OWN`"""
        self.on_page: Counter[int] = Counter()
        """by series: number of its episodes on these shelves"""

    def take(self, chosen: list[int], shelf: ShelfParameters) -> None:
        """Note that these candidates are on a shelf."""
        taken = np.zeros(len(self.free), np.bool_)
        taken[self._title_groups[chosen]] = True
        self.free &= ~taken[self._title_groups]
        if shelf.kind not in OWN:
            self.on_page.update(self.series[one] for one in chosen)


class ShelfSelection:
    """Fills one shelf with the first candidates, in order, that its limits and the page's allow.

    An order by score is broken for variety: a candidate of the series chosen just before waits for
    one of another series, as long as there are any.
    """

    def __init__(self, choice: Choice, shelf: ShelfParameters, ordered: IntArray) -> None:
        """Choose among `ordered` (m,), places of candidates, the first to be shown first."""
        self.chosen: list[int] = []
        """places of the candidates on the shelf, in order"""
        self._choice = choice
        self._shelf = shelf
        self._ordered = ordered
        self._limit = shelf.max_per_series
        self._is_limited = shelf.kind not in OWN
        self._counts: Counter[int] = Counter()
        self._titles: set[int] = set()
        self._new: Counter[int] = Counter()
        """by series: number of episodes that are not noted on the page yet"""
        self._last = -1

    def extend(self, length: int, least: int = 0) -> bool:
        """Choose until there are `length`; take none and return False if there are not `least`."""
        free, before = self._ordered[self._choice.free[self._ordered]], len(self.chosen)
        self._new.clear()
        waiting = self._fill(free.tolist(), length)
        for one in waiting:
            self._add(one, length)
        if len(self.chosen) < least:
            return False
        self._choice.take(self.chosen[before:], self._shelf)
        return True

    def _fill(self, ordered: list[int], length: int) -> list[int]:
        """Choose among candidates; return those of the series chosen last that still wait."""
        series, alternate = self._choice.series, self._shelf.order == "score"
        waiting: list[int] = []
        for one in ordered:
            if len(self.chosen) >= length:
                break
            if alternate and series[one] == self._last >= 0:
                waiting.append(one)
            elif self._add(one, length):
                while waiting and series[waiting[0]] != self._last:
                    self._add(waiting.pop(0), length)
        return waiting

    def _add(self, one: int, length: int) -> bool:
        series, title = self._choice.series[one], self._choice.titles[one]
        if len(self.chosen) >= length or title in self._titles:
            return False
        if series >= 0:
            if self._counts[series] >= self._limit:
                return False
            on_page = self._choice.on_page[series] + self._new[series]
            if self._is_limited and on_page >= self._choice.max_per_series:
                return False
            self._counts[series] += 1
            self._new[series] += 1
        self._last = series
        self._titles.add(title)
        self.chosen.append(one)
        return True


def first_of_each(vectors: npt.NDArray[np.float32], limit: float) -> BoolArray:
    """(m,) whether none of the (m, D) unit vectors kept before has a cosine above `limit`."""
    kept = np.ones(len(vectors), np.bool_)
    alike = vectors @ vectors.T > limit
    np.fill_diagonal(alike, val=False)
    if alike.any():
        for one, other in np.argwhere(np.tril(alike)).tolist():
            kept[one] &= not kept[other]
    return kept
