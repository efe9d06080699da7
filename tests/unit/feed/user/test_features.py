from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.catalog.signals import Signals
from feed.model.engagement import Profile
from feed.scenarios.parameters import InterestParameters
from feed.user.features import UserFeatures
from feed.user.hydration import hydrate
from tests.support.catalogs import NOW
from tests.support.ranking import engagements, query_of

CHESS = Profile(category_interests=("Chess",))


def features_of(
    catalog: Catalog, *engaged: dict[str, Any], profile: Profile | None = None, **parameters: Any
) -> UserFeatures:
    """The features of a user with these engagements, newest first."""
    sent = [
        {**one, "timestamp": NOW.replace(year=2026 - years)} for years, one in enumerate(engaged)
    ]
    query = query_of(profile, engagements=sent)
    return UserFeatures(catalog, hydrate(query, catalog), InterestParameters(**parameters))


def completed(catalog: Catalog, *rows: int) -> list[dict[str, Any]]:
    return engagements(catalog, *rows, kind="complete")


def test_a_user_is_unknown_without_any_episode_or_interest_of_the_catalog(
    catalog: Catalog,
) -> None:
    strange = {"episode_id": "not in the catalog", "type": "like"}
    assert features_of(catalog).is_unknown
    assert features_of(catalog, strange).is_unknown
    assert not features_of(catalog, *completed(catalog, 0)).is_unknown
    assert not features_of(catalog, profile=CHESS).is_unknown


def test_the_shares_halve_with_each_half_life_and_sum_to_one(catalog: Catalog) -> None:
    user = features_of(catalog, *completed(catalog, 0, 1, 2, 3), half_life=1.0)
    assert user.positives.tolist() == [0, 1, 2, 3]
    expected = np.array([1, 1 / 2, 1 / 4, 1 / 8])
    assert user.positive_shares == pytest.approx(expected / expected.sum())
    assert user.series_shares.shares.sum() <= 1.0 + 1e-9
    assert user.category_shares.shares.sum() == pytest.approx(1.0)


def test_the_newest_engagement_with_an_episode_counts(catalog: Catalog) -> None:
    (a, b), (dislike,) = completed(catalog, 0, 1), engagements(catalog, 0, kind="not_interested")
    user = features_of(catalog, a, dislike, b)
    assert (user.positives.tolist(), user.disliked.tolist()) == ([0, 1], [])
    user = features_of(catalog, dislike, a, b)
    assert (user.positives.tolist(), user.disliked.tolist()) == ([1], [0])


def test_an_id_and_a_content_id_mean_the_same_episode(catalog: Catalog) -> None:
    by_content = {"episode_id": "content-5", "type": "like"}
    by_id = {"episode_id": "episode-5", "type": "not_interested"}
    user = features_of(catalog, by_content, by_id)
    assert (user.positives.tolist(), user.disliked.tolist()) == ([5], [])


def test_a_listen_abandoned_after_a_moment_is_a_dislike_and_one_left_later_is_unfinished(
    catalog: Catalog,
) -> None:
    listens = engagements(catalog, 0, 1, 2, 3, kind="listen")
    progress = (0.05, 0.4, 0.95, None)
    user = features_of(
        catalog, *({**one, "progress": share} for one, share in zip(listens, progress, strict=True))
    )
    assert user.disliked.tolist() == [0]
    assert user.unfinished.tolist() == [1]
    assert user.positives.tolist() == [1, 2, 3]


def test_each_interest_is_one_of_the_positives_and_one_topic_has_one_interest(
    catalog: Catalog,
) -> None:
    topics = np.array([catalog.title(row).split()[0] for row in range(len(catalog))])
    rows = [
        row
        for topic in ("Chess", "Bread")
        for row in np.flatnonzero((topics == topic) & catalog.embeddings.present)[:6].tolist()
    ]

    def interests(**parameters: float) -> list[int]:
        return features_of(catalog, *completed(catalog, *rows), **parameters).interests.tolist()

    found = interests(medoids=5, half_life=500.0, min_interest=0.2)
    assert set(found) <= set(rows)
    assert set(topics[found]) == {"Chess", "Bread"}
    assert len(interests(medoids=1)) == 1
    assert not interests()


def test_an_interest_that_is_muted_too_counts_as_muted(catalog: Catalog) -> None:
    both = Profile(category_interests=("Chess", "Bread"), muted_categories=("chess ",))
    query = hydrate(query_of(both), catalog)
    assert [catalog.categories[one] for one in query.declared_interests] == ["Bread"]
    assert [catalog.categories[one] for one in query.muted_categories] == ["Chess"]


def test_a_declared_interest_weighs_as_much_as_two_engagements(catalog: Catalog) -> None:
    chess = catalog.category_index.row("Chess")
    outside = next(
        row
        for row in range(len(catalog))
        if len(catalog.categories_of(row)) and chess not in catalog.categories_of(row)
    )
    alone = features_of(catalog, profile=CHESS)
    assert [column.tolist() for column in alone.category_shares] == [[chess], [1.0]]
    both = features_of(catalog, *completed(catalog, outside), profile=CHESS)
    shares = dict(zip(*(column.tolist() for column in both.category_shares), strict=True))
    assert shares[chess] == pytest.approx(2 / 3)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert both.confidence == 1.0
    assert features_of(catalog, profile=CHESS, prior=2.0).confidence == pytest.approx(0.5)


def test_a_neighbour_of_the_last_choice_is_nearest_by_the_shortest_half_life(
    catalog: Catalog,
) -> None:
    signals = replace(
        Signals.none(len(catalog), len(catalog.series_ids)),
        neighbour_starts=np.minimum(np.arange(len(catalog) + 1), 4),
        neighbour_rows=np.array([50, 51, 51, 51], np.int32),
        neighbour_weights=np.ones(4, np.float32),
    )
    user = features_of(replace(catalog, signals=signals), *completed(catalog, 0, 1, 2, 3))
    merged = user.neighbours
    assert merged.rows.tolist() == [50, 51]
    assert merged.nearness.sum(axis=1) == pytest.approx([1.0, 1.0, 1.0])
    medium, latest, long = merged.nearness[:, 0]  # of the newest of four choices
    assert latest > medium > long > 0.25
