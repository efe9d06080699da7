"""The home page of one user: its shelves in full, before it is cut into answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from feed.home.labels import Label
from feed.model.degradation import Degradation
from feed.ranking.reasons import Reasons
from feed.scenarios.experiment import Assignment
from feed.session.state import Queue


@dataclass(frozen=True)
class Shelf:
    """One shelf of a user's home page."""

    id: str
    title: Label
    reason: Label
    first: int
    """number of its episodes in the first answer"""
    queue: Queue
    """all its episodes, in order"""
    is_of_series: bool = False
    """whether it holds series: `queue.rows` are then indices of the catalog's series"""

    @cached_property
    def shown(self) -> Queue:
        """The episodes in the first answer."""
        return self.queue.take(slice(self.first))

    @cached_property
    def rest(self) -> Queue:
        """The episodes that follow."""
        return self.queue.take(slice(self.first, None))


@dataclass(frozen=True, kw_only=True)
class HomePage:
    """The shelves of one user, and what an answer says of them."""

    session_id: str
    home: str
    """name of the description that the shelves follow"""
    scenario: str
    experiment: Assignment | None
    shelves: tuple[Shelf, ...]
    cold_start: bool
    """whether there was no user vector to rank with"""
    user_vector_episodes: int
    """number of engaged episodes in the user vector"""
    degraded: tuple[Degradation, ...]
    """what the ranking had to do without"""


def joined(queues: Sequence[Queue]) -> Queue:
    """Several queues one after another."""
    return Queue(
        np.concatenate([one.rows for one in queues]),
        np.concatenate([one.scores for one in queues]),
        Reasons(
            np.concatenate([one.reasons.codes for one in queues]),
            np.concatenate([one.reasons.subject_hashes for one in queues]),
        ),
        np.concatenate([one.sources for one in queues]),
    )
