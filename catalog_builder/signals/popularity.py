"""Counts how many users chose each episode, and when: at once, or by what changed meanwhile."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import islice

import msgspec
import numpy as np
import numpy.typing as npt

from catalog_builder.signals.interactions import (
    DAY_MINUTES,
    DECODED_USERS,
    MINUTE_US,
    Choices,
    Interactions,
    collect_interactions,
)
from feed.arrays.arrays import BoolArray, IntArray
from feed.catalog.signals import HALF_LIVES_DAYS
from feed.model.engagement import Summary

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PopularityCounts:
    """What the popularity of n episodes is computed from.

    It is never published: a count of few users may tell what one of them did.
    """

    users: npt.NDArray[np.int64]
    """(n,) number of users with an interaction"""
    popularity: Floats
    """(n, 4) sum of the interactions' weights, decayed at each of `HALF_LIVES_DAYS`"""
    minute: int
    """minute since 1970 that ages are counted from"""

    def at(self, minute: int) -> "PopularityCounts":
        """Returns the counts with ages counted from another minute."""
        halvings = (minute - self.minute) / DAY_MINUTES / np.array(HALF_LIVES_DAYS)
        return PopularityCounts(self.users, self.popularity * np.exp2(-halvings), minute)

    def moved(self, rows: IntArray, episodes: int) -> "PopularityCounts":
        """Returns the counts of a catalog of `episodes` rows.

        `rows` (n,) are the new rows of these episodes, -1 for one that is gone. An episode that is
        new has counts of 0.
        """
        kept = np.flatnonzero(rows >= 0)
        users = np.zeros(episodes, np.int64)
        popularity = np.zeros((episodes, len(HALF_LIVES_DAYS)))
        users[rows[kept]] = self.users[kept]
        popularity[rows[kept]] = self.popularity[kept]
        return PopularityCounts(users, popularity, self.minute)

    def published(
        self, min_users: int
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32], BoolArray]:
        """Returns listeners (n,), popularity (n, 4), and which episodes have `min_users` users.

        The others have 0 of both.
        """
        enough = self.users >= min_users
        listeners = np.where(enough, self.users, 0).astype(np.int32)
        popularity = np.where(enough[:, None], self.popularity, 0.0).astype(np.float32)
        return listeners, popularity, enough


def count_popularity(interactions: Interactions, minute: int, episodes: int) -> PopularityCounts:
    """Returns the counts of these interactions with ages counted from a minute since 1970."""
    users = np.zeros(episodes, np.int64)
    popularity = np.zeros((episodes, len(HALF_LIVES_DAYS)))
    for part in interactions.parts():
        users += np.bincount(part.rows, minlength=episodes)
        ages_days = age_days(part, minute * MINUTE_US)
        popularity += np.column_stack(
            [
                np.bincount(part.rows, part.weights * np.exp2(-ages_days / half_life), episodes)
                for half_life in HALF_LIVES_DAYS
            ]
        )
    return PopularityCounts(users, popularity, minute)


def add_changes(
    counts: PopularityCounts,
    changed: Iterable[Summary],
    rows_of: Callable[[list[str]], IntArray],
    *,
    since_us: int,
    until_us: int,
    minute: int,
    watch: Callable[[int, Choices], None] | None = None,
) -> PopularityCounts:
    """Returns the counts with the engagements from `since_us` to before `until_us` of `changed`.

    `changed` are the summaries of users who may have such engagements, each once; `rows_of` maps
    episode ids to rows, -1 for an unknown one; ages are counted from `minute`. A user's earlier
    interaction with an episode counts no more once a new engagement has become part of it: what it
    counted is subtracted. So if `counts` are those of all engagements before `since_us`, the result
    is that of all before `until_us`, unless an engagement has been deleted, has come late, or no
    longer fits in its summary. `watch` is given the engagements of some users at a time, after 1
    for those before `until_us` and -1 for those before `since_us`.
    """
    counts = counts.at(minute)
    users, popularity = counts.users.copy(), counts.popularity.copy()
    remaining = iter(changed)
    while some := list(islice(remaining, DECODED_USERS)):
        for sign, moment_us in ((1, until_us), (-1, since_us)):
            then = [engagements_before(summary, moment_us) for summary in some]
            found = collect_interactions(then, rows_of, partial(watch, sign) if watch else None)
            part = count_popularity(found, minute, len(users))
            users += sign * part.users
            popularity += sign * part.popularity
    return PopularityCounts(np.maximum(users, 0), np.maximum(popularity, 0.0), minute)


def engagements_before(summary: Summary, us: int) -> Summary:
    """Returns a summary with only its engagements before a moment, microseconds since 1970."""
    every = summary.engagements
    if not every or every[0].timestamp_us < us:
        return summary
    first = bisect_right(every, -us, key=lambda one: -one.timestamp_us)
    return msgspec.structs.replace(summary, engagements=every[first:])


def age_days(interactions: Interactions, now_us: int) -> npt.NDArray[np.float32]:
    """(m,) days since each interaction; 0 for one that a wrong clock dates in the future."""
    ages = (now_us // MINUTE_US - interactions.minutes.astype(np.int64)) / DAY_MINUTES
    return np.maximum(ages, 0.0).astype(np.float32)
