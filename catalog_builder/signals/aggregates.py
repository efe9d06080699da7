"""Computes the signals of a catalog: aggregates of all users' interactions with its episodes.

A value that fewer than `SignalParameters.min_users` users contribute to is left out, because it
could reveal what one of them did.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from catalog_builder.signals.co_engagement import DAY_MINUTES, CoEngagementParameters
from catalog_builder.signals.interactions import COMPLETED, MINUTE_US, STARTED, Interactions
from catalog_builder.signals.neighbours import find_neighbours
from catalog_builder.signals.popularity_prior import EpisodeContent, predict_popularity
from feed.catalog.signals import HALF_LIVES_DAYS, Signals

MIN_USERS = 5
"""Default of `SignalParameters.min_users`."""
PREDICTED = HALF_LIVES_DAYS.index(7.0)
"""Column of `Signals.popularity` that is predicted for episodes without enough listeners."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SignalParameters:
    """Parameters of `compute_signals`."""

    min_users: int = MIN_USERS
    """fewest users that a published value may come from"""
    neighbours: CoEngagementParameters = field(default_factory=CoEngagementParameters)


def compute_signals(
    interactions: Interactions, content: EpisodeContent, parameters: SignalParameters | None = None
) -> Signals:
    """Computes popularity, completion, neighbours and the other signals of n episodes.

    Ages are counted from `content.created_us`.
    """
    parameters = parameters or SignalParameters()
    n, min_users = len(content), parameters.min_users
    users, popularity = np.zeros(n, np.int64), np.zeros((n, len(HALF_LIVES_DAYS)))
    for part in interactions.parts():
        users += np.bincount(part.rows, minlength=n)
        popularity += _popularity(part, content.created_us, n)
    enough = users >= min_users
    starts, rows, weights = find_neighbours(
        interactions, content.created_us // MINUTE_US, n, min_users, parameters.neighbours
    )
    return Signals(
        listeners=np.where(enough, users, 0).astype(np.int32),
        popularity=np.where(enough[:, None], popularity, 0.0).astype(np.float32),
        completion=_completion(interactions, n, min_users),
        neighbour_starts=starts,
        neighbour_rows=rows,
        neighbour_weights=weights,
        predicted_popularity=predict_popularity(content, popularity[:, PREDICTED], enough),
        series_return=_series_return(interactions, content.series, content.series_count, min_users),
    )


def age_days(interactions: Interactions, now_us: int) -> npt.NDArray[np.float32]:
    """(m,) days since each interaction; 0 for one that a wrong clock dates in the future."""
    ages = (now_us // MINUTE_US - interactions.minutes.astype(np.int64)) / DAY_MINUTES
    return np.maximum(ages, 0.0).astype(np.float32)


def _popularity(interactions: Interactions, now_us: int, episodes: int) -> Floats:
    """(n, 4) sum of each episode's interaction weights, decayed at each of `HALF_LIVES_DAYS`."""
    ages_days = age_days(interactions, now_us)
    return np.column_stack(
        [
            np.bincount(
                interactions.rows, interactions.weights * np.exp2(-ages_days / half_life), episodes
            )
            for half_life in HALF_LIVES_DAYS
        ]
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
