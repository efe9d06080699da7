"""The state of a session between two pages: what is still to be shown, and what is said of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import HashArray
from feed.ranking.pipeline import Trace
from feed.ranking.reasons import Reasons
from feed.ranking.trace import TraceDetail
from feed.scenarios.experiment import Assignment


@dataclass(frozen=True)
class Queue:
    """Episodes still to be shown, in order, and what the answer says about each. k rows.

    Episodes are named by the hashes of their ids, so that a queue outlives the catalog it is from.
    """

    id_hashes: HashArray
    """(k,)"""
    scores: npt.NDArray[np.int32]
    """(k, 4) similarity, quality, recency and final score, in millionths"""
    reasons: Reasons

    def __len__(self) -> int:
        return len(self.id_hashes)

    def take(self, places: Any) -> "Queue":
        """Some of it, in order: `places` is whatever indexes an array."""
        reasons = Reasons(self.reasons.codes[places], self.reasons.leans_on[places])
        return Queue(self.id_hashes[places], self.scores[places], reasons)


class Drawn(NamedTuple):
    """An episode that chance chose for its place; three to a list in the log."""

    place: int
    """in the whole queue, from 1 on"""
    episode_id: str
    propensity: float
    """with what probability, among those proposed for it"""


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session at some point of its queue."""

    session_id: str
    scenario: str
    cold_start: bool
    user_vector_episodes: int
    degraded: tuple[str, ...]
    """what its ranking had to do without"""
    shown: int
    """how many episodes it has shown so far"""
    queue: Queue
    experiment: Assignment | None = None
    drawn: Sequence[Drawn] = ()
    """for the log, when it is created: it travels in no cursor"""
    trace: Trace | None = None
    """for the first page only: it travels in no cursor"""
    detail: TraceDetail | None = None
    """likewise"""
