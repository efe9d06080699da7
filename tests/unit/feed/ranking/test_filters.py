from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement, Profile
from feed.model.timestamps import DAY_US, to_us
from feed.ranking import filters
from feed.scenarios.scenario import FiltersParameters, InterestsParameters
from feed.user.hydration import HydratedQuery
from feed.user.query import Query
from tests.support.catalogs import NOW, catalog_of, episodes

NOW_US = to_us(NOW)


def query(**fields: object) -> Query:
    return Query(now_us=NOW_US, **fields)  # type: ignore[arg-type]


def names(catalog: Catalog, mask: np.ndarray) -> set[str]:
    return {catalog.ids[int(row)] for row in np.flatnonzero(mask)}


def test_a_floor_judges_only_scores_that_are_present(catalog: Catalog) -> None:
    mask = filters.quality_floors(catalog, FiltersParameters(missing="pass"))
    credibility, insight = catalog.scores[:, 0], catalog.scores[:, 1]
    assert mask[np.isnan(credibility)].all()
    assert mask[np.isnan(insight) & (credibility >= 2)].all()
    assert not mask[credibility < 2].any()
    assert not mask[credibility + insight < 5].any()


def test_where_missing_counts_zero_it_is_below_every_floor(catalog: Catalog) -> None:
    mask = filters.quality_floors(catalog, FiltersParameters(missing="zero"))
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


def test_exclusions_name_an_episode_by_id_or_by_content(catalog: Catalog) -> None:
    engaged = Engagement(id="e", episode_id="episode-3", type="click", timestamp_us=0)
    excluded = query(excluded_ids=("episode-1", "content-2", "unknown"), engagements=(engaged,))
    history = HydratedQuery.of(catalog, excluded, InterestsParameters())
    rows = filters.excluded(catalog, excluded, history)
    assert {catalog.ids[row] for row in rows} == {"episode-1", "episode-2", "episode-3"}
    rows = filters.excluded(catalog, excluded, history, returning=history.rows)
    assert {catalog.ids[row] for row in rows} == {"episode-1", "episode-2"}


def test_a_muted_series_is_gone_whole(catalog: Catalog) -> None:
    series = catalog.series_ids[0]
    mask = filters.not_muted_series(catalog, query(profile=Profile(muted_series=(series, "x"))))
    assert mask is not None
    assert (catalog.series[~mask] == 0).all()
    assert not (catalog.series[mask] == 0).any()


def test_a_muted_category_is_gone_with_all_its_episodes(catalog: Catalog) -> None:
    muted = query(profile=Profile(muted_categories=("chess ", "Bread 1")))
    mask = filters.not_muted_category(catalog, muted)
    assert mask is not None
    for row in range(len(catalog)):
        inside = {catalog.categories[int(c)] for c in catalog.categories_of(row)}
        assert mask[row] == inside.isdisjoint({"Chess", "Bread 1"})


def test_a_language_is_matched_by_its_primary_subtag_and_the_unknown_pass(catalog: Catalog) -> None:
    mask = filters.spoken_language(catalog, query(profile=Profile(languages=("EN_us",))))
    tags = [catalog.languages[int(i)] if i >= 0 else None for i in catalog.language]
    assert set(tags) == {"en", "de", None}
    assert mask is not None
    assert mask.tolist() == [tag in {"en", None} for tag in tags]


def test_nothing_muted_removes_nothing(catalog: Catalog) -> None:
    for one in (
        filters.not_muted_series,
        filters.not_muted_category,
        filters.spoken_language,
    ):
        assert one(catalog, query()) is None
    assert not len(
        filters.excluded(
            catalog, query(), HydratedQuery.of(catalog, query(), InterestsParameters())
        )
    )


def test_a_day_has_its_microseconds() -> None:
    assert DAY_US == 24 * 60 * 60 * 10**6
