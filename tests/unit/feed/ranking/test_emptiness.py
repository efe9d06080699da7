"""An empty feed says which filter left nothing."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.model.engagement import Profile
from feed.model.timestamps import DAY_US, to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import Scenario, parse, shipped
from feed.user.query import Query
from tests.support.catalogs import NOW, TOPICS, catalog_of, episodes
from tests.support.scenarios import TEXT

YEAR_US = 366 * DAY_US


@pytest.fixture(scope="module")
def spoken() -> Catalog:
    """A catalog whose every episode has a language, a category and a series."""
    named = [e for e in episodes(200) if e.language and e.categories and e.series]
    return catalog_of(named)


def degraded(
    catalog: Catalog, scenario: Scenario | None = None, *, now_us: int = to_us(NOW), **query: Any
) -> tuple[str, ...]:
    slate = Ranker(catalog, scenario or parse(TEXT.encode())).rank(Query(now_us=now_us, **query))
    assert not len(slate.rows)
    return tuple(one for one in slate.degraded if one != "freshness_widened")


@pytest.mark.parametrize(
    ("profile", "cause"),
    [
        ({"languages": ("tlh",)}, ("no_language_match",)),
        ({"muted_categories": TOPICS}, ("all_muted",)),
        ({"muted_categories": TOPICS, "languages": ("tlh",)}, ("all_muted", "no_language_match")),
    ],
)
def test_what_the_user_chose_is_named(
    spoken: Catalog, profile: Mapping[str, Any], cause: tuple[str, ...]
) -> None:
    assert degraded(spoken, profile=Profile(**profile)) == cause


def test_mutes_that_leave_nothing_together_are_named(spoken: Catalog) -> None:
    muted = TOPICS[:3]
    rest = {spoken.series_ids[int(spoken.series[row])] for row in _outside(spoken, muted)}
    profile = Profile(muted_categories=muted, muted_series=tuple(rest))
    assert degraded(spoken, profile=profile) == ("all_muted",)


def _outside(catalog: Catalog, topics: tuple[str, ...]) -> list[int]:
    """Rows in none of these categories."""
    return [
        row
        for row in range(len(catalog))
        if {catalog.categories[int(one)] for one in catalog.categories_of(row)}.isdisjoint(topics)
    ]


def test_of_two_choices_that_leave_nothing_together_the_last_is_named(spoken: Catalog) -> None:
    german = [row for row in range(len(spoken)) if spoken.languages[spoken.language[row]] == "de"]
    ids = tuple(spoken.ids[row] for row in german)
    query = {"excluded_ids": ids, "profile": Profile(languages=("de",))}
    assert degraded(spoken, **query) == ("no_language_match",)


def test_everything_excluded_is_named(spoken: Catalog) -> None:
    every = tuple(spoken.ids[row] for row in range(len(spoken)))
    assert degraded(spoken, excluded_ids=every) == ("all_excluded",)


def test_a_clock_before_the_catalog_is_named(spoken: Catalog) -> None:
    before_us = int(spoken.published_us.min()) - 1
    assert degraded(spoken, now_us=before_us) == ("none_published",)


def test_baseline_says_that_nothing_is_fresh(spoken: Catalog) -> None:
    later_us = to_us(NOW) + 20 * YEAR_US
    assert degraded(spoken, shipped()["baseline"], now_us=later_us) == ("none_fresh",)


def test_floors_that_no_episode_reaches_are_named(spoken: Catalog) -> None:
    poor = replace(spoken, scores=np.zeros_like(spoken.scores))
    assert degraded(poor) == ("all_below_quality",)


def test_rules_that_leave_nothing_are_named(spoken: Catalog) -> None:
    rule = '[[rules.filters]]\nshow = "only"\nwhere = { languages = ["tlh"] }\n'
    assert degraded(spoken, parse(f"{TEXT}\n{rule}".encode())) == ("all_ruled_out",)


def test_a_catalog_without_an_episode_is_named() -> None:
    assert degraded(catalog_of([])) == ("catalog_empty",)
