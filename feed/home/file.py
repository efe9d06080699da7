"""The file of a home page: TOML, read and checked.

A file with an unknown key, or with a value out of its bounds, is refused by the name of the key.
"""

import math
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

from feed.home.labels import label_problems
from feed.home.parameters import ABOUT_EACH, Home, ShelfParameters
from feed.scenarios import toml_file
from feed.scenarios.parameters import PARTS
from feed.scenarios.rules import Where

MAX_REST = 150
"""Number of episodes that a cursor holds at most, so that it stays below the length of any."""


class HomeError(ValueError):
    """A home page that cannot be used; the message names the key and what was expected."""


def parse(text: str | bytes) -> Home:
    """A home page from TOML. Raises `HomeError` that names the key."""
    home = toml_file.decode(text, Home, "home", HomeError)
    for key, expected in _problems(home):
        raise HomeError(f"home: expected {expected} - at `$.{key}`")
    return home


def load(file: Traversable) -> Home:
    """Read a home page from a TOML file. Raises `HomeError` that names the file and the key."""
    return toml_file.load(file, parse, HomeError)


def shipped() -> Home:
    """The home page that is deployed with the functions."""
    return load(resources.files("feed.home") / "home.toml")


_OF_EPISODES = ("max_per_series", "min_minutes", "max_minutes", "order", "factors", "where")
"""Keys that choose or order episodes."""


def _problems(home: Home) -> Iterator[tuple[str, str]]:
    """What the types do not check: yield each key below `shelves`, and what was expected."""
    for place, shelf in enumerate(home.shelves):
        for key, expected in _shelf_problems(shelf):
            yield f"shelves[{place}].{key}", expected
        if shelf.name in [one.name for one in home.shelves[:place]]:
            yield f"shelves[{place}].name", f"each name once, got {shelf.name} again"
    for part in sorted(home.factors.keys() - PARTS):
        yield f"factors.{part}", "a part of the score"
    for listeners in ("known", "new"):
        own = [one for one in home.shelves if one.listeners in {"all", listeners}]
        rest = sum(one.shelves * (one.length - one.first) for one in own)
        if rest > MAX_REST:
            yield "shelves", f"at most {MAX_REST} episodes beyond the first ones, got {rest}"


def _shelf_problems(shelf: ShelfParameters) -> Iterator[tuple[str, str]]:
    if shelf.first > shelf.length:
        yield "first", f"at most length, {shelf.length}"
    if shelf.shelves > 1 and shelf.kind not in ABOUT_EACH:
        yield "shelves", f"1 for the kind {shelf.kind}"
    if shelf.order == "listened" and shelf.kind != "unfinished":
        yield "order", "score or newest: only unfinished episodes are ordered by listening"
    if shelf.kind == "series":
        plain = ShelfParameters(name=shelf.name, kind=shelf.kind)
        for key in _OF_EPISODES:
            if getattr(shelf, key) != getattr(plain, key):
                yield key, "none for the kind series"
    if (shelf.min_minutes or 0) > (shelf.max_minutes or math.inf):
        yield "min_minutes", f"at most max_minutes, {shelf.max_minutes:g}"
    for part in sorted(shelf.factors.keys() - PARTS):
        yield f"factors.{part}", "a part of the score"
    if shelf.where == Where():
        yield "where", "at least one condition"
    yield from label_problems(shelf)
