"""What the project's commands have in common."""

import argparse
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from feed.scenarios import scenario as scenarios
from feed.scenarios.scenario import Scenario

_EVALUATION_SCENARIOS = Path(__file__).parents[1] / "evaluation" / "scenarios"
"""known to the commands alone: the functions are deployed without them"""


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


def known_scenarios() -> dict[str, Scenario]:
    """The scenarios that a command finds by name: the shipped ones and `evaluation/scenarios/`."""
    known = scenarios.shipped()
    if _EVALUATION_SCENARIOS.is_dir():
        known |= scenarios.load_folder(_EVALUATION_SCENARIOS)
    return known


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
