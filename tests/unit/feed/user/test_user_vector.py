from typing import Any

import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.model.engagement import ENGAGEMENT_TYPES
from feed.scenarios.parameters import InterestParameters
from feed.scenarios.scenario import shipped
from feed.user.hydration import hydrate
from feed.user.user_vector import UserVector, engagement_weights, user_vector
from tests.support.catalogs import NOW
from tests.support.ranking import engagements, query_of

PARAMETERS = InterestParameters(weights={"bookmark": 2}, category_blend=0.15)


def vector_of(
    catalog: Catalog,
    *engaged: dict[str, Any],
    interests: tuple[str, ...] = (),
    parameters: InterestParameters = PARAMETERS,
) -> UserVector:
    """The vector of a user with these engagements, newest first, and declared interests."""
    sent = [
        {**one, "timestamp": NOW.replace(year=2026 - years)} for years, one in enumerate(engaged)
    ]
    query = hydrate(query_of(engagements=sent, category_interests=interests), catalog)
    return user_vector(catalog, query, engagement_weights(query, parameters), parameters)


def embedded(catalog: Catalog) -> list[int]:
    return np.flatnonzero(catalog.embeddings.present).tolist()


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def test_a_user_of_whom_nothing_is_known_has_no_vector(catalog: Catalog) -> None:
    user = vector_of(catalog, interests=("unheard of",))
    assert user.unit is None
    assert not len(user.members)


def test_an_engagement_counts_by_the_weight_of_its_type(catalog: Catalog) -> None:
    a, b = embedded(catalog)[:2]
    sent = engagements(catalog, a, kind="bookmark") + engagements(catalog, b, kind="click")
    user = vector_of(catalog, *sent)
    expected = unit(2 * catalog.embeddings[a] + catalog.embeddings[b])
    assert user.unit == pytest.approx(expected, abs=1e-6)
    assert [ENGAGEMENT_TYPES[kind] for kind in user.member_types] == ["bookmark", "click"]


def test_interests_and_engagements_are_blended_before_the_mean_is_normalised(
    catalog: Catalog,
) -> None:
    rows = embedded(catalog)[:2]
    user = vector_of(catalog, *engagements(catalog, *rows), interests=("Chess", "Bread"))
    categories = [catalog.category_index.row(name) or 0 for name in ("Chess", "Bread")]
    anchor = unit(catalog.anchors[categories].sum(axis=0))
    mean = catalog.embeddings[rows].mean(axis=0)
    assert user.unit == pytest.approx(unit(0.85 * mean + 0.15 * anchor), abs=1e-6)


def test_an_anchor_is_the_normalised_mean_of_its_category(catalog: Catalog) -> None:
    category = catalog.category_index.row("Chess")
    rows = catalog.rows_in_categories(np.array([category]))
    expected = unit(catalog.embeddings[rows[catalog.embeddings.present[rows]]].mean(axis=0))
    assert catalog.anchors[category] == pytest.approx(expected, abs=1e-6)
    alone = vector_of(catalog, interests=("Chess", "Chess"))
    assert alone.unit == pytest.approx(expected, abs=1e-6)


def test_an_engagement_without_an_embedding_uses_up_a_place(catalog: Catalog) -> None:
    missing = int(np.flatnonzero(~catalog.embeddings.present)[0])
    gone = {"episode_id": "gone", "type": "click"}
    rows = embedded(catalog)[:10]
    user = vector_of(catalog, gone, *engagements(catalog, missing, *rows))
    assert user.members.tolist() == rows[:8]


def test_a_dislike_is_in_no_vector_of_for_you(catalog: Catalog) -> None:
    dislikes = engagements(catalog, embedded(catalog)[0], kind="not_interested")
    assert vector_of(catalog, *dislikes, parameters=shipped()["for_you"].interests).unit is None


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
