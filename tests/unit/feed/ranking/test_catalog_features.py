import pytest

from feed.catalog.catalog import Catalog
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
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
