"""What the commands of the project share: arguments, scenarios by name, errors, exit codes."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from feed.scenarios import scenario as scenarios
from feed.scenarios.scenario import Scenario, ScenarioError

_EVALUATION_SCENARIOS = Path(__file__).parents[1] / "evaluation" / "scenarios"


def timestamp(text: str) -> datetime:
    """Parse a command-line argument in RFC 3339, with a time zone, as UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        expected = "a time with its zone like 2026-02-06T00:00:00Z"
        raise argparse.ArgumentTypeError(f"expected {expected}, got {text!r}")
    return found.astimezone(UTC)


def known_scenarios() -> dict[str, Scenario]:
    """The scenarios that a command finds by name: the shipped ones and `evaluation/scenarios/`.

    The functions know the shipped ones alone.
    """
    known = scenarios.shipped()
    if _EVALUATION_SCENARIOS.is_dir():
        known |= scenarios.load_folder(_EVALUATION_SCENARIOS)
    return known


def scenario(chosen: str, known: Mapping[str, Scenario]) -> Scenario:
    """The known scenario of this name, or the one in this `.toml` file. Raises `ScenarioError`."""
    if chosen.endswith(".toml"):
        return scenarios.load(Path(chosen))
    if chosen not in known:
        names = ", ".join(sorted(known))
        raise ScenarioError(f"scenario {chosen!r}: expected a .toml file or one of {names}")
    return known[chosen]


def report_error(message: str, **fields: str) -> None:
    """Write an error to standard error: as text to a terminal, else as a JSON log line."""
    if not sys.stderr.isatty():
        line = {"severity": "ERROR", "message": message, **fields}
        message = msgspec.json.encode(line).decode()
    print(message, file=sys.stderr)  # noqa: T201


def run(command: Callable[[], None]) -> int:
    """Run a command and return its exit code, 130 if it was interrupted.

    A reader that closes the pipe early, such as `head`, is no error.
    """
    try:
        command()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)  # noqa: T201
        return 130
    return 0
