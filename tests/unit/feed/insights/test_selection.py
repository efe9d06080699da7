"""Which insights a query is answered with, and in which order."""

from dataclasses import replace

import numpy as np
import pytest

from feed.arrays.strings import Strings
from feed.catalog.catalog import Catalog
from feed.catalog.insights import DAYS, Insights
from feed.insights.reasons import reason
from feed.insights.selection import Taste, find, largest, matching, trending
from tests.support.insights import archive, catalog_with

EVERY = np.ones(16, np.bool_)


def catalog_of(*episodes: list[int], rising: list[int] | None = None) -> Catalog:
    """A catalog of 16 episodes whose insights have these ones, and rise unless told otherwise."""
    count = len(episodes)
    made = Insights(
        day=np.array([20_000], np.int32),
        kinds=np.arange(count, dtype=np.uint8) % 3,
        names=Strings.of(f"Name {number}" for number in range(count)),
        rising=np.array(rising or [1] * count, np.uint8),
        strength=np.arange(count, 0, -1).astype(np.float32),
        listeners=np.full(count, 9, np.int32),
        series=np.full(count, 2, np.int32),
        momentum=np.full((count, 2), 2.34, np.float32),
        listeners_by_day=np.zeros((count, DAYS), np.int32),
        series_by_day=np.zeros((count, DAYS), np.int32),
        starts=np.cumsum([0, *map(len, episodes)]),
        rows=np.concatenate(episodes).astype(np.int32),
    )
    return replace(catalog_with(archive(["Ada", "Bob", "Cyd", "Dot"])), insights=made)


def test_what_rises_comes_by_certainty_and_what_does_not_is_left_out() -> None:
    catalog = catalog_of([0, 1], [2], [3], [4], rising=[1, 0, 2, 3])
    assert trending(catalog, EVERY, 9).tolist() == [0, 2, 3]
    assert trending(catalog, EVERY, 2).tolist() == [0, 2]


def test_the_largest_of_a_kind_are_those_that_may_be_shown_whether_they_rise_or_not() -> None:
    catalog = catalog_of([0], [1], [2], [3], [4], [5], [6], rising=[1, 0, 0, 0, 0, 0, 0])
    assert largest(catalog, EVERY, 9, "person").tolist() == [0, 3, 6]
    assert largest(catalog, EVERY, 2, "person").tolist() == [0, 3]
    assert largest(catalog, np.arange(16) != 3, 9, "person").tolist() == [0, 6]


def test_what_suits_the_user_comes_earlier() -> None:
    catalog = catalog_of([0], [1], [2])
    taste = Taste(np.array([0.0, 0.0, 1.0]), np.array([-1, -1, 0]))
    assert trending(catalog, EVERY, 9, taste).tolist() == [2, 0, 1]


def test_of_names_that_are_heard_for_the_same_episodes_only_the_first_is_shown() -> None:
    catalog = catalog_of([0, 1, 2], [2, 1, 0], [0, 3, 4, 5], [6, 7], [0, 1, 2, 6])
    assert trending(catalog, EVERY, 9).tolist() == [0, 2, 3]
    popularity = catalog.signals.popularity.copy()
    popularity[0] = 90.0  # nearly all of what is heard
    signals = replace(catalog.signals, popularity=popularity)
    assert trending(replace(catalog, signals=signals), EVERY, 9).tolist() == [0, 3]


def test_an_insight_matches_if_a_third_of_its_episodes_do() -> None:
    catalog = catalog_of([0, 1, 2], [0, 3, 4, 5], [6])
    assert matching(catalog, np.arange(16) < 1).tolist() == [True, False, False]


@pytest.mark.parametrize(("place", "key"), [(0, "rising_listeners"), (1, "rising_series")])
def test_a_reason_says_in_what_a_name_rises_and_how_much(place: int, key: str) -> None:
    found = reason(catalog_of([0], [1], rising=[3, 2]), place)
    assert (found.key, found.params) == (key, {"times": "2.3"})
    assert "2.3 times" in found.text


def test_a_name_rises_in_a_category_of_the_user_but_not_in_itself() -> None:
    catalog = catalog_of([0], [1])
    catalog = replace(catalog, categories=Strings.of(["Name 1"]))
    taste = Taste(np.ones(2), np.zeros(2, np.int64))
    first, itself = (reason(catalog, place, taste) for place in (0, 1))
    assert (first.key, first.params) == ("rising_in", {"category": "Name 1"})
    assert itself.key == "rising_listeners"


def test_an_insight_that_does_not_rise_says_so_whatever_the_taste() -> None:
    taste = Taste(np.ones(2), np.zeros(2, np.int64))
    assert reason(catalog_of([0], [1], rising=[1, 0]), 1, taste).key == "steady"


def test_an_insight_is_found_by_kind_and_any_spelling() -> None:
    catalog = catalog_of([0], [1])
    assert find(catalog, "entity", "NAME  1") == 1
    assert find(catalog, "person", "Name 1") is None
    assert find(catalog, "planet", "Name 1") is None
