"""A question, and when the parts of its answer were ready.

Light to import: the first event of an answer does not wait for what makes the others.
"""

from dataclasses import dataclass

from feed.model.degradation import Degradation
from functions.telemetry import Metrics, Timings

_MEASURED = ("first_event", "first_token")
"""parts whose times are in the log and in the metrics"""


@dataclass(frozen=True)
class Question:
    """What is asked, and by whom."""

    text: str
    uid: str | None
    answer_id: str
    conversation: str | None
    """id; None where none is kept"""
    is_continued: bool
    """whether the client named the conversation, so that it may have earlier turns"""
    use_retrieval: bool
    seed_words: str
    """what the sources are also to be about"""
    seed_ids: tuple[str, ...]
    """episodes that are the first sources"""
    degraded: tuple[Degradation, ...]
    """what went wrong before"""


class Progress:
    """Notes when the parts of one answer are ready."""

    def __init__(self, timings: Timings, metrics: Metrics) -> None:
        self.timings = timings
        self._metrics = metrics
        self.at_ms: dict[str, float] = {}
        """milliseconds since the request arrived"""

    def mark(self, part: str) -> None:
        """Note that a part is ready, the first time."""
        if part in self.at_ms:
            return
        after_s = self.timings.total_s
        self.at_ms[part] = round(after_s * 1000, 3)
        if part in _MEASURED:
            self._metrics.answer_seconds.observe(part, after_s)
            self.timings.log_fields[f"{part}_ms"] = self.at_ms[part]
