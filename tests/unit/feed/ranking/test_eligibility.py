from feed.catalog.catalog import Catalog
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.eligibility import find_eligible
from feed.scenarios.scenario import shipped
from feed.user.features import UserFeatures
from feed.user.hydration import hydrate
from tests.support.ranking import query_of

FOR_YOU = shipped()["for_you"]


def test_exclusions_name_an_episode_by_id_or_by_content(catalog: Catalog) -> None:
    query = query_of(
        excluded_ids=["episode-1", "content-2", "unknown"],
        engagements=[{"episode_id": "episode-3", "type": "listen", "progress": 0.5}],
    )
    features = CatalogFeatures(catalog, FOR_YOU)
    user = UserFeatures(catalog, hydrate(query, catalog), FOR_YOU.interests)

    def excluded(*, unfinished_return: bool) -> set[str]:
        eligible = find_eligible(features, user, unfinished_return=unfinished_return)
        return {catalog.ids[row] for row in eligible.excluded}

    assert excluded(unfinished_return=False) == {"episode-1", "episode-2", "episode-3"}
    assert excluded(unfinished_return=True) == {"episode-1", "episode-2"}
