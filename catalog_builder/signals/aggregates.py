"""Signals: what all users' choices say of a catalog's episodes.

Whatever fewer than `min_people` stand behind is left out: it could tell of one of them.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from catalog_builder.signals.co_engagement import DAY_MINUTES
from catalog_builder.signals.co_engagement import Parameters as NeighbourParameters
from catalog_builder.signals.interactions import BEGUN, FINISHED, MINUTE_US, Interactions
from catalog_builder.signals.neighbours import neighbours
from catalog_builder.signals.popularity_prior import promise
from feed.catalog.catalog import Catalog
from feed.catalog.signals import HALF_LIVES_DAYS, Signals

MIN_PEOPLE = 5
PROMISED = HALF_LIVES_DAYS.index(7.0)
"""the popularity that an episode's content promises"""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Parameters:
    """How signals are computed."""

    min_people: int = MIN_PEOPLE
    neighbours: NeighbourParameters = field(default_factory=NeighbourParameters)


def signals(
    interactions: Interactions, catalog: Catalog, parameters: Parameters | None = None
) -> Signals:
    """The signals of these interactions, as of the catalog's creation."""
    parameters = parameters or Parameters()
    n, least = len(catalog), parameters.min_people
    now_us = catalog.created_us
    people, popularity = np.zeros(n, np.int64), np.zeros((n, len(HALF_LIVES_DAYS)))
    for part in interactions.parts():
        people += np.bincount(part.rows, minlength=n)
        popularity += _popularity(part, now_us, n)
    enough = people >= least
    starts, rows, weights = neighbours(interactions, catalog, least, parameters.neighbours)
    return Signals(
        people=np.where(enough, people, 0).astype(np.int32),
        popularity=np.where(enough[:, None], popularity, 0.0).astype(np.float32),
        completion=_completion(interactions, n, least),
        neighbour_starts=starts,
        neighbour_rows=rows,
        neighbour_weights=weights,
        promise=promise(catalog, popularity[:, PROMISED], enough),
        series_return=_series_return(interactions, catalog, least),
    )


def age_days(interactions: Interactions, now_us: int) -> npt.NDArray[np.float32]:
    """(m,) how long ago each choice was; what a wrong clock dates ahead is of now."""
    ages = (now_us // MINUTE_US - interactions.minutes.astype(np.int64)) / DAY_MINUTES
    return np.maximum(ages, 0.0).astype(np.float32)


def _popularity(interactions: Interactions, now_us: int, episodes: int) -> Floats:
    """(n, 4) at `HALF_LIVES_DAYS`."""
    ages_days = age_days(interactions, now_us)
    return np.column_stack(
        [
            np.bincount(
                interactions.rows, interactions.weights * np.exp2(-ages_days / half_life), episodes
            )
            for half_life in HALF_LIVES_DAYS
        ]
    )


def _completion(interactions: Interactions, episodes: int, least: int) -> npt.NDArray[np.float32]:
    """(n,) the share that heard it to the end, of those of whom it is known."""
    began, ended = np.zeros(episodes, np.int64), np.zeros(episodes, np.int64)
    for part in interactions.parts():
        began += np.bincount(part.rows[part.heard >= BEGUN], minlength=episodes)
        ended += np.bincount(part.rows[part.heard == FINISHED], minlength=episodes)
    share = ended / np.maximum(began, 1)
    return np.where(began >= least, share, np.nan).astype(np.float32)


def _series_return(
    interactions: Interactions, catalog: Catalog, least: int
) -> npt.NDArray[np.float32]:
    """(S,) the share of a series' listeners who chose a second episode of it."""
    count = len(catalog.series_ids)
    came, again = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for part in interactions.parts():
        series = catalog.series[part.rows].astype(np.int64)
        users = np.repeat(np.arange(part.users), np.diff(part.starts))
        pairs, times = np.unique((users * (count + 1) + series)[series >= 0], return_counts=True)
        of_series = pairs % (count + 1)
        came += np.bincount(of_series, minlength=count)
        again += np.bincount(of_series[times > 1], minlength=count)
    share = again / np.maximum(came, 1)
    return np.where(again >= least, share, 0.0).astype(np.float32)
