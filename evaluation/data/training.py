"""Learned: all that may be known at the cut, the catalog and the users, from TRAIN alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt

from catalog_builder.build import build_catalog
from catalog_builder.errors import CommandError
from catalog_builder.signals.aggregates import SignalParameters
from evaluation.data.events import Events
from feed.arrays.arrays import BoolArray, IntArray
from feed.catalog.catalog import Catalog
from feed.model.engagement import TYPES, Engagement, Summary, newest
from feed.model.episode import Episode
from feed.model.timestamps import from_us, to_us
from feed.ports.episodes import Vectors

REFUSED = TYPES.index("not_interested")


@dataclass(frozen=True)
class User:
    """A user as of the cut."""

    user_id: str
    summary: Summary
    """what a session reads: the newest 500 engagements"""
    seen: IntArray
    """catalog rows of every episode engaged with, each once, the latest first"""
    liked: IntArray
    """those of them that were not refused with `not_interested`"""
    events: int
    last_us: int


@dataclass(frozen=True)
class Learned:
    """The catalog, its signals and its users as they were at the cut."""

    catalog: Catalog
    users: Mapping[str, User]
    now_us: int
    user: IntArray
    """(m,) user of each event, as a number"""
    row: IntArray
    """(m,) catalog row of each event"""
    timestamp_us: npt.NDArray[np.int64]
    """(m,)"""
    liked: BoolArray
    """(m,) false for `not_interested`"""
    unknown: int
    """events with episodes that the catalog has not: left out"""

    @cached_property
    def audience(self) -> IntArray:
        """(n,) how many users touched each episode."""
        count = len(self.catalog)
        pairs = np.unique(self.user * count + self.row)
        return np.bincount(pairs % max(count, 1), minlength=count)

    @cached_property
    def untouched(self) -> BoolArray:
        """(n,) episodes that nobody has engaged with."""
        nobody: BoolArray = self.audience == 0
        return nobody


def learn(
    episodes: Sequence[Episode],
    vectors: Vectors,
    train: Events,
    now: datetime | None = None,
    parameters: SignalParameters | None = None,
) -> Learned:
    """What is known once `train` has happened; `now` is its last time unless given.

    The only place where a catalog is made for evaluation, with the signals that a build makes of
    the same summaries. Raises `CommandError`.
    """
    if now is None:
        if not len(train):
            raise CommandError("interactions: expected at least one event before the cut, got none")
        now = from_us(int(train.timestamp_us[-1]))
    summaries = _summaries(train)
    catalog = build_catalog(
        episodes, vectors, now, summaries=summaries.values(), parameters=parameters
    )
    rows = catalog.rows(list(train.episode_ids))[train.episode]
    known = train.take(rows >= 0)
    rows = rows[rows >= 0].astype(np.int64)
    return Learned(
        catalog=catalog,
        users=_users(known, rows, summaries),
        now_us=to_us(now),
        user=known.user.astype(np.int64),
        row=rows,
        timestamp_us=known.timestamp_us,
        liked=known.kind != REFUSED,
        unknown=len(train) - len(known),
    )


def _summaries(train: Events) -> dict[str, Summary]:
    """The summary of every user, as the trigger would have left it."""
    made: dict[str, list[Engagement]] = {user_id: [] for user_id in train.user_ids}
    columns = zip(
        train.user.tolist(),
        train.episode.tolist(),
        train.kind.tolist(),
        train.timestamp_us.tolist(),
        train.progress.tolist(),
        strict=True,
    )
    for place, (user, episode, kind, when, heard) in enumerate(columns):
        engagement = Engagement(
            # Of equal times the lower id counts as newer: here the later line.
            id=f"{len(train) - place:012d}",
            episode_id=train.episode_ids[episode],
            type=TYPES[kind],
            timestamp_us=when,
            progress=None if np.isnan(heard) else heard,
        )
        made[train.user_ids[user]].append(engagement)
    return {user_id: Summary(engagements=newest(one)) for user_id, one in made.items() if one}


def _users(known: Events, rows: IntArray, summaries: Mapping[str, Summary]) -> dict[str, User]:
    by_user = np.argsort(known.user, kind="stable")
    bounds = np.searchsorted(known.user[by_user], np.arange(len(known.user_ids) + 1))
    users = {}
    for place, user_id in enumerate(known.user_ids):
        theirs = by_user[bounds[place] : bounds[place + 1]][::-1]
        if len(theirs):
            users[user_id] = User(
                user_id=user_id,
                summary=summaries[user_id],
                seen=_once(rows[theirs]),
                liked=_once(rows[theirs[known.kind[theirs] != REFUSED]]),
                events=len(theirs),
                last_us=int(known.timestamp_us[theirs[0]]),
            )
    return users


def _once(rows: IntArray) -> IntArray:
    """The distinct rows in the order of their first appearance."""
    return rows[np.sort(np.unique(rows, return_index=True)[1])]
