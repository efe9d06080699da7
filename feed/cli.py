"""What the project's commands have in common."""

import argparse
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec


def instant(text: str) -> datetime:
    """An argument that is a time: RFC 3339, with its zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        expected = "a time with its zone like 2026-02-06T00:00:00Z"
        raise argparse.ArgumentTypeError(f"expected {expected}, got {text!r}")
    return found.astimezone(UTC)


def complain(message: str, **fields: str) -> None:
    """Write an error to standard error: plain to a terminal, else one JSON line for a log."""
    if sys.stderr.isatty():
        print(message, file=sys.stderr)  # noqa: T201
    else:
        line = msgspec.json.encode({"severity": "ERROR", "message": message, **fields})
        print(line.decode(), file=sys.stderr)  # noqa: T201


def run(command: Callable[[], None]) -> int:
    """Run a command; its exit code. Who interrupts it, or has read enough, gets no trace."""
    try:
        command()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)  # noqa: T201
        return 130
    return 0
