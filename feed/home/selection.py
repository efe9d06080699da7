"""Selection: the first of some candidates, in order, under the limits of shelf and page."""

from collections import Counter

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, HashArray, IntArray
from feed.home.parameters import ShelfParameters

OWN = frozenset({"unfinished", "followed"})
"""Kinds whose episodes a listener asked for: the limit per series of the page does not apply."""


class ShelfSelection:
    """Fills one shelf with candidates in the order in which they are offered.

    A series comes `limits[series]` times at most, a title once. With `alternate`, a candidate of
    the series chosen just before waits for one of another series, as long as there are any.
    """

    def __init__(self, length: int, limits: "SeriesLimits", *, alternate: bool) -> None:
        self.chosen: list[int] = []
        """the candidates, in order"""
        self._length = length
        self._limits = limits
        self._alternate = alternate
        self._counts: Counter[int] = Counter()
        self._titles: set[int] = set()
        self._last = -1
        self._waiting: list[int] = []
        """candidates of the series chosen last, in order"""

    def fill(self, ordered: IntArray, series: list[int], titles: list[int]) -> list[int]:
        """Choose among (m,) candidates, the best first; `series` and `titles` (k,) are of all.

        A series below 0 is none: such candidates are not limited.
        """
        for one in ordered.tolist():
            if self._alternate and series[one] == self._last >= 0:
                self._waiting.append(one)
            elif self._add(one, series[one], titles[one]):
                while self._waiting and series[self._waiting[0]] != self._last:
                    waited = self._waiting.pop(0)
                    self._add(waited, series[waited], titles[waited])
            if len(self.chosen) >= self._length:
                return self.chosen
        for one in self._waiting:
            self._add(one, series[one], titles[one])
        return self.chosen

    def _add(self, one: int, series: int, title: int) -> bool:
        if series >= 0 and self._counts[series] >= self._limits[series]:
            return False
        if title in self._titles or len(self.chosen) >= self._length:
            return False
        self._last = series
        self._counts[series] += 1
        self._titles.add(title)
        self.chosen.append(one)
        return True


class SeriesLimits:
    """How many episodes of each series a shelf may still have."""

    def __init__(self, of_shelf: int, of_page: int, on_page: Counter[int]) -> None:
        """The limits of a shelf and of the page, of which `on_page` is used up, by series."""
        self._of_shelf = of_shelf
        self._of_page = of_page
        self._on_page = on_page

    def __getitem__(self, series: int) -> int:
        return min(self._of_shelf, self._of_page - self._on_page[series])


class Choice:
    """Which candidates of a pool are on a shelf already."""

    def __init__(self, series: IntArray, titles: HashArray, max_per_series: int) -> None:
        """Choose among k candidates, of these (k,) series and hashes of titles."""
        self.free = np.ones(len(series), np.bool_)
        """(k,) whether neither the candidate nor another one of its title is on a shelf yet"""
        self._title_groups = np.unique(titles, return_inverse=True)[1]
        self._max_per_series = max_per_series
        self._on_page: Counter[int] = Counter()
        self._series_list: list[int] = series.tolist()
        self._title_list: list[int] = self._title_groups.tolist()

    def choose(self, ordered: IntArray, shelf: ShelfParameters) -> list[int]:
        """Some of these free candidates, in order, within the limits of shelf and page."""
        page = shelf.max_per_series if shelf.kind in OWN else self._max_per_series
        on_page: Counter[int] = Counter() if shelf.kind in OWN else self._on_page
        limits = SeriesLimits(shelf.max_per_series, page, on_page)
        selection = ShelfSelection(shelf.length, limits, alternate=shelf.order == "score")
        return selection.fill(ordered, self._series_list, self._title_list)

    def take(self, chosen: list[int], shelf: ShelfParameters) -> None:
        """Note that these candidates are on a shelf."""
        taken = np.zeros(len(self.free), np.bool_)
        taken[self._title_groups[chosen]] = True
        self.free &= ~taken[self._title_groups]
        if shelf.kind not in OWN:
            self._on_page.update(self._series_list[one] for one in chosen)


def first_of_each(vectors: npt.NDArray[np.float32], limit: float) -> BoolArray:
    """(m,) whether none of the (m, D) unit vectors kept before has a cosine above `limit`."""
    kept = np.ones(len(vectors), np.bool_)
    alike = vectors @ vectors.T > limit
    np.fill_diagonal(alike, val=False)
    if alike.any():
        for one, other in np.argwhere(np.tril(alike)).tolist():
            kept[one] &= not kept[other]
    return kept
