"""A scenario is replayed as the function ranks it."""

import numpy as np
import pytest

from evaluation.offline.latency import session_ms
from evaluation.offline.scenario_recommender import ScenarioRecommender
from feed.model.engagement import MAX_ENGAGEMENTS
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.user.query import Query
from tests.support.interactions import CUT_US, event, history, training_of

FOR_YOU = shipped()["for_you"]
KNOWN = training_of([*history("a", [0, 1, 2, 3, 4]), *history("b", [5, 6, 7])])


def test_a_user_gets_the_session_that_the_function_would_create() -> None:
    ranking, user = ScenarioRecommender(KNOWN, FOR_YOU), KNOWN.users["a"]
    query = ranking.query(user)
    assert query.now_us == CUT_US
    assert query.engagements == user.summary.engagements
    assert query.excluded_ids == ()
    slate = Ranker(KNOWN.catalog, FOR_YOU).rank(query)
    assert ranking.slate(user).rows.tolist() == slate.rows.tolist()
    assert ranking.rank(user, 5).tolist() == slate.rows[:5].tolist()


def test_episodes_beyond_the_summary_are_excluded_by_id() -> None:
    # The first is heard so long ago that the summary no longer has it.
    train = [event("a", 9, 900), *(event("a", n % 3, 800 - n) for n in range(MAX_ENGAGEMENTS))]
    known = training_of(train)
    user = known.users["a"]
    assert "episode-9" not in {one.episode_id for one in user.summary.engagements}
    query = ScenarioRecommender(known, FOR_YOU).query(user)
    assert set(query.excluded_ids) == {f"episode-{n}" for n in (0, 1, 2, 9)}


def test_a_sessions_seed_derives_from_the_user_and_the_seed_of_the_replay() -> None:
    one, two = (KNOWN.users[name] for name in "ab")
    ranking = ScenarioRecommender(KNOWN, FOR_YOU, seed=1)
    assert ranking.query(one).seed != ranking.query(two).seed
    assert ranking.query(one).seed == ScenarioRecommender(KNOWN, FOR_YOU, seed=1).query(one).seed
    assert ranking.query(one).seed != ScenarioRecommender(KNOWN, FOR_YOU, seed=2).query(one).seed


def test_a_score_that_is_not_finite_is_last(monkeypatch: pytest.MonkeyPatch) -> None:
    ranking = ScenarioRecommender(KNOWN, FOR_YOU)
    monkeypatch.setattr(ranking.ranker, "score", lambda _: np.array([0.5, np.nan, -np.inf, np.inf]))
    assert ranking.score(KNOWN.users["a"]).tolist() == [0.5, -np.inf, -np.inf, -np.inf]


def test_a_latency_is_measured_for_each_session() -> None:
    ranking = ScenarioRecommender(KNOWN, FOR_YOU)
    queries = [ranking.query(user) for user in KNOWN.users.values()] + [Query(now_us=CUT_US)]
    took = session_ms(ranking.ranker, queries)
    assert took.shape == (3,)
    assert (took > 0).all()
