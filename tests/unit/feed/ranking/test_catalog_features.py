from datetime import timedelta
from typing import Any

import pytest

from feed.catalog.catalog import Catalog
from feed.model.episode import Episode, Series
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from tests.support.catalogs import NOW, catalog_of
from tests.support.ranking import engagements, query_of
from tests.support.scenarios import FILMS


@pytest.mark.parametrize("name", shipped())
def test_no_session_waits_for_a_feature_and_none_is_computed_in_vain(
    catalog: Catalog, name: str
) -> None:
    ranker = Ranker(catalog, shipped()[name])
    ready = set(vars(ranker.features))
    ranker.rank(query_of())
    ranker.rank(query_of(category_interests=["Chess"]))
    ranker.rank(query_of(engagements=engagements(catalog, 3)))
    assert set(vars(ranker.features)) == ready


def test_only_the_features_that_a_scenario_uses_are_computed(catalog: Catalog) -> None:
    baseline, films = (
        set(vars(CatalogFeatures(catalog, scenario))) for scenario in (shipped()["baseline"], FILMS)
    )
    used = {"trending_first", "popular_by_category", "exploration_pool"}
    assert used <= films
    assert not (used | {"newest_by_series"}) & baseline


def test_an_estimate_orders_candidates_by_full_points_alone() -> None:
    show = Series(id="old", name="Old")
    given: list[dict[str, Any]] = [{"series": show, "days": days} for days in (3000, 9, 6)]
    given += [{"days": 2}, {"days": 1, "episode_type": "trailer"}]
    made = [
        Episode(id=f"e{n}", title=f"T{n}", published_at=NOW - timedelta(one.pop("days")), **one)
        for n, one in enumerate(given)
    ]
    features = CatalogFeatures(catalog_of(made), shipped()["for_you"])
    assert features.quality[2] > features.quality[3] > features.quality[4]
    assert features.best_first.tolist() == [3, 2, 1, 0, 4]
