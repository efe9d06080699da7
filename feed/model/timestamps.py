"""Timestamps as whole microseconds since 1970, UTC, as columns and formulas use them."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000

_US = timedelta(microseconds=1)
FIRST_US = (datetime.min.replace(tzinfo=UTC) - EPOCH) // _US
LAST_US = (datetime.max.replace(tzinfo=UTC) - EPOCH) // _US


def to_us(instant: datetime) -> int:
    """Microseconds since 1970, UTC; negative before. `instant` must have a time zone.

    Clamped to the years 1 to 9999 of UTC, which a time zone can exceed by hours.
    """
    return min(max((instant - EPOCH) // _US, FIRST_US), LAST_US)


def from_us(instant_us: int) -> datetime:
    """The UTC datetime of microseconds since 1970. Raises OverflowError past the year 9999."""
    return EPOCH + timedelta(microseconds=instant_us)


def rfc3339(instant_us: int) -> str:
    """RFC 3339 text, in UTC, of microseconds since 1970."""
    return from_us(instant_us).isoformat().replace("+00:00", "Z")
