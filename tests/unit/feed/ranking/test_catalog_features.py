"""What a catalog has ready for a scenario before anybody asks."""

import msgspec
import pytest

from feed.catalog.catalog import Catalog
from feed.model.timestamps import to_us
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.pipeline import Ranker
from feed.scenarios import scenario as scenarios
from feed.session.request import SessionRequest, make_query
from tests.support.catalogs import NOW
from tests.support.scenarios import FILMS

REQUESTS = [
    {},
    {"category_interests": ["Chess"]},
    {"engagements": [{"episode_id": "episode-3", "type": "like"}]},
]


@pytest.mark.parametrize("name", scenarios.shipped())
def test_no_session_waits_for_a_column_and_none_is_made_in_vain(
    catalog: Catalog, name: str
) -> None:
    scenario = scenarios.shipped()[name]
    ranker = Ranker(catalog, scenario)
    ready = set(vars(ranker.features))
    for fields in REQUESTS:
        request = msgspec.convert(fields, SessionRequest)
        ranker.rank(make_query(request, None, seed=0, now_us=to_us(NOW)))
    assert set(vars(ranker.features)) == ready


def test_a_scenario_that_asks_little_has_little_ready(catalog: Catalog) -> None:
    baseline = CatalogFeatures(catalog, scenarios.shipped()["baseline"])
    assert not {
        "trending_first",
        "popular_by_category",
        "exploration_pool",
        "newest_by_series",
    } & set(vars(baseline))
    assert {"trending_first", "popular_by_category", "exploration_pool"} <= set(
        vars(CatalogFeatures(catalog, FILMS))
    )
