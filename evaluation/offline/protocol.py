"""Protocol: who is asked, and what the right answer is. Nothing else of TEST is ever looked at."""

from dataclasses import dataclass, replace

import numpy as np

from evaluation.data.events import Events
from evaluation.data.training import REFUSED, Learned, User
from feed.arrays.arrays import BoolArray, IntArray

MIN_EVENTS = 5
"""How many earlier events a user has at least."""


@dataclass(frozen=True)
class Targets:
    """u users, and the one episode that each chose next."""

    users: list[User]
    rows: IntArray
    """(u,) catalog rows"""
    cold: BoolArray
    """(u,) whether nobody had touched the target before the cut"""
    unpublished: int
    """targets that were not out yet at the cut: a feed that shows only what is out misses them"""
    early: int
    """events of TEST that lie before the cut: TEST should come after TRAIN"""
    unknown: int
    """events of TEST with episodes that the catalog has not: left out"""

    def __len__(self) -> int:
        return len(self.users)

    def sample(self, count: int, seed: int) -> "Targets":
        """At most `count` of the users, drawn without replacement, in their order."""
        if count >= len(self):
            return self
        places = np.sort(np.random.default_rng(seed).permutation(len(self))[:count])
        return replace(
            self,
            users=[self.users[place] for place in places.tolist()],
            rows=self.rows[places],
            cold=self.cold[places],
        )


def targets(learned: Learned, test: Events) -> Targets:
    """For each user with at least 5 events in TRAIN the first later one in TEST.

    Seen episodes are never recommended, so the first later event is the first with an episode
    that the user had not touched before the cut. One with `not_interested` is no choice.
    """
    rows = learned.catalog.rows(list(test.episode_ids))[test.episode]
    chosen: dict[str, int] = {}
    seen: dict[str, set[int]] = {}
    for place in np.flatnonzero((rows >= 0) & (test.kind != REFUSED)).tolist():
        user_id = test.user_ids[test.user[place]]
        user = learned.users.get(user_id)
        if user_id in chosen or user is None or user.events < MIN_EVENTS:
            continue
        if test.timestamp_us[place] < user.last_us:
            continue
        if user_id not in seen:
            seen[user_id] = set(user.seen.tolist())
        if int(rows[place]) not in seen[user_id]:
            chosen[user_id] = int(rows[place])
    names = sorted(chosen)  # so that TEST decides nothing but who is asked
    found = np.array([chosen[name] for name in names], np.int64)
    return Targets(
        users=[learned.users[name] for name in names],
        rows=found,
        cold=learned.untouched[found],
        unpublished=int(np.count_nonzero(learned.catalog.published_us[found] > learned.now_us)),
        early=int(np.count_nonzero(test.timestamp_us < learned.now_us)),
        unknown=int(np.count_nonzero(rows < 0)),
    )
