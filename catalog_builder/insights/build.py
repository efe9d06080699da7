"""Makes the insights of a catalog from the names of its episodes and what users chose."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalog_builder.insights.counts import WINDOWS_DAYS, NameCounts, add_events
from catalog_builder.insights.names import EpisodeNames
from catalog_builder.insights.trends import MAX_STRENGTH, MIN_MOMENTUM, discoveries, find_rises
from feed.arrays.arrays import BoolArray, IntArray
from feed.arrays.strings import Strings
from feed.catalog.catalog import Catalog
from feed.catalog.insights import LISTENERS, PUBLICATIONS, Insights
from feed.catalog.signals import HALF_LIVES_DAYS
from feed.model.timestamps import DAY_US

MIN_SERIES = 2
"""Fewest series that publish what rises by publications, or whose listeners make a name rise."""
DOMINANT = 0.8
"""A name is heard of one series if that has more than this share of the name's popularity."""
LONE_SHARE = 0.25
"""A name heard of one series rises with this share of the listeners of the most heard name."""
MIN_EPISODES = 2
"""Fewest episodes of a name without listeners or publications of several series in the week."""
MAX_INSIGHTS = 1_000
"""Most insights of a catalog; those that rise come first, then the most listened to."""
MAX_EPISODES = 20
"""Most episodes behind an insight."""
MAX_OF_SERIES = 4
"""Most of them that are of one series."""
RECENT_DAYS = 35
"""An older episode is behind an insight only if it has listeners, or if there are no others."""
_WEEK, _POPULARITY = WINDOWS_DAYS.index(7), HALF_LIVES_DAYS.index(7.0)


@dataclass(frozen=True)
class _Rising:
    """What rises by one kind of owners."""

    is_rising: BoolArray
    """(I,)"""
    strength: npt.NDArray[np.float64]
    """(I,)"""
    momentum: npt.NDArray[np.float64]
    """(I,) that of the window with the smallest p-value, or of the week where it does not rise"""


def build_insights(
    catalog: Catalog, names: EpisodeNames, listeners: NameCounts, min_users: int
) -> Insights:
    """Returns the insights of a catalog as of its creation; its signals must be known.

    `listeners` counts the users who chose episodes of each name. A number that fewer than
    `min_users` users contribute to is left out.
    """
    today = catalog.created_us // DAY_US
    if not len(names):
        return Insights.none(today)
    published = _published(catalog, names, today)
    is_spread, now = _is_spread(catalog, names), listeners.windows[:, :, 0]
    alone = np.where(is_spread, 0.0, LONE_SHARE)[:, None] * now.max(axis=0)
    enough = now >= np.maximum(alone, min_users)
    heard, released = _rising(names, listeners, published, enough, min_users)
    by_listeners = np.where(now[:, _WEEK] >= min_users, now[:, _WEEK], 0)
    by_series = published.windows[:, _WEEK, 0]
    is_rising = heard.is_rising | released.is_rising
    strength = np.maximum(heard.strength, released.strength)
    is_known = (by_listeners > 0) & is_spread | (by_series >= MIN_SERIES)
    bearers, episodes = _reach(catalog, names)
    shown = np.flatnonzero(is_rising | is_known | (episodes >= MIN_EPISODES))
    keys = (~is_rising, -strength, ~is_known, -by_listeners, -by_series, -bearers, -episodes)
    order = np.lexsort([shown, *(key[shown] for key in reversed(keys))])  # at last by name
    chosen = shown[order[:MAX_INSIGHTS]]
    by_day = listeners.by_day[chosen]
    rows = [_episodes(catalog, found) for found in _rows_of(names, chosen)]
    momentum = np.column_stack(
        [
            np.where(by_listeners[chosen] > 0, heard.momentum[chosen], 0.0),
            np.where(by_series[chosen] >= MIN_SERIES, released.momentum[chosen], 0.0),
        ]
    )
    return Insights(
        day=np.array([today], np.int32),
        kinds=names.kinds[chosen],
        names=Strings.of(names.spellings[one] for one in chosen.tolist()),
        rising=(
            LISTENERS * heard.is_rising[chosen] + PUBLICATIONS * released.is_rising[chosen]
        ).astype(np.uint8),
        strength=strength[chosen].astype(np.float32),
        listeners=by_listeners[chosen].astype(np.int32),
        series=by_series[chosen].astype(np.int32),
        momentum=momentum.astype(np.float32),
        listeners_by_day=np.where(by_day >= min_users, by_day, 0).astype(np.int32),
        series_by_day=published.by_day[chosen].astype(np.int32),
        starts=np.concatenate([[0], np.cumsum([len(one) for one in rows])]).astype(np.int64),
        rows=np.concatenate([np.zeros(0, np.int64), *rows]).astype(np.int32),
    )


