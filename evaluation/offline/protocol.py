"""The evaluation protocol: which users are evaluated, and which episode each should be shown.

Nothing else of the test events is used.
"""

from dataclasses import dataclass, replace

import numpy as np

from evaluation.data.events import Events
from evaluation.data.training import NOT_INTERESTED, TrainingData, TrainingUser
from feed.arrays.arrays import BoolArray, IntArray

MIN_EVENTS = 5
"""Least number of a user's events before the cut."""


@dataclass(frozen=True)
class Targets:
    """The u users of an evaluation, and the one episode that each chose next."""

    users: list[TrainingUser]
    rows: IntArray
    """(u,) catalog row of each user's target"""
    cold: BoolArray
    """(u,) true for targets without any engagement before the cut"""
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
        indexes = np.sort(np.random.default_rng(seed).permutation(len(self))[:count])
        return replace(
            self,
            users=[self.users[index] for index in indexes.tolist()],
            rows=self.rows[indexes],
            cold=self.cold[indexes],
        )


def targets(training: TrainingData, test: Events) -> Targets:
    """Select the users with at least 5 training events and a target among the test events.

    The target is the episode of the user's first test event that is no earlier than their training
    events, is not `not_interested`, and has an episode that they had not engaged with before.
    """
    rows = training.catalog.rows(list(test.episode_ids))[test.episode]
    chosen: dict[str, int] = {}
    seen: dict[str, set[int]] = {}
    for index in np.flatnonzero((rows >= 0) & (test.event_type != NOT_INTERESTED)).tolist():
        user_id = test.user_ids[test.user[index]]
        user = training.users.get(user_id)
        if user_id in chosen or user is None or user.events < MIN_EVENTS:
            continue
        if test.timestamp_us[index] < user.last_us:
            continue
        if user_id not in seen:
            seen[user_id] = set(user.seen.tolist())
        if int(rows[index]) not in seen[user_id]:
            chosen[user_id] = int(rows[index])
    names = sorted(chosen)  # independent of the order of TEST
    target_rows = np.array([chosen[name] for name in names], np.int64)
    return Targets(
        users=[training.users[name] for name in names],
        rows=target_rows,
        cold=training.untouched[target_rows],
        unpublished=int((training.catalog.published_us[target_rows] > training.now_us).sum()),
        early=int(np.count_nonzero(test.timestamp_us < training.now_us)),
        unknown=int(np.count_nonzero(rows < 0)),
    )
