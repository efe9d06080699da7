from typing import Any

import pytest

from feed.model.engagement import Engagement, Profile, Summary
from feed.model.timestamps import to_us
from tests.support.catalogs import NOW
from tests.support.ranking import query_of


def test_an_engagement_that_is_stored_and_sent_counts_once() -> None:
    stored = Engagement(id="a", episode_id="x", type="like", timestamp_us=to_us(NOW))
    sent = [
        {"id": "a", "episode_id": "x", "type": "like", "timestamp": NOW},
        {"episode_id": "x", "type": "like", "timestamp": NOW},
        {"episode_id": "y", "type": "like"},
    ]
    query = query_of(Summary(engagements=(stored,)), engagements=sent)
    assert sorted(e.episode_id for e in query.engagements) == ["x", "y"]


@pytest.mark.parametrize(("sent", "expected"), [(None, ("a",)), ([], ()), (["b"], ("b",))])
def test_interests_in_a_request_replace_those_of_the_profile_and_mutes_add_to_them(
    sent: Any, expected: Any
) -> None:
    stored = Profile(category_interests=("a",), muted_series=("m",), muted_categories=("c",))
    mutes = {"muted_series": ["n", "m"], "muted_categories": ["c", "d"]}
    profile = query_of(stored, category_interests=sent, **mutes).profile
    assert profile.category_interests == expected
    assert (profile.muted_series, profile.muted_categories) == (("m", "n"), ("c", "d"))
