"""Arguments that several commands take: their options, and what the options hold."""

import argparse
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from evaluation.offline.run import MIN_PEOPLE, InputFiles, Protocol
from feed import cli
from feed.model.timestamps import DAY_US, HOUR_US

Command = Callable[[argparse.Namespace], int]
"""A command: takes its parsed options, and returns the exit code."""
AddCommand = Callable[[Command], argparse.ArgumentParser]
"""Makes the parser of a command, which has its name and its docstring."""


def add(
    parser: argparse.ArgumentParser,
    name: str,
    metavar: str,
    about: str,
    convert: Callable[[str], Any] = str,
    **more: Any,
) -> None:
    """Add an option with a value, which `convert` makes of its text."""
    parser.add_argument(name, metavar=metavar, help=about, type=convert, **more)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the option that writes the results as JSON."""
    add(parser, "--json", "FILE.json", "also write the results as JSON", Path)


def add_cases(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the option that names folders of behaviour cases; `default` says which are run."""
    about = f"folder of behaviour cases; may be repeated (default: {default})"
    add(parser, "--cases", "DIR", about, Path, action="append")


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the options that name interactions and how they are replayed, which `files_of` reads."""
    episodes = "episodes as a JSON array or JSON Lines; or .gz"
    add(parser, "--episodes", "FILE", episodes, required=True)
    interactions = "CSV with user_id, episode_id, type, timestamp; or .gz"
    add(parser, "--interactions", "TRAIN.csv", interactions, Path, required=True)
    protocol = "targets are what users chose first after the cut, or what they chose last"
    add(parser, "--protocol", "cut|last", protocol, choices=get_args(Protocol), default="cut")
    cut = "share of the interactions that is training data, without --test (default: 0.8)"
    add(parser, "--cut", "SHARE[,SHARE]", cut, shares, default=(0.8,), dest="cuts")
    add(parser, "--scenarios", "DIR", "folder of further scenarios", Path)
    vectors = "vectors of the episodes (default: computed from the text)"
    add(parser, "--vectors", "FILE.npz", vectors, default="")
    add(parser, "--fields", "FILE.toml", "mapping of field names", Path)
    now = "time of the sessions (default: the last time in TRAIN)"
    add(parser, "--now", "RFC3339", now, cli.timestamp)
    users = f"least number of users behind a signal (default: {MIN_PEOPLE}; in a build: 5)"
    add(parser, "--min-people", "N", users, count, default=MIN_PEOPLE)
    add(parser, "--seed", "N", "seed of sessions and intervals (default: 0)", int, default=0)


def files_of(options: argparse.Namespace) -> InputFiles:
    """The input files of an offline run, from the options that `add_data` adds."""
    given: dict[str, Any] = {
        one.name: getattr(options, one.name, None) for one in fields(InputFiles)
    }
    return InputFiles(**given)


def count(text: str) -> int:
    """A number from 1 on. Raises `ArgumentTypeError`."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, got {text!r}")
    return int(text)


def interval_us(text: str) -> int:
    """Microseconds of an interval like 15m, 1h or 1d. Raises `ArgumentTypeError`."""
    found = re.fullmatch("([1-9][0-9]{0,3})([mhd])", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"expected an interval like 15m, 1h or 1d, got {text!r}")
    return int(found[1]) * {"m": 60_000_000, "h": HOUR_US, "d": DAY_US}[found[2]]


def positive(text: str) -> float:
    """A number above 0. Raises `ArgumentTypeError`."""
    return _number_below(text, float("inf"), "expected a number above 0")


def power(text: str) -> float:
    """A power from 0 to 10, 10 excluded. Raises `ArgumentTypeError`."""
    return 0.0 if text == "0" else _number_below(text, 10, "expected a power from 0 to 10")


def shares(text: str) -> tuple[float, ...]:
    """Different shares between 0 and 1, ascending, from a list like 0.6,0.8.

    Raises `ArgumentTypeError`.
    """
    expected = "expected shares between 0 and 1"
    return tuple(sorted({_number_below(part, 1, expected) for part in text.split(",")}))


def _number_below(text: str, limit: float, expected: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < limit:
        raise argparse.ArgumentTypeError(f"{expected}, got {text!r}")
    return number
