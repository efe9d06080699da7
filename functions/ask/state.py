"""The state of all answers in one process: whose question is answered, and what is kept."""

from typing import TYPE_CHECKING

from feed.model.degradation import Degradation
from feed.model.engagement import Summary
from functions.problems import ProblemError
from functions.serving.timed_cache import TimedCache
from functions.telemetry import Metrics

if TYPE_CHECKING:
    from feed.ports.conversations import StoredConversation
    from functions.ask.retrieval import Found

KnownSummary = tuple[Summary | None, tuple[Degradation, ...]]

FOUND_S = 300.0
"""how long what a question finds is kept; a new catalog has keys of its own"""
STORED_S = 30.0
"""how long what is stored of a user is kept after it was read"""
MAX_ENTRIES = 500


class Asks:
    """Caches of all questions, and the users whose question is being answered."""

    def __init__(self, metrics: Metrics) -> None:
        self.found: TimedCache[Found] = TimedCache(
            "ask_sources", metrics, ttl_s=FOUND_S, max_entries=MAX_ENTRIES
        )
        """by catalog version and text"""
        self.summaries: TimedCache[KnownSummary] = TimedCache(
            "ask_summary", metrics, ttl_s=STORED_S, max_entries=MAX_ENTRIES
        )
        """by user"""
        self.conversations: TimedCache[StoredConversation] = TimedCache(
            "ask_conversation", metrics, ttl_s=STORED_S, max_entries=MAX_ENTRIES
        )
        """by user and id"""
        self.writes = 0
        """number of writes to data of users through this process"""
        self._answering: dict[str, str] = {}
        """id of the answer that is being written, by user"""

    def forget(self, uid: str) -> None:
        """Forget what is kept of a user, whose stored data have changed."""
        self.writes += 1
        self.summaries.drop(uid)
        self.conversations.drop_where(lambda key: isinstance(key, tuple) and key[0] == uid)

    def begin(self, uid: str | None, answer_id: str) -> None:
        """Take the place of a user's one answer. Raises `ProblemError` 409 if it is taken."""
        if uid is None:
            return
        if uid in self._answering:
            raise ProblemError(
                409,
                "already-answering",
                "an answer to you is being written",
                expected="the next question after it has ended, or after you hang up on it",
                headers={"Retry-After": "1"},
            )
        self._answering[uid] = answer_id

    def end(self, uid: str | None, answer_id: str) -> None:
        """Give the place of a user's answer back, unless another answer has it by now."""
        if uid is not None and self._answering.get(uid) == answer_id:
            del self._answering[uid]
