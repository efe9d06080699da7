"""The file of a home page is read, or refused by the name of the key."""

import re
from pathlib import Path
from typing import get_args

import pytest

from feed.home.file import HomeError, load, parse, shipped
from feed.home.parameters import Kind

PLAIN = '[[shelves]]\nname = "one"\nkind = "episodes"\n'


def test_the_shipped_home_page_has_every_kind_of_shelf() -> None:
    kinds = {shelf.kind for shelf in shipped().shelves}
    assert kinds == set(get_args(Kind))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = [", "not TOML"),
        ("", "missing required field `shelves`"),
        (PLAIN + "color = 1", "unknown field `color` - at `$.shelves[0]`"),
        (PLAIN + PLAIN, "each name once, got one again - at `$.shelves[1].name`"),
        (PLAIN + "first = 2", "`int` >= 3 - at `$.shelves[0].first`"),
        (PLAIN + "first = 9\nlength = 8", "at most length, 8 - at `$.shelves[0].first`"),
        (PLAIN + "shelves = 2", "1 for the kind episodes - at `$.shelves[0].shelves`"),
        (PLAIN + 'order = "listened"', "at `$.shelves[0].order`"),
        (PLAIN + "factors = {age_of_moon = 1}", "at `$.shelves[0].factors.age_of_moon`"),
        ("factors = {moon = 1}\n" + PLAIN, "at `$.factors.moon`"),
        (PLAIN + "where = {}", "at least one condition - at `$.shelves[0].where`"),
        (PLAIN + "min_minutes = 9\nmax_minutes = 8", "at `$.shelves[0].min_minutes`"),
        (PLAIN + 'title = "In {category}"', "nothing in braces - at `$.shelves[0].title`"),
        (PLAIN + 'reason = "In {"', "each { closed - at `$.shelves[0].reason`"),
        (
            PLAIN.replace("episodes", "series") + 'order = "newest"',
            "none for the kind series - at `$.shelves[0].order`",
        ),
        (
            "".join(PLAIN.replace("one", f"shelf{at}") + "length = 50\n" for at in range(6)),
            "at most 150 episodes beyond the first ones, got 270 - at `$.shelves`",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_its_key(text: str, problem: str) -> None:
    with pytest.raises(HomeError, match=re.escape(problem)):
        parse(text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="nowhere"):
        load(tmp_path / "nowhere.toml")
