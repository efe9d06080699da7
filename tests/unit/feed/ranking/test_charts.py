from dataclasses import replace

import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.catalog.signals import Signals
from feed.model.timestamps import DAY_US, to_us
from feed.ranking import charts
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.charts import Values
from feed.scenarios.scenario import shipped
from tests.support.catalogs import NOW

NOW_US = to_us(NOW)
STEADY, RISING, HIT = 10, 20, 30


@pytest.fixture
def features(catalog: Catalog) -> CatalogFeatures:
    """Three episodes that were heard: every day, for the first time today, and long ago."""
    signals = Signals.none(len(catalog), len(catalog.series_ids))
    for row, counts, listeners in (
        (STEADY, (20, 80, 200, 400), 500),
        (RISING, (15, 16, 16, 16), 16),
        (HIT, (0, 2, 60, 900), 1000),
    ):
        signals.popularity[row], signals.listeners[row] = counts, listeners
    return CatalogFeatures(replace(catalog, signals=signals), shipped()["baseline"])


def rows(features: CatalogFeatures, values: Values, count: int = 10) -> list[int]:
    allowed = np.ones(len(features.catalog), np.bool_)
    features.floors = None
    return charts.chart(features, values, allowed, NOW_US, count).tolist()


def test_what_is_popular_depends_on_the_window(features: CatalogFeatures) -> None:
    assert rows(features, charts.popular(features, "day")) == [STEADY, RISING]
    assert rows(features, charts.popular(features, "week")) == [STEADY, RISING, HIT]
    assert rows(features, charts.popular(features, "ever")) == [HIT, STEADY, RISING]


def test_what_rises_is_trending_and_what_is_always_heard_is_not(features: CatalogFeatures) -> None:
    assert rows(features, charts.trending(features, "day")) == [RISING]


def test_the_newest_come_first_none_before_its_date_and_none_before_the_window(
    features: CatalogFeatures,
) -> None:
    published_us = features.catalog.published_us.copy()
    published_us[3] = NOW_US + DAY_US
    features.catalog = replace(features.catalog, published_us=published_us)
    found = rows(features, charts.newest(features, "week", NOW_US), 500)
    ages = (NOW_US - published_us[found]) / DAY_US
    assert 3 not in found
    assert ages.tolist() == sorted(ages)
    assert len(found) == np.count_nonzero(published_us >= NOW_US - 7 * DAY_US) - 1
    assert (
        len(rows(features, charts.newest(features, "ever", NOW_US), 500)) == len(published_us) - 1
    )


def test_an_episode_below_the_quality_floors_is_on_no_chart(features: CatalogFeatures) -> None:
    floors = np.ones(len(features.catalog), np.bool_)
    floors[STEADY] = False
    values = charts.popular(features, "week")
    features.floors = floors
    allowed = np.ones(len(floors), np.bool_)
    assert charts.chart(features, values, allowed, NOW_US, 9).tolist() == [RISING, HIT]
