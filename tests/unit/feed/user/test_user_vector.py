import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.model.engagement import ENGAGEMENT_TYPES, Engagement, Profile
from feed.scenarios.parameters import InterestParameters
from feed.scenarios.scenario import shipped
from feed.user.hydration import hydrate
from feed.user.query import Query
from feed.user.user_vector import UserVector, engagement_weights, user_vector

PARAMETERS = InterestParameters(weights={"bookmark": 2})


def engaged(catalog: Catalog, row: int, kind: str = "click", at: int = 0) -> Engagement:
    name = catalog.ids[row]
    return Engagement(id=f"{row}", episode_id=name, type=kind, timestamp_us=at)  # type: ignore[arg-type]


def query(*engagements: Engagement, interests: tuple[str, ...] = ()) -> Query:
    ordered = tuple(sorted(engagements, key=lambda e: -e.timestamp_us))
    return Query(now_us=0, engagements=ordered, profile=Profile(category_interests=interests))


def of(catalog: Catalog, asked: Query, parameters: InterestParameters = PARAMETERS) -> UserVector:
    hydrated = hydrate(asked, catalog)
    weights = engagement_weights(hydrated, parameters)
    return user_vector(catalog, hydrated, weights, parameters)


def embedded(catalog: Catalog) -> list[int]:
    return np.flatnonzero(catalog.embeddings.present).tolist()


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def test_nothing_known_is_no_vector(catalog: Catalog) -> None:
    user = of(catalog, query(interests=("unheard of",)))
    assert user.unit is None
    assert not len(user.members)


def test_a_bookmark_weighs_twice(catalog: Catalog) -> None:
    a, b = embedded(catalog)[:2]
    asked = query(engaged(catalog, a, "bookmark", 2), engaged(catalog, b, "click", 1))
    user = of(catalog, asked)
    wanted = unit(2 * catalog.embeddings[a] + catalog.embeddings[b])
    assert user.unit == pytest.approx(wanted, abs=1e-6)
    assert [ENGAGEMENT_TYPES[kind] for kind in user.member_types] == ["bookmark", "click"]


def test_interests_and_engagements_are_blended_before_the_mean_is_normalised(
    catalog: Catalog,
) -> None:
    a, b = embedded(catalog)[:2]
    asked = query(engaged(catalog, a, at=2), engaged(catalog, b), interests=("Chess", "Bread"))
    user = of(catalog, asked)
    rows = [catalog.category_index.row(name) or 0 for name in ("Chess", "Bread")]
    anchor = unit(catalog.anchors[rows].sum(axis=0))
    mean = catalog.embeddings[[a, b]].mean(axis=0)
    assert user.unit == pytest.approx(unit(0.85 * mean + 0.15 * anchor), abs=1e-6)


def test_an_anchor_is_the_normalised_mean_of_its_category(catalog: Catalog) -> None:
    place = catalog.category_index.row("Chess")
    assert place is not None
    rows = catalog.rows_in_categories(np.array([place]))
    wanted = unit(catalog.embeddings[rows[catalog.embeddings.present[rows]]].mean(axis=0))
    assert catalog.anchors[place] == pytest.approx(wanted, abs=1e-6)
    alone = of(catalog, query(interests=("Chess", "Chess")))
    assert alone.unit == pytest.approx(wanted, abs=1e-6)


def test_an_engagement_without_an_embedding_takes_a_place_and_is_skipped(catalog: Catalog) -> None:
    with_vector = embedded(catalog)
    without = int(np.flatnonzero(~catalog.embeddings.present)[0])
    gone = Engagement(id="gone", episode_id="gone", type="click", timestamp_us=30)
    asked = query(
        gone,
        engaged(catalog, without, at=29),
        *(engaged(catalog, row, at=20 - i) for i, row in enumerate(with_vector[:10])),
    )
    user = of(catalog, asked)
    assert user.members.tolist() == with_vector[:8]


def test_what_a_user_is_not_interested_in_is_in_no_vector_of_for_you(catalog: Catalog) -> None:
    refused = engaged(catalog, embedded(catalog)[0], "not_interested")
    user = of(catalog, query(refused), shipped()["for_you"].interests)
    assert user.unit is None


def test_a_listen_weighs_by_how_far_it_went(catalog: Catalog) -> None:
    parameters = InterestParameters(weights={"listen": 2}, progress_floor=0.1, progress_unknown=0.5)

    def weight(kind: str, progress: float | None) -> float:
        one = Engagement(
            id="e",
            episode_id="x",
            type=kind,  # type: ignore[arg-type]
            timestamp_us=0,
            progress=progress,
        )
        return float(engagement_weights(hydrate(query(one), catalog), parameters)[0])

    assert weight("listen", 0.0) == pytest.approx(0.2)
    assert weight("listen", 1.0) == pytest.approx(2.0)
    assert weight("listen", None) == pytest.approx(1.1)
    assert weight("click", 0.0) == 1.0
