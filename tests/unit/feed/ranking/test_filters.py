from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.catalog.catalog import Catalog
from feed.model.engagement import Profile
from feed.model.timestamps import DAY_US, to_us
from feed.ranking import filters
from feed.scenarios.parameters import FilterParameters
from feed.user.hydration import hydrate
from tests.support.catalogs import NOW, catalog_of, episodes
from tests.support.ranking import query_of

NOW_US = to_us(NOW)


def test_a_floor_judges_only_scores_that_are_present(catalog: Catalog) -> None:
    credibility, insight = catalog.scores[:, 0], catalog.scores[:, 1]
    mask = filters.quality_floors(catalog, FilterParameters(missing="pass"))
    assert mask.tolist() == (~(credibility < 2) & ~(credibility + insight < 5)).tolist()
    strict = filters.quality_floors(catalog, FilterParameters(missing="zero"))
    assert mask[np.isnan(credibility)].all()
    assert not strict[np.isnan(credibility)].any()


@pytest.mark.parametrize(("seconds", "days"), [(0, 0), (86_399, 0), (86_400, 1), (-1, -1)])
def test_an_age_is_in_whole_days_rounded_down(catalog: Catalog, seconds: int, days: int) -> None:
    now_us = int(catalog.published_us[0]) + seconds * 1_000_000
    assert filters.age_days(catalog.published_us, now_us)[0] == days


@given(st.lists(st.integers(0, 3), max_size=20), st.integers(-1, 4), st.integers(-1, 1))
def test_the_window_includes_its_last_day_in_whatever_order_the_rows_are(
    days: list[int], window: int, off_us: int
) -> None:
    catalog = catalog_of(episodes(len(days)))
    ascending = np.sort(NOW_US - np.array(days, np.int64) * DAY_US + off_us)
    for published_us in (ascending, ascending[::-1].copy()):
        mask = filters.fresh(replace(catalog, published_us=published_us), NOW_US, window)
        assert mask is not None
        assert mask.tolist() == (filters.age_days(published_us, NOW_US) <= window).tolist()
    assert filters.fresh(catalog, NOW_US, None) is None


def test_an_episode_is_published_once_its_date_has_come(catalog: Catalog) -> None:
    now_us = int(np.median(catalog.published_us))
    mask = filters.published(catalog, now_us)
    assert mask is not None
    assert mask.tolist() == (catalog.published_us <= now_us).tolist()
    assert filters.published(catalog, int(catalog.published_us.max())) is None


def test_no_episode_of_a_muted_series_or_category_passes(catalog: Catalog) -> None:
    series, categories = (catalog.series_ids[0], "unknown"), ("chess ", "Bread 1")
    muted = hydrate(query_of(Profile(muted_series=series, muted_categories=categories)), catalog)
    mask = filters.not_in_series(catalog, muted.muted_series)
    assert mask is not None
    assert mask.tolist() == (catalog.series != 0).tolist()
    mask = filters.not_in_categories(catalog, muted.muted_categories)
    assert mask is not None
    for row in range(len(catalog)):
        inside = {catalog.categories[int(c)] for c in catalog.categories_of(row)}
        assert mask[row] == inside.isdisjoint({"Chess", "Bread 1"})


def test_a_language_is_matched_by_its_primary_subtag_and_an_unknown_one_passes(
    catalog: Catalog,
) -> None:
    query = hydrate(query_of(Profile(languages=("EN_us",))), catalog)
    mask = filters.in_languages(catalog, query.languages)
    tags = [catalog.languages[int(i)] if i >= 0 else None for i in catalog.language]
    assert set(tags) == {"en", "de", None}
    assert mask is not None
    assert mask.tolist() == [tag in {"en", None} for tag in tags]


def test_an_empty_profile_filters_nothing(catalog: Catalog) -> None:
    query = hydrate(query_of(), catalog)
    assert filters.not_in_series(catalog, query.muted_series) is None
    assert filters.not_in_categories(catalog, query.muted_categories) is None
    assert filters.in_languages(catalog, query.languages) is None
