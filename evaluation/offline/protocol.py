"""The evaluation protocol: which users are evaluated, and which episode each should be shown.

Nothing else of the test events is used.
"""

from dataclasses import dataclass, replace

import numpy as np

from evaluation.data.events import Events
from evaluation.data.training import NOT_INTERESTED, TrainingData, TrainingUser
from feed.arrays.arrays import BoolArray, IntArray
from feed.model.timestamps import DAY_US

MIN_EVENTS = 5
"""Least number of a user's events before the cut."""
POPULAR_DAYS = 7
"""Number of days before the cut in which the popularity of targets is counted."""


@dataclass(frozen=True)
class Targets:
    """The u users of an evaluation, and the one episode that each chose next."""

    users: list[TrainingUser]
    rows: IntArray
    """(u,) catalog row of each user's target"""
    times_us: IntArray
    """(u,) when each user chose it, microseconds since 1970"""
    cold: BoolArray
    """(u,) true for targets without any engagement before the cut"""
    popularity_rank: IntArray
    """(u,) place of each target, from 1 on, by the number of users that chose it in the last 7 days
    before the cut, or ever in the training data if each user's last choice is left out; 0 if it was
    not chosen then"""
    unpublished: int
    """number of targets published after the cut, which no feed of that time can show"""
    early: int
    """number of test events before the cut; there should be none"""
    unknown: int
    """number of test events left out, since the catalog lacks their episode"""

    def __len__(self) -> int:
        return len(self.users)

    def sample(self, count: int, seed: int) -> "Targets":
        """At most `count` of the users, drawn without replacement, in the same order."""
        if count >= len(self):
            return self
        return self.take(np.sort(np.random.default_rng(seed).permutation(len(self))[:count]))

    def take(self, indexes: IntArray) -> "Targets":
        """The users at these indexes, in this order."""
        return replace(
            self,
            users=[self.users[index] for index in indexes.tolist()],
            rows=self.rows[indexes],
            times_us=self.times_us[indexes],
            cold=self.cold[indexes],
            popularity_rank=self.popularity_rank[indexes],
        )


def targets(training: TrainingData, test: Events, *, last: bool = False) -> Targets:
    """Select the users with at least 5 training events and a target among the test events.

    The target is the episode of the user's first test event, or of the last one if `last`, that is
    no earlier than their training events, is not `not_interested`, and has an episode that they had
    not engaged with before.
    """
    rows = training.catalog.rows(list(test.episode_ids))[test.episode]
    chosen: dict[str, int] = {}
    seen: dict[str, set[int]] = {}
    indexes = np.flatnonzero((rows >= 0) & (test.event_type != NOT_INTERESTED))
    for index in (indexes[::-1] if last else indexes).tolist():
        user_id = test.user_ids[test.user[index]]
        user = training.users.get(user_id)
        if user_id in chosen or user is None or user.events < MIN_EVENTS:
            continue
        if test.timestamp_us[index] < user.last_us:
            continue
        if user_id not in seen:
            seen[user_id] = set(user.seen.tolist())
        if int(rows[index]) not in seen[user_id]:
            chosen[user_id] = index
    names = sorted(chosen)  # independent of the order of TEST
    chosen_events = np.array([chosen[name] for name in names], np.int64)
    target_rows = rows[chosen_events].astype(np.int64)
    since_us = None if last else training.now_us - POPULAR_DAYS * DAY_US
    return Targets(
        users=[training.users[name] for name in names],
        rows=target_rows,
        times_us=test.timestamp_us[chosen_events],
        cold=training.untouched[target_rows],
        popularity_rank=_popularity_ranks(training, since_us)[target_rows],
        unpublished=int((training.catalog.published_us[target_rows] > training.now_us).sum()),
        early=0 if last else int(np.count_nonzero(test.timestamp_us < training.now_us)),
        unknown=int(np.count_nonzero(rows < 0)),
    )


def leave_last_out(events: Events) -> tuple[Events, Events]:
    """Training events and test events: the last episode that each user chose is left out.

    That is the last one that was new to the user and not rejected. The event that chose it is the
    user's test event; what the user did afterwards is left out of both. Users with fewer than 5
    events before it keep all of theirs, since they are not evaluated.
    """
    pairs = events.user.astype(np.int64) * len(events.episode_ids) + events.episode
    first = np.zeros(len(events), np.bool_)
    first[np.unique(pairs, return_index=True)[1]] = True
    choices = np.flatnonzero(first & (events.event_type != NOT_INTERESTED))
    last = np.full(len(events.user_ids), len(events))
    last[events.user[choices]] = choices  # events are in the order of time: the last one stays
    kept = np.arange(len(events)) < last[events.user]
    enough = np.bincount(events.user[kept], minlength=len(last)) >= MIN_EVENTS
    chosen = last[enough & (last < len(events))]
    return events.take(kept | ~enough[events.user]), events.take(np.sort(chosen))


def _popularity_ranks(training: TrainingData, since_us: int | None) -> IntArray:
    """(n,) place of each episode by the number of users that chose it since a time, or ever.

    Ties are broken by the number of users that ever chose it, then by row. 0 for an episode that
    was not chosen.
    """
    ever = training.choosers()
    lately = ever if since_us is None else training.choosers(since_us)
    order = np.lexsort((-ever, -lately))
    ranks = np.zeros(len(ever), np.int64)
    ranks[order] = np.arange(1, len(ever) + 1)
    return np.where(lately > 0, ranks, 0)
