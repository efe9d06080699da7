"""Counts the documents that are not understood, by source and reason."""

import logging
from collections import Counter
from dataclasses import dataclass, field

log = logging.getLogger(__name__)


@dataclass
class Refusals:
    """What was not understood since the process began."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """documents read, by source and reason; one that is read again is counted again"""
    examples: dict[tuple[str, str], str] = field(default_factory=dict)
    """the path of the first of each"""

    def add(self, source: str, reason: str, path: str, shown: str = "") -> None:
        """Count a document, and log it.

        The log has `shown` in place of the path, unless it is empty: a path may name the user.
        """
        self.counts[source, reason] += 1
        self.examples.setdefault((source, reason), path)
        fields = {"source": source, "reason": reason}
        log.warning("%s is malformed: %s", shown or path, reason, extra={"fields": fields})
