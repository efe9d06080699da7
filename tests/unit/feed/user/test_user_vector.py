import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.scenarios.parameters import InterestParameters
from feed.scenarios.scenario import shipped
from feed.user.hydration import hydrate
from feed.user.user_vector import engagement_weights, user_vector
from tests.support.ranking import engagements, query_of


def test_a_dislike_is_in_no_vector_of_for_you(catalog: Catalog) -> None:
    embedded = int(np.flatnonzero(catalog.embeddings.present)[0])
    dislikes = engagements(catalog, embedded, kind="not_interested")
    query = hydrate(query_of(engagements=dislikes), catalog)
    parameters = shipped()["for_you"].interests
    weights = engagement_weights(query, parameters)
    assert user_vector(catalog, query, weights, parameters).unit is None


def test_an_episode_that_was_heard_and_saved_is_one_of_those_picked(catalog: Catalog) -> None:
    embedded = int(np.flatnonzero(catalog.embeddings.present)[0])
    both = [
        *engagements(catalog, embedded, kind="listen"),
        *engagements(catalog, embedded, kind="bookmark"),
    ]
    query = hydrate(query_of(engagements=both), catalog)
    parameters = shipped()["for_you"].interests
    vector = user_vector(catalog, query, engagement_weights(query, parameters), parameters)
    assert (len(vector.members), vector.episodes) == (2, 1)


@pytest.mark.parametrize(
    ("kind", "progress", "weight"),
    [("listen", 0.0, 0.2), ("listen", 1.0, 2.0), ("listen", None, 1.1), ("click", 0.0, 1.0)],
)
def test_a_listen_weighs_by_its_progress(
    catalog: Catalog, kind: str, progress: float | None, weight: float
) -> None:
    parameters = InterestParameters(weights={"listen": 2}, progress_floor=0.1, progress_unknown=0.5)
    sent = [{"episode_id": "x", "type": kind, "progress": progress}]
    query = hydrate(query_of(engagements=sent), catalog)
    assert engagement_weights(query, parameters) == pytest.approx([weight])
