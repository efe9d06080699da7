"""Counts on how many days, and in which weeks, users or series have to do with a name."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalog_builder.insights.names import EpisodeNames
from catalog_builder.signals.interactions import DAY_MINUTES, Choices
from feed.arrays.arrays import BoolArray, IntArray, ranges
from feed.catalog.insights import DAYS

WINDOWS_DAYS = (1, 2, 7)
"""Lengths of the windows that end with the last day."""
WEEKS = 5
"""The window itself, and the same days of the week in each of the four weeks before."""
SPAN_DAYS = 7 * WEEKS
"""Days that are counted."""

_AGE_BITS, _OWNER_BITS = 6, 34
"""A key holds the owner from the second bit on, the name from the first, and then the age."""
_AGES, _NAMES = (1 << _AGE_BITS) - 1, (1 << _OWNER_BITS - _AGE_BITS) - 1
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class NameCounts:
    """How many owners, users or series, had to do with each of I names; an owner counts once."""

    keys: tuple[str, ...]
    """(I,) `name_key` of each name, ascending"""
    windows: Counts
    """(I, windows, 5) in the days of each of `WINDOWS_DAYS`, and in those of the weeks before"""
    by_day: Counts
    """(I, 14) on each day, the last day last"""

    @classmethod
    def none(cls, keys: tuple[str, ...]) -> "NameCounts":
        """Counts without any listener."""
        windows = np.zeros((len(keys), len(WINDOWS_DAYS), WEEKS), np.int64)
        return cls(keys, windows, np.zeros((len(keys), DAYS), np.int64))

    def moved(self, keys: tuple[str, ...]) -> "NameCounts":
        """Returns the counts of other names. Names that are new have 0."""
        place = {key: number for number, key in enumerate(keys)}
        places = np.array([place.get(key, -1) for key in self.keys], np.int64)
        kept = np.flatnonzero(places >= 0)
        made = NameCounts.none(keys)
        made.windows[places[kept]] = self.windows[kept]
        made.by_day[places[kept]] = self.by_day[kept]
        return made

    def known(self) -> "NameCounts":
        """Returns the counts of the names that have any."""
        kept = np.flatnonzero(self.windows.any(axis=(1, 2)) | self.by_day.any(axis=1))
        keys = tuple(self.keys[one] for one in kept.tolist())
        return NameCounts(keys, self.windows[kept], self.by_day[kept])


class ListenerCounter:
    """Counts the users that chose an episode of each name, some users at a time."""

    def __init__(self, names: EpisodeNames, today: int, before: NameCounts | None = None) -> None:
        """`today` is the last day, in days since 1970; `before` is what is counted already."""
        self._names = names
        self._today = today
        self._counts = before.moved(names.keys) if before else NameCounts.none(names.keys)

    def add(self, sign: int, choices: Choices) -> None:
        """Adds what some users chose, each in one call, or subtracts it for a `sign` of -1."""
        ages = self._today - choices.minutes // DAY_MINUTES
        add_events(self._counts, self._names, choices.users, choices.rows, ages, sign)

    @property
    def counts(self) -> NameCounts:
        """What is counted so far; no number is negative."""
        counts = self._counts
        return NameCounts(counts.keys, np.maximum(counts.windows, 0), np.maximum(counts.by_day, 0))


def add_events(
    counts: NameCounts,
    names: EpisodeNames,
    owners: IntArray,
    rows: IntArray,
    ages: IntArray,
    sign: int = 1,
) -> None:
    """Adds k events to counts in place: an owner did something with an episode `ages` days ago.

    `owners`, catalog `rows` and `ages` (whole days, 0 for the last one) are (k,); events that are
    too old or later do not count. With a `sign` of -1 they are subtracted. All events of an owner
    have to come in one call.
    """
    recent = np.flatnonzero((ages >= 0) & (ages < SPAN_DAYS))
    owners, rows, ages = owners[recent], rows[recent], ages[recent]
    starts, ends = names.starts[rows], names.starts[rows + 1]
    times = ends - starts
    keys = np.repeat(owners.astype(np.int64) << _OWNER_BITS | ages, times)
    keys |= names.members[ranges(starts, ends)].astype(np.int64) << _AGE_BITS
    keys.sort()
    keys = keys[_is_first(keys)]  # each owner, name and day once
    pairs, ages = keys >> _AGE_BITS, keys & _AGES
    of_name, (week, day) = pairs & _NAMES, np.divmod(ages, 7)
    shown = ages < DAYS
    days_flat, windows_flat = counts.by_day.reshape(-1), counts.windows.reshape(-1)  # views
    np.add.at(days_flat, of_name[shown] * DAYS + DAYS - 1 - ages[shown], sign)
    for window, days in enumerate(WINDOWS_DAYS):
        inside = np.flatnonzero(day < days)
        some = pairs[inside] << _AGE_BITS | week[inside]  # sorted, as the keys are
        once = inside[_is_first(some)]
        place = of_name[once] * len(WINDOWS_DAYS) + window
        np.add.at(windows_flat, place * WEEKS + week[once], sign)


def _is_first(keys: IntArray) -> BoolArray:
    """(k,) whether each of k sorted keys is the first of its equals."""
    found = np.ones(len(keys), np.bool_)
    found[1:] = keys[1:] != keys[:-1]
    return found
