"""The state of a session between two pages: the rest of its queue, and how that was ranked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import IntArray
from feed.ranking.reasons import Reasons
from feed.ranking.trace import Trace, TraceDetail
from feed.scenarios.experiment import Assignment


@dataclass(frozen=True)
class Queue:
    """The k episodes of a session that are still to be shown, in order."""

    rows: IntArray
    """(k,) rows of the catalog"""
    scores: npt.NDArray[np.int32]
    """(k, 4) similarity, quality, recency and final score, in millionths"""
    reasons: Reasons

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, places: Any) -> "Queue":
        """The episodes at these places, in order; `places` is anything that indexes an array."""
        reasons = Reasons(self.reasons.codes[places], self.reasons.subject_hashes[places])
        return Queue(self.rows[places], self.scores[places], reasons)


class Exploration(NamedTuple):
    """An episode that was drawn at random for an exploration slot; logged as a list of three."""

    position: int
    """its place in the whole queue, counted from 1"""
    episode_id: str
    propensity: float
    """the probability of the draw, 0 to 1, among the candidates for the slot"""


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session before one of its pages."""

    session_id: str
    scenario: str
    cold_start: bool
    user_vector_episodes: int
    degraded: tuple[str, ...]
    """what the ranking had to do without, by the names of `Degradation`"""
    shown: int
    """number of episodes on earlier pages"""
    queue: Queue
    experiment: Assignment | None = None
    seed_text: str = ""
    """words of the feed seed, for reasons; shortened"""
    explored: Sequence[Exploration] = ()
    """the draws of a new session, for its log line; no cursor holds them"""
    trace: Trace | None = None
    """how the queue came about, for the first page; no cursor holds it"""
    detail: TraceDetail | None = None
    """the trace with ids and titles, for the first page; no cursor holds it"""
