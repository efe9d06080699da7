"""Selection: the first of some candidates, in order, under the limits of one shelf."""

from collections import Counter

import numpy as np

from feed.arrays.arrays import HashArray, IntArray
from feed.home.parameters import ShelfParameters


class ShelfSelection:
    """Fills one shelf with candidates in the order in which they are offered.

    A series comes `max_per_series` times at most, and a title once. A candidate of the series
    chosen just before waits for one of another series, as long as there are any.
    """

    def __init__(self, length: int, max_per_series: int) -> None:
        self.chosen: list[int] = []
        """the candidates, in order"""
        self._length = length
        self._max_per_series = max_per_series
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
            if series[one] == self._last >= 0:
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
        if series >= 0 and self._counts[series] >= self._max_per_series:
            return False
        if title in self._titles or len(self.chosen) >= self._length:
            return False
        self._last = series
        self._counts[series] += 1
        self._titles.add(title)
        self.chosen.append(one)
        return True


class Choice:
    """Which candidates of a pool are on a shelf already."""

    def __init__(self, series: IntArray, titles: HashArray) -> None:
        """Choose among k candidates, of these (k,) series and hashes of titles."""
        self.free = np.ones(len(series), np.bool_)
        """(k,) whether neither the candidate nor another one of its title is on a shelf yet"""
        self._titles = titles
        self._series_list: list[int] = series.tolist()
        self._title_list: list[int] = titles.tolist()

    def choose(self, ordered: IntArray, shelf: ShelfParameters) -> list[int]:
        """Some of these free candidates, in order, within the limits of a shelf."""
        selection = ShelfSelection(shelf.length, shelf.max_per_series)
        return selection.fill(ordered, self._series_list, self._title_list)

    def take(self, chosen: list[int]) -> None:
        """Note that these candidates are on a shelf."""
        self.free &= ~np.isin(self._titles, self._titles[chosen])
