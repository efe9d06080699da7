"""Times of the last change, as an app's documents have them, for comparisons in queries."""

from typing import Any, TypeAlias

from adapters.firestore.schema.engagements import TimeField
from adapters.firestore.schema.values import Refusal, field_at, instant_us
from feed.model.timestamps import from_us, rfc3339

Mark: TypeAlias = Any
"""A time of change as it is stored: microseconds of a timestamp, else the value itself, a number or
a text; of one type for all documents."""

_PER_SECOND = {"seconds": 1, "milliseconds": 1_000}


class UpdateTimes:
    """The field that says when a document last changed. Marks compare as in Firestore's queries."""

    def __init__(self, field: TimeField) -> None:
        self.name = field.field
        self.unit = field.unit

    def mark(self, document: dict[str, Any]) -> Mark | None:
        """When a document last changed; None if it has no such time."""
        value = field_at(document, self.name)
        try:
            us = instant_us(value, self.unit, self.name)
        except Refusal:
            return None
        if self.unit == "iso" and not value.endswith("Z"):
            return None
        return us if self.unit == "timestamp" else value

    def mark_at(self, us: int) -> Mark:
        """The mark of a moment, microseconds since 1970."""
        if self.unit == "timestamp":
            return us
        if self.unit == "iso":
            return rfc3339(us)
        return us * _PER_SECOND[self.unit] / 1_000_000

    def us(self, mark: Mark) -> int:
        """The moment of a mark, microseconds since 1970."""
        if self.unit == "timestamp":
            return int(mark)
        return instant_us(mark, self.unit, self.name)

    def value(self, mark: Mark) -> Any:
        """The value of a mark in a query."""
        return from_us(mark) if self.unit == "timestamp" else mark
