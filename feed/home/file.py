"""The file of a home page: TOML, read and checked.

A file with an unknown key, or with a value out of its bounds, is refused by the name of the key.
"""

from collections import Counter
from importlib import resources
from importlib.resources.abc import Traversable

import msgspec

from feed.home.labels import label_problem
from feed.home.parameters import ABOUT_EACH, Home, ShelfParameters
from feed.scenarios.parameters import PARTS
from feed.scenarios.rules import Where


class HomeError(ValueError):
    """A home page that cannot be used; the message names the key and what was expected."""


def parse(text: str | bytes) -> Home:
    """A home page from TOML. Raises `HomeError` that names the key."""
    try:
        home = msgspec.toml.decode(text, type=Home)
    except msgspec.ValidationError as error:
        raise HomeError(f"home: {error}") from error
    except (msgspec.DecodeError, ValueError) as error:
        raise HomeError(f"home: not TOML: {error}") from error
    for place, shelf in enumerate(home.shelves):
        if problem := _problem(shelf):
            raise HomeError(f"home: expected {problem[1]} - at `$.shelves[{place}].{problem[0]}`")
    names = Counter(shelf.name for shelf in home.shelves)
    if twice := [name for name, count in names.items() if count > 1]:
        raise HomeError(f"home: expected each name once, got {twice[0]} again - at `$.shelves`")
    return home


def load(file: Traversable) -> Home:
    """Read a home page from a TOML file. Raises `HomeError` that names the file and the key."""
    try:
        return parse(file.read_bytes())
    except OSError as error:
        raise HomeError(f"{file}: {error.strerror}") from error
    except HomeError as error:
        raise HomeError(f"{file}: {error}") from error


def shipped() -> Home:
    """The home page that is deployed with the functions."""
    return load(resources.files("feed.home") / "home.toml")


def _problem(shelf: ShelfParameters) -> tuple[str, str] | None:
    """The key of the first value that does not fit the others, and what was expected."""
    if shelf.first > shelf.length:
        return "first", f"at most length, {shelf.length}"
    if shelf.shelves > 1 and shelf.kind not in ABOUT_EACH:
        return "shelves", f"1 for the kind {shelf.kind}"
    if shelf.order == "listened" and shelf.kind != "unfinished":
        return "order", "score or newest: only unfinished episodes are ordered by listening"
    if unknown := sorted(shelf.factors.keys() - PARTS):
        return f"factors.{unknown[0]}", "a part of the score"
    if shelf.where == Where():
        return "where", "at least one condition"
    return label_problem(shelf)
