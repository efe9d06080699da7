"""Training data: the catalog and the users as they are known at the cut, from events before it."""

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
from feed.model.engagement import ENGAGEMENT_TYPES, Engagement, Summary, newest
from feed.model.episode import Episode
from feed.model.timestamps import from_us, to_us
from feed.ports.episodes import Vectors

NOT_INTERESTED = ENGAGEMENT_TYPES.index("not_interested")
"""Type code of an engagement that rejects its episode."""


@dataclass(frozen=True)
class TrainingUser:
    """What is known of a user at the cut."""

    user_id: str
    summary: Summary
    """the stored document that a session reads: the newest 500 engagements"""
    seen: IntArray
    """distinct catalog rows of all episodes engaged with, the latest first"""
    liked: IntArray
    """the rows of `seen` that have an engagement other than `not_interested`, the latest first"""
    events: int
    """number of events with episodes of the catalog"""
    last_us: int
    """time of the latest event, microseconds since 1970"""


@dataclass(frozen=True)
class TrainingData:
    """All that may be known at the cut: catalog, signals, and n episodes' m events by users."""

    catalog: Catalog
    users: Mapping[str, TrainingUser]
    now_us: int
    user: IntArray
    """(m,) code of each event's user"""
    row: IntArray
    """(m,) catalog row of each event"""
    timestamp_us: npt.NDArray[np.int64]
    """(m,) time of each event, microseconds since 1970"""
    liked: BoolArray
    """(m,) false for events of type `not_interested`"""
    unknown: int
    """number of events left out, since the catalog lacks their episode"""

    @cached_property
    def audience(self) -> IntArray:
        """(n,) number of users that engaged with each episode."""
        count = len(self.catalog)
        pairs = np.unique(self.user * count + self.row)
        return np.bincount(pairs % max(count, 1), minlength=count)

    def choosers(self, since_us: int | None = None) -> IntArray:
        """(n,) number of users that chose each episode, since a time or ever; not rejections."""
        chosen = self.liked if since_us is None else self.liked & (self.timestamp_us >= since_us)
        count = len(self.catalog)
        pairs = np.unique(self.user[chosen] * count + self.row[chosen])
        return np.bincount(pairs % max(count, 1), minlength=count)

    @cached_property
    def untouched(self) -> BoolArray:
        """(n,) true for episodes without any engagement."""
        untouched: BoolArray = self.audience == 0
        return untouched


def training_data(
    episodes: Sequence[Episode],
    vectors: Vectors,
    train: Events,
    now: datetime | None = None,
    parameters: SignalParameters | None = None,
) -> TrainingData:
    """Build the catalog and the users that are known after the events in `train`.

    The catalog has the signals that a build computes from the same summaries. `now` is the time
    of the sessions, by default that of the last event.

    Raises:
        CommandError: there is no event and no `now`.
    """
    if now is None:
        if not len(train):
            raise CommandError("interactions: expected at least one event before the cut, got none")
        now = from_us(int(train.timestamp_us[-1]))
    summaries = summaries_of(train)
    catalog = build_catalog(
        episodes, vectors, now, summaries=summaries.values(), parameters=parameters
    )
    rows = catalog.rows(list(train.episode_ids))[train.episode]
    known = train.take(rows >= 0)
    rows = rows[rows >= 0].astype(np.int64)
    return TrainingData(
        catalog=catalog,
        users=_users(known, rows, summaries),
        now_us=to_us(now),
        user=known.user.astype(np.int64),
        row=rows,
        timestamp_us=known.timestamp_us,
        liked=known.event_type != NOT_INTERESTED,
        unknown=len(train) - len(known),
    )


def summaries_of(train: Events) -> dict[str, Summary]:
    """By user id: the summary that the trigger would have stored after these events."""
    by_user: dict[str, list[Engagement]] = {user_id: [] for user_id in train.user_ids}
    columns = zip(
        train.user.tolist(),
        train.episode.tolist(),
        train.event_type.tolist(),
        train.timestamp_us.tolist(),
        train.progress.tolist(),
        strict=True,
    )
    for index, (user, episode, event_type, timestamp_us, progress) in enumerate(columns):
        engagement = Engagement(
            # At equal times the lower id counts as newer; here that is the later line.
            id=f"{len(train) - index:012d}",
            episode_id=train.episode_ids[episode],
            type=ENGAGEMENT_TYPES[event_type],
            timestamp_us=timestamp_us,
            progress=None if np.isnan(progress) else progress,
        )
        by_user[train.user_ids[user]].append(engagement)
    return {user_id: Summary(engagements=newest(one)) for user_id, one in by_user.items() if one}


def _users(
    known: Events, rows: IntArray, summaries: Mapping[str, Summary]
) -> dict[str, TrainingUser]:
    order = np.argsort(known.user, kind="stable")
    bounds = np.searchsorted(known.user[order], np.arange(len(known.user_ids) + 1))
    users = {}
    for code, user_id in enumerate(known.user_ids):
        mine = order[bounds[code] : bounds[code + 1]][::-1]
        if len(mine):
            users[user_id] = TrainingUser(
                user_id=user_id,
                summary=summaries[user_id],
                seen=_distinct(rows[mine]),
                liked=_distinct(rows[mine[known.event_type[mine] != NOT_INTERESTED]]),
                events=len(mine),
                last_us=int(known.timestamp_us[mine[0]]),
            )
    return users


def _distinct(rows: IntArray) -> IntArray:
    """The distinct rows in the order of their first appearance."""
    return rows[np.sort(np.unique(rows, return_index=True)[1])]
