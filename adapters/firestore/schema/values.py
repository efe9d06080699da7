"""Converts the values of an app's documents: ids, timestamps, progress and durations.

A value is what Firestore's client returns: text, a number, a datetime, a reference. One that cannot
be converted raises `Refusal`, whose reason is one of few, so that refusals can be counted by it.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, runtime_checkable

from feed.model.timestamps import FIRST_US, LAST_US, to_us

TimeUnit = Literal["timestamp", "iso", "seconds", "milliseconds"]
DurationUnit = Literal["seconds", "minutes", "milliseconds", "clock"]

PERCENT = 100
PER_UNIT_US = {"seconds": 1_000_000, "milliseconds": 1_000}
"""microseconds in a unit of time"""
_S = {"seconds": 1.0, "minutes": 60.0, "milliseconds": 0.001}
"""seconds in a unit of duration"""
_DAY_FIRST = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{2}(?:\.\d+)?)")


@runtime_checkable
class Reference(Protocol):
    """A reference to a document; a schema is also read without Firestore's client installed."""

    @property
    def id(self) -> str:
        """The id of the document."""

    @property
    def path(self) -> str:
        """The path of the document."""


class Refusal(ValueError):
    """A document or a value of it cannot be understood."""

    def __init__(self, reason: str) -> None:
        """`reason` holds no value of the document, so that equal causes have equal reasons."""
        super().__init__(reason)
        self.reason = reason


def field_at(fields: Mapping[str, Any], path: str) -> Any:
    """The value at a path like `media.id`; None where a part of it is missing."""
    value: Any = fields
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def identifier(value: Any, path: str) -> str:
    """The id in a value: a text, a whole number, or the id of the document referred to.

    `path` names the field in a `Refusal`.
    """
    if value is None or value == "":
        raise Refusal(f"{path} is missing")
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Reference):
        return value.id
    raise Refusal(f"{path} is no id")


def instant_us(value: Any, unit: TimeUnit, path: str) -> int:
    """Microseconds since 1970, UTC, of a value in a unit of time.

    An ISO text without a time zone is in UTC. Fractions below a microsecond are cut off.
    """
    if value is None:
        raise Refusal(f"{path} is missing")
    if unit == "timestamp":
        if not isinstance(value, datetime):
            raise Refusal(f"{path} is no timestamp")
        return to_us(value)
    if unit == "iso":
        if not isinstance(value, str):
            raise Refusal(f"{path} is no ISO time")
        try:
            # Only texts that begin with the day, whose order is nearly that of time.
            instant = datetime.fromisoformat(value if _DAY_FIRST.match(value) else "")
        except ValueError:
            raise Refusal(f"{path} is no ISO time") from None
        return to_us(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
    us = math.floor(number(value, path) * PER_UNIT_US[unit])
    if not FIRST_US <= us <= LAST_US:
        raise Refusal(f"{path} is no time in {unit}")
    return us


def share(value: Any, unit: Literal["share", "percent"], path: str) -> float:
    """A share of 0 to 1 from a share or a percentage; one beyond that is refused."""
    found = number(value, path) / (PERCENT if unit == "percent" else 1)
    if not 0 <= found <= 1:
        raise Refusal(f"{path} is no {unit}")
    return found


def duration_s(value: Any, unit: DurationUnit, path: str) -> float:
    """Seconds of a duration. The unit `clock` is a text like `1:02:03` or `62:03`."""
    if unit == "clock":
        found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None:
            raise Refusal(f"{path} is no duration like 1:02:03")
        return int(found[1] or 0) * 3600 + int(found[2]) * 60 + float(found[3])
    seconds = number(value, path) * _S[unit]
    if seconds < 0:
        raise Refusal(f"{path} is negative")
    return seconds


def number(value: Any, path: str) -> float | int:
    """A finite number."""
    if value is None:
        raise Refusal(f"{path} is missing")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Refusal(f"{path} is no number")
    return value
