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
from feed.user.hydration import HydratedQuery, hydrate
from feed.user.query import Query
from tests.support.catalogs import NOW, catalog_of, episodes

NOW_US = to_us(NOW)


def hydrated(catalog: Catalog, **profile: tuple[str, ...]) -> HydratedQuery:
    return hydrate(Query(now_us=NOW_US, profile=Profile(**profile)), catalog)


def test_a_floor_judges_only_scores_that_are_present(catalog: Catalog) -> None:
    mask = filters.quality_floors(catalog, FilterParameters(missing="pass"))
    credibility, insight = catalog.scores[:, 0], catalog.scores[:, 1]
    assert mask[np.isnan(credibility)].all()
    assert mask[np.isnan(insight) & (credibility >= 2)].all()
    assert not mask[credibility < 2].any()
    assert not mask[credibility + insight < 5].any()


def test_where_missing_counts_zero_it_is_below_every_floor(catalog: Catalog) -> None:
    mask = filters.quality_floors(catalog, FilterParameters(missing="zero"))
    assert not mask[np.isnan(catalog.scores[:, 0])].any()


@pytest.mark.parametrize(("seconds", "days"), [(0, 0), (86_399, 0), (86_400, 1), (-1, -1)])
def test_an_age_is_in_whole_days_floored(catalog: Catalog, seconds: int, days: int) -> None:
    now_us = int(catalog.published_us[0]) + seconds * 1_000_000
    assert filters.age_days(catalog.published_us, now_us)[0] == days


def test_the_window_includes_its_last_day(catalog: Catalog) -> None:
    ages = filters.age_days(catalog.published_us, NOW_US)
    window = int(np.median(ages))
    mask = filters.fresh(catalog, NOW_US, window)
    assert mask is not None
    assert mask.tolist() == (ages <= window).tolist()
    assert np.count_nonzero(mask[ages == window]) > 0
    assert filters.fresh(catalog, NOW_US, None) is None


@given(st.lists(st.integers(0, 3), max_size=20), st.integers(-1, 4), st.integers(-1, 1))
def test_who_is_fresh_does_not_depend_on_the_order_of_the_rows(
    days: list[int], window: int, off_us: int
) -> None:
    catalog = catalog_of(episodes(len(days)))
    published_us = NOW_US - np.array(days, np.int64) * DAY_US + off_us
    rising, falling = np.sort(published_us), np.sort(published_us)[::-1].copy()
    one, other = (
        filters.fresh(replace(catalog, published_us=some), NOW_US, window)
        for some in (rising, falling)
    )
    assert one is not None
    assert other is not None
    assert one.tolist() == (filters.age_days(rising, NOW_US) <= window).tolist()
    assert other.tolist() == one[::-1].tolist()


def test_what_is_not_out_yet_is_not_published(catalog: Catalog) -> None:
    moment = int(np.median(catalog.published_us))
    mask = filters.published(catalog, moment)
    assert mask is not None
    assert mask.any()
    assert (catalog.published_us[mask] <= moment).all()
    assert (catalog.published_us[~mask] > moment).all()
    assert filters.published(catalog, int(catalog.published_us.max())) is None


def test_a_muted_series_is_gone_whole(catalog: Catalog) -> None:
    muted = hydrated(catalog, muted_series=(catalog.series_ids[0], "unknown")).muted_series
    mask = filters.not_in_series(catalog, muted)
    assert mask is not None
    assert (catalog.series[~mask] == 0).all()
    assert not (catalog.series[mask] == 0).any()


def test_a_muted_category_is_gone_with_all_its_episodes(catalog: Catalog) -> None:
    muted = hydrated(catalog, muted_categories=("chess ", "Bread 1")).muted_categories
    mask = filters.not_in_categories(catalog, muted)
    assert mask is not None
    for row in range(len(catalog)):
        inside = {catalog.categories[int(c)] for c in catalog.categories_of(row)}
        assert mask[row] == inside.isdisjoint({"Chess", "Bread 1"})


def test_a_language_is_matched_by_its_primary_subtag_and_the_unknown_pass(catalog: Catalog) -> None:
    mask = filters.in_languages(catalog, hydrated(catalog, languages=("EN_us",)).languages)
    tags = [catalog.languages[int(i)] if i >= 0 else None for i in catalog.language]
    assert set(tags) == {"en", "de", None}
    assert mask is not None
    assert mask.tolist() == [tag in {"en", None} for tag in tags]


def test_nothing_muted_removes_nothing(catalog: Catalog) -> None:
    query = hydrated(catalog)
    assert filters.not_in_series(catalog, query.muted_series) is None
    assert filters.not_in_categories(catalog, query.muted_categories) is None
    assert filters.in_languages(catalog, query.languages) is None
