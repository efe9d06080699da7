"""What every function does as it starts: it ends at once where a setting cannot be used."""

from collections.abc import Callable
from typing import TypeVar

from functions.settings import SettingsError
from functions.telemetry import log

T = TypeVar("T")


def make_or_exit(make: Callable[[], T]) -> T:
    """Return the result of `make`, or log its `SettingsError` and end the process."""
    try:
        return make()
    except SettingsError as error:
        log("ERROR", f"Earshot cannot start: {error}")
        raise SystemExit(1) from None
