"""What is known of a user, in the terms of a catalog."""

import numpy as np
import pytest

from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement, Profile
from feed.model.timestamps import to_us
from feed.scenarios.parameters import InterestParameters
from feed.user.features import UserFeatures
from feed.user.hydration import hydrate
from feed.user.query import Query
from tests.support.catalogs import NOW

US = to_us(NOW)


def engaged(
    at: int, name: str, kind: str = "complete", progress: float | None = None
) -> Engagement:
    return Engagement(
        id=f"{at}",
        episode_id=name,
        type=kind,  # type: ignore[arg-type]
        timestamp_us=US - at,
        progress=progress,
    )


def of(
    catalog: Catalog, *engagements: Engagement, profile: Profile | None = None, **how: float
) -> UserFeatures:
    query = Query(engagements=engagements, profile=profile or Profile(), now_us=US)
    parameters = InterestParameters(**how)  # type: ignore[arg-type]
    return UserFeatures(catalog, hydrate(query, catalog), parameters)


def test_nothing_is_known_of_a_stranger(catalog: Catalog) -> None:
    assert of(catalog).is_unknown
    assert of(catalog, engaged(1, "not in the catalog")).is_unknown
    assert not of(catalog, engaged(1, catalog.ids[0])).is_unknown
    assert not of(catalog, profile=Profile(category_interests=("Chess",))).is_unknown


def test_shares_fall_with_the_place_and_are_one_in_sum(catalog: Catalog) -> None:
    found = of(catalog, *(engaged(at, catalog.ids[at]) for at in range(4)), rank_power=1.0)
    assert found.positives.tolist() == [0, 1, 2, 3]
    wanted = np.array([1, 1 / 2, 1 / 3, 1 / 4])
    assert found.positive_shares == pytest.approx(wanted / wanted.sum())
    assert found.series_shares.shares.sum() <= 1.0 + 1e-9
    assert found.category_shares.shares.sum() == pytest.approx(1.0) or not len(
        found.category_shares.groups
    )


def test_the_newest_engagement_with_an_episode_says_what_it_is(catalog: Catalog) -> None:
    a, b = catalog.ids[0], catalog.ids[1]
    found = of(catalog, engaged(1, a), engaged(2, a, "not_interested"), engaged(3, b))
    assert found.positives.tolist() == [0, 1]
    assert not len(found.disliked)
    found = of(catalog, engaged(1, a, "not_interested"), engaged(2, a), engaged(3, b))
    assert found.positives.tolist() == [1]
    assert found.disliked.tolist() == [0]


def test_an_episode_by_either_of_its_names_is_one(catalog: Catalog) -> None:
    found = of(catalog, engaged(1, "content-5"), engaged(2, "episode-5", "not_interested"))
    assert found.positives.tolist() == [5]
    assert not len(found.disliked)


def test_who_left_after_a_moment_refused_and_who_left_half_way_comes_back(catalog: Catalog) -> None:
    parts = {0: 0.05, 1: 0.4, 2: 0.95, 3: None}
    found = of(catalog, *(engaged(at, catalog.ids[at], "listen", p) for at, p in parts.items()))
    assert found.disliked.tolist() == [0]
    assert found.unfinished.tolist() == [1]
    assert found.positives.tolist() == [1, 2, 3]


def test_each_interest_is_a_chosen_episode_and_those_of_one_topic_share_one(
    catalog: Catalog,
) -> None:
    topics = [catalog.title(row).split()[0] for row in range(len(catalog))]
    some = [
        row
        for topic in ("Chess", "Bread")
        for row in np.flatnonzero((np.array(topics) == topic) & catalog.embeddings.present)[
            :6
        ].tolist()
    ]
    engagements = [engaged(at, catalog.ids[row]) for at, row in enumerate(some)]
    found = of(catalog, *engagements, medoids=5, rank_power=0.0, min_interest=0.2)
    assert set(found.interests.tolist()) <= set(some)
    assert {topics[row] for row in found.interests.tolist()} == {"Chess", "Bread"}
    assert len(of(catalog, *engagements, medoids=1).interests) == 1
    assert len(of(catalog, *engagements).interests) == 0


def test_a_category_that_is_asked_for_counts_as_much_as_two_choices(catalog: Catalog) -> None:
    chess = int(catalog.category_index.first(hash_strings(["Chess"]))[0])
    outside = next(
        row
        for row in range(len(catalog))
        if len(catalog.categories_of(row)) and chess not in catalog.categories_of(row)
    )
    asked = Profile(category_interests=("Chess",))
    alone = of(catalog, profile=asked)
    assert (alone.category_shares.groups.tolist(), alone.category_shares.shares.tolist()) == (
        [chess],
        [1.0],
    )
    both = of(catalog, engaged(1, catalog.ids[outside]), profile=asked)
    share = dict(
        zip(both.category_shares.groups.tolist(), both.category_shares.shares.tolist(), strict=True)
    )
    assert share[chess] == pytest.approx(2 / 3)
    assert sum(share.values()) == pytest.approx(1.0)
    assert both.confidence == 1.0
    assert of(catalog, profile=asked, prior=2.0).confidence == pytest.approx(0.5)
