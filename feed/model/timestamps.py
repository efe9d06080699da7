"""Instants as whole microseconds since 1970, UTC: what columns and formulas use."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000


_US = timedelta(microseconds=1)
FIRST_US = (datetime.min.replace(tzinfo=UTC) - EPOCH) // _US
LAST_US = (datetime.max.replace(tzinfo=UTC) - EPOCH) // _US


def to_us(instant: datetime) -> int:
    """Microseconds since 1970, negative before. `instant` must have a time zone.

    The few hours that a time zone can lie outside the years 1 to 9999 of UTC are cut off.
    """
    return min(max((instant - EPOCH) // _US, FIRST_US), LAST_US)


def from_us(instant_us: int) -> datetime:
    """The inverse of `to_us`. Raises OverflowError outside the years 1 to 9999."""
    return EPOCH + timedelta(microseconds=instant_us)


def rfc3339(instant_us: int) -> str:
    """As RFC 3339 in UTC, with the digits it needs."""
    return from_us(instant_us).isoformat().replace("+00:00", "Z")