def _published(catalog: Catalog, names: EpisodeNames, today: int) -> NameCounts:
    """How many series published an episode of each name."""
    ages = today - catalog.published_us // DAY_US
    ages = np.where(catalog.published_us <= catalog.created_us, ages, -1)
    counts = NameCounts.none(names.keys)
    add_events(counts, names, _publishers(catalog), np.arange(len(catalog)), ages)
    return counts


def _reach(catalog: Catalog, names: EpisodeNames) -> tuple[IntArray, IntArray]:
    """(I,) and (I,): number of series, and of published episodes, that bear each name."""
    rows = np.repeat(np.arange(len(catalog)), np.diff(names.starts))
    is_out = catalog.published_us[rows] <= catalog.created_us
    rows, members = rows[is_out], names.members[is_out]
    pairs = np.unique(_publishers(catalog)[rows] * len(names) + members)
    count = len(names)
    return np.bincount(pairs % count, minlength=count), np.bincount(members, minlength=count)


def _publishers(catalog: Catalog) -> npt.NDArray[np.int64]:
    """(n,) series of each episode; of one without a series a number of its own."""
    series = catalog.series.astype(np.int64)
    return np.where(series >= 0, series, len(catalog.series_ids) + np.arange(len(catalog)))


def _is_spread(catalog: Catalog, names: EpisodeNames) -> BoolArray:
    """(I,) whether several series bear each name, and none has nearly all of its popularity."""
    count, rows = len(names), np.repeat(np.arange(len(catalog)), np.diff(names.starts))
    popularity = catalog.signals.popularity[rows, _POPULARITY]
    total = np.bincount(names.members, popularity, count)
    pairs, of_pair = np.unique(
        _publishers(catalog)[rows] * count + names.members, return_inverse=True
    )
    most = np.zeros(count)
    np.maximum.at(most, pairs % count, np.bincount(of_pair, popularity, len(pairs)))
    bearers = np.bincount(pairs % count, minlength=count)
    limit = DOMINANT * total * (1 + 1e-4)  # so that no tie depends on rounding
    found: BoolArray = (bearers >= MIN_SERIES) & (most <= limit)
    return found


def _rising(
    names: EpisodeNames,
    listeners: NameCounts,
    published: NameCounts,
    enough: BoolArray,
    min_users: int,
) -> tuple[_Rising, _Rising]:
    """What rises by listeners, and by publications; `enough` (I, windows): where listeners do."""
    found = [
        find_rises(listeners.windows, names.kinds, min_users),
        find_rises(published.windows, names.kinds),
    ]
    rejected = discoveries(np.stack([one.p_values for one in found]))
    counted = [enough, published.windows[:, :, 0] >= MIN_SERIES]
    rising = []
    for one, certain, many in zip(found, rejected, counted, strict=True):
        rises = certain & many & (one.momentum >= MIN_MOMENTUM)
        p_values = np.nan_to_num(one.p_values, nan=1.0)
        is_rising = rises.any(axis=1)
        best = np.where(is_rising, np.argmin(np.where(rises, p_values, 2.0), axis=1), _WEEK)
        at = np.arange(len(names)), best
        strength = np.round(-np.log10(np.maximum(p_values[at], 10**-MAX_STRENGTH)))
        rising.append(_Rising(is_rising, np.where(is_rising, strength, 0.0), one.momentum[at]))
    return rising[0], rising[1]


def _rows_of(names: EpisodeNames, chosen: IntArray) -> list[IntArray]:
    """The catalog rows that bear each of some names."""
    rows = np.repeat(np.arange(len(names.starts) - 1), np.diff(names.starts))
    wanted = np.full(len(names), -1, np.int64)
    wanted[chosen] = np.arange(len(chosen))
    place = wanted[names.members]
    kept = np.flatnonzero(place >= 0)
    order = kept[np.argsort(place[kept], kind="stable")]
    ends = np.cumsum(np.bincount(place[kept], minlength=len(chosen)))
    return np.split(rows[order], ends[:-1]) if len(chosen) else []


def _episodes(catalog: Catalog, rows: IntArray) -> IntArray:
    """Up to `MAX_EPISODES` of some rows, the most listened to first, then the newest."""
    published_us = catalog.published_us[rows]
    is_out = published_us <= catalog.created_us
    popularity = np.round(catalog.signals.popularity[rows, _POPULARITY], 2)
    is_recent = is_out & (published_us > catalog.created_us - RECENT_DAYS * DAY_US)
    telling = is_recent | (is_out & (popularity > 0))
    if not telling.any():
        telling = is_out
    found = np.flatnonzero(telling)
    order = np.lexsort((rows[found], -published_us[found], -popularity[found]))
    best = rows[found[order]]
    series = catalog.series[best]
    taken: dict[int, int] = {}
    kept: list[int] = []
    for row, one in zip(best.tolist(), series.tolist(), strict=True):
        taken[one] = taken.get(one, 0) + 1
        if one < 0 or taken[one] <= MAX_OF_SERIES:
            kept.append(row)
            if len(kept) == MAX_EPISODES:
                break
    return np.array(kept, np.int64)
