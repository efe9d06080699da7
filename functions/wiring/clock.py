"""The clock of a deployment."""

import time
from collections.abc import Callable

from feed.model.timestamps import to_us
from functions.settings import Settings


def wire_clock(settings: Settings) -> Callable[[], int]:
    """Return the clock, microseconds since 1970, UTC: that of the machine, or the time NOW."""
    if settings.NOW is not None:
        fixed_us = to_us(settings.NOW)
        return lambda: fixed_us
    return lambda: time.time_ns() // 1000
