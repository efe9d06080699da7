"""What the dates of a show's episodes say of it: how long it has run, and how regularly."""

import numpy as np
import numpy.typing as npt

from feed.model.timestamps import DAY_US

MIN_GAPS = 4
"""fewest gaps between episodes that a show's regularity is measured from"""
UNKNOWN_REGULARITY = 0.5
"""of an episode without a show, or of a show with too few episodes"""

Floats = npt.NDArray[np.float64]


def run_days(
    published_us: npt.NDArray[np.int64], series: npt.NDArray[np.int32], count: int
) -> Floats:
    """Returns (n,) days from the first to the newest episode of each episode's show.

    `published_us` (n,) are microseconds since 1970, `series` (n,) is the show of each episode or -1
    for none, `count` the number of shows. An episode without a show has 0.
    """
    known = series >= 0
    first = np.full(count, np.iinfo(np.int64).max)
    last = np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(first, series[known], published_us[known])
    np.maximum.at(last, series[known], published_us[known])
    days = np.zeros(len(series))
    days[known] = (last - first)[series[known]] / DAY_US
    return days


def regularity(
    published_us: npt.NDArray[np.int64], series: npt.NDArray[np.int32], count: int
) -> Floats:
    """Returns (n,) the share of a show's gaps between episodes that are near its median gap.

    Near is from half to one and a half times the median. Arguments are those of `run_days`.
    Episodes of a show with fewer than `MIN_GAPS` gaps, or without a show, have
    `UNKNOWN_REGULARITY`.
    """
    order = np.lexsort((published_us, series))
    shows, times = series[order], published_us[order]
    within = (shows[1:] == shows[:-1]) & (shows[1:] >= 0)
    owners, gaps = shows[1:][within], np.diff(times)[within].astype(np.float64)
    sizes = np.bincount(owners, minlength=count)
    starts = np.cumsum(sizes) - sizes
    ranked = gaps[np.lexsort((gaps, owners))]
    is_known = sizes >= MIN_GAPS
    median = np.zeros(count)
    median[is_known] = ranked[(starts + sizes // 2)[is_known]]
    near = np.abs(gaps - median[owners]) <= median[owners] / 2
    share = np.bincount(owners, near, count) / np.maximum(sizes, 1)
    found = np.where(is_known, share, UNKNOWN_REGULARITY)
    return np.append(found, UNKNOWN_REGULARITY)[series]  # -1 is the last one
