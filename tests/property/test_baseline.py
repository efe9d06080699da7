"""The baseline scenario, beside a second reading of its definition that shares no code with it."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed.ranking.pipeline import Ranker, Slate
from feed.scenarios import scenario as scenarios
from tests.support import oracle
from tests.support.catalogs import NOW, TOPICS, catalog_of, episodes
from tests.support.ranking import ids_of, query_of

EPISODES = episodes(600, seed=7)
CATALOG = catalog_of(EPISODES)
VECTORS = {
    CATALOG.ids[row]: CATALOG.embeddings[row].astype(float).tolist()
    for row in np.flatnonzero(CATALOG.embeddings.present)
}
BASELINE = Ranker(CATALOG, scenarios.shipped()["baseline"])

ids = st.sampled_from([e.id for e in EPISODES])
engagements = st.lists(
    st.fixed_dictionaries(
        {
            "episode_id": ids | st.just("gone"),
            "type": st.sampled_from(["click", "bookmark", "listen", "like", "not_interested"]),
            "timestamp": st.integers(0, 10**7).map(lambda s: NOW - timedelta(seconds=s)),
        }
    ),
    max_size=25,
    unique_by=lambda e: e["timestamp"],
)
interests = st.lists(st.sampled_from([*TOPICS, "Chess 1", "unheard of"]), max_size=3, unique=True)
excluded = st.lists(ids | st.sampled_from([e.content_id or "" for e in EPISODES]), max_size=30)


def ranked(**fields: Any) -> Slate:
    return BASELINE.rank(query_of(**fields))


@given(engagements, interests, excluded)
@settings(max_examples=120)
def test_the_queue_is_the_one_that_the_definition_gives(
    engagements: list[dict[str, Any]], interests: list[str], excluded: list[str]
) -> None:
    wanted = oracle.baseline(EPISODES, VECTORS, engagements, NOW, interests, excluded)
    slate = ranked(engagements=engagements, category_interests=interests, excluded_ids=excluded)
    assert ids_of(CATALOG, slate.rows) == [one.id for one in wanted]
    assert slate.scores / 1e6 == pytest.approx(np.array([one[1:] for one in wanted]), abs=2e-6)


def test_each_of_the_four_user_states_has_a_feed_of_its_own() -> None:
    history = [{"episode_id": EPISODES[3].id, "type": "bookmark", "timestamp": NOW}]
    states: list[dict[str, Any]] = [
        {},
        {"category_interests": ["Chess"]},
        {"engagements": history},
        {"engagements": history, "category_interests": ["Chess"]},
    ]
    feeds = [ids_of(CATALOG, ranked(**state).rows) for state in states]
    assert all(feeds)
    assert len({tuple(feed) for feed in feeds}) == 4
    assert [ranked(**state).cold_start for state in states] == [True, False, False, False]
