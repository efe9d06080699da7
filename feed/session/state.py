"""The state of a session between two pages: the rest of its queue, and how that was ranked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import IntArray
from feed.ranking.candidates import SourceBits
from feed.ranking.reasons import Reasons
from feed.ranking.trace import Trace
from feed.ranking.trace_detail import TraceDetail
from feed.scenarios.experiment import Assignment
from feed.session.decision_log import Draw, RankedQueue


@dataclass(frozen=True)
class Queue:
    """The k episodes of a session that are still to be shown, in order."""

    rows: IntArray
    """(k,) rows of the catalog"""
    scores: npt.NDArray[np.int32]
    """(k, 4) similarity, quality, recency and final score, in millionths"""
    reasons: Reasons
    sources: SourceBits
    """(k,) those that proposed each episode, for the log; 0 where they are not known"""

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, places: Any) -> "Queue":
        """The episodes at these places, in order; `places` is anything that indexes an array."""
        reasons = Reasons(self.reasons.codes[places], self.reasons.subject_hashes[places])
        return Queue(self.rows[places], self.scores[places], reasons, self.sources[places])


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
    is_decision: bool = True
    """whether a listener decides what to hear by it, so that the log says what was shown"""
    total_s: float | None = None
    """what the whole queue takes to hear, for the first page of a session that asked for a time"""
    explored: Sequence[Draw] = ()
    """the draws of a new session, for its log line; no cursor holds them"""
    ranked: RankedQueue | None = None
    """what the scores are made of, for the log line of a new session that is to say it"""
    trace: Trace | None = None
    """how the queue came about, for the first page; no cursor holds it"""
    detail: TraceDetail | None = None
    """the trace with ids and titles, for the first page; no cursor holds it"""
