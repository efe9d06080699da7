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
from tests.support.ranking import ids_of
from tests.support.scenarios import PLAIN, TEXT

ONLY_KLINGON = '[[rules.filters]]\nshow = "only"\nwhere = { languages = ["tlh"] }\n'


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """A catalog in which every episode has a language, a category and a series."""
    return catalog_of([e for e in episodes(200) if e.language and e.categories and e.series])


def causes(
    catalog: Catalog, scenario: Scenario = PLAIN, *, now_us: int = to_us(NOW), **fields: Any
) -> tuple[str, ...]:
    """Why the feed of this query is empty."""
    slate = Ranker(catalog, scenario).rank(Query(now_us=now_us, **fields))
    assert not len(slate.rows)
    return tuple(one for one in slate.degraded if one != "freshness_widened")


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (Profile(languages=("tlh",)), ("no_language_match",)),
        (Profile(muted_categories=TOPICS), ("all_muted",)),
        (
            Profile(muted_categories=TOPICS, languages=("tlh",)),
            ("all_muted", "no_language_match"),
        ),
    ],
)
def test_each_choice_of_the_user_that_removes_everything_is_a_cause(
    catalog: Catalog, profile: Profile, expected: tuple[str, ...]
) -> None:
    assert causes(catalog, profile=profile) == expected


def test_mutes_that_only_together_remove_everything_are_one_cause(catalog: Catalog) -> None:
    muted = np.array([catalog.category_index.row(topic) for topic in TOPICS[:3]])
    rest = np.isin(np.arange(len(catalog)), catalog.rows_in_categories(muted), invert=True)
    series = tuple(catalog.series_ids[row] for row in np.unique(catalog.series[rest]).tolist())
    profile = Profile(muted_categories=TOPICS[:3], muted_series=series)
    assert causes(catalog, profile=profile) == ("all_muted",)


def test_of_two_choices_that_only_together_remove_everything_the_last_is_the_cause(
    catalog: Catalog,
) -> None:
    german = np.flatnonzero(catalog.language == list(catalog.languages).index("de"))
    excluded, profile = tuple(ids_of(catalog, german)), Profile(languages=("de",))
    assert causes(catalog, excluded_ids=excluded, profile=profile) == ("no_language_match",)


def test_whatever_else_removes_everything_is_the_cause(catalog: Catalog) -> None:
    assert causes(catalog, excluded_ids=tuple(catalog.ids)) == ("all_excluded",)
    before_us = int(catalog.published_us.min()) - 1
    assert causes(catalog, now_us=before_us) == ("none_published",)
    after_us = to_us(NOW) + 8_000 * DAY_US
    assert causes(catalog, shipped()["baseline"], now_us=after_us) == ("none_fresh",)
    poor = replace(catalog, scores=np.zeros_like(catalog.scores))
    assert causes(poor) == ("all_below_quality",)
    unscored = replace(catalog, scores=np.full_like(catalog.scores, np.nan))
    assert causes(unscored, shipped()["baseline"]) == ("no_scores",)
    ruled = parse(f"{TEXT}\n{ONLY_KLINGON}")
    assert causes(catalog, ruled) == ("all_ruled_out",)
    assert causes(catalog_of([])) == ("catalog_empty",)
    assert causes(catalog, fill_s=60) == ("all_too_long",)
