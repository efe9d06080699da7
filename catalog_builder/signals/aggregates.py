"""Computes the signals of a catalog: aggregates of all users' interactions with its episodes.

A value that fewer than `SignalParameters.min_users` users contribute to is left out, because it
could reveal what one of them did.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from catalog_builder.signals.co_engagement import CoEngagementParameters
from catalog_builder.signals.interactions import COMPLETED, MINUTE_US, STARTED, Interactions
from catalog_builder.signals.neighbours import find_neighbours
from catalog_builder.signals.popularity import PopularityCounts, count_popularity
from catalog_builder.signals.popularity_prior import EpisodeContent, predict_popularity
from feed.catalog.signals import HALF_LIVES_DAYS, Signals

MIN_USERS = 5
"""Default of `SignalParameters.min_users`."""
PREDICTED = HALF_LIVES_DAYS.index(7.0)
"""Column of `Signals.popularity` that is predicted for episodes without enough listeners."""


@dataclass(frozen=True)
class SignalParameters:
    """Parameters of `compute_signals`."""

    min_users: int = MIN_USERS
    """fewest users that a published value may come from"""
    neighbours: CoEngagementParameters = field(default_factory=CoEngagementParameters)


def compute_signals(
    interactions: Interactions,
    content: EpisodeContent,
    parameters: SignalParameters | None = None,
    counts: PopularityCounts | None = None,
) -> Signals:
    """Computes popularity, completion, neighbours and the other signals of n episodes.

    Ages are counted from `content.created_us`. `counts` are those of the interactions as of that
    minute, if they are known already.
    """
    parameters = parameters or SignalParameters()
    n, min_users = len(content), parameters.min_users
    if counts is None:
        counts = count_popularity(interactions, content.created_us // MINUTE_US, n)
    listeners, popularity, enough = counts.published(min_users)
    starts, rows, weights = find_neighbours(interactions, n, min_users, parameters.neighbours)
    return Signals(
        listeners=listeners,
        popularity=popularity,
        completion=_completion(interactions, n, min_users),
        neighbour_starts=starts,
        neighbour_rows=rows,
        neighbour_weights=weights,
        predicted_popularity=predict_popularity(content, counts.popularity[:, PREDICTED], enough),
        series_return=_series_return(interactions, content.series, content.series_count, min_users),
    )


def _completion(
    interactions: Interactions, episodes: int, min_users: int
) -> npt.NDArray[np.float32]:
    """(n,) share of listeners of known progress that completed each episode; NaN for too few."""
    started, completed = np.zeros(episodes, np.int64), np.zeros(episodes, np.int64)
    for part in interactions.parts():
        started += np.bincount(part.rows[part.completion >= STARTED], minlength=episodes)
        completed += np.bincount(part.rows[part.completion == COMPLETED], minlength=episodes)
    share = completed / np.maximum(started, 1)
    return np.where(started >= min_users, share, np.nan).astype(np.float32)


def _series_return(
    interactions: Interactions, series: npt.NDArray[np.int32], count: int, min_users: int
) -> npt.NDArray[np.float32]:
    """(S,) share of each series' listeners that chose a second episode of it; 0 for too few.

    `series` (n,) is the series of each episode, -1 for none.
    """
    listeners, returning = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for part in interactions.parts():
        heard = series[part.rows].astype(np.int64)
        users = np.repeat(np.arange(part.users), np.diff(part.starts))
        pairs, times = np.unique((users * (count + 1) + heard)[heard >= 0], return_counts=True)
        of_series = pairs % (count + 1)
        listeners += np.bincount(of_series, minlength=count)
        returning += np.bincount(of_series[times > 1], minlength=count)
    share = returning / np.maximum(listeners, 1)
    return np.where(returning >= min_users, share, 0.0).astype(np.float32)
