"""Second visits of replayed users."""

from evaluation.data.events import Events
from evaluation.offline.protocol import targets
from evaluation.offline.scenario_recommender import ScenarioRecommender
from evaluation.offline.visits import VisitReplay, replay_visits
from feed.scenarios.scenario import Scenario, shipped
from tests.support.interactions import EPISODES, event, history, training_of
from tests.support.ranking import with_tables

USERS = [f"user-{n}" for n in range(4)]
FOR_YOU = shipped()["for_you"]


TRAIN = [one for user in USERS for one in history(user, list(range(5)))]
TEST = Events.from_rows([event(user, 10 + n, -1) for n, user in enumerate(USERS)])


def replayed(scenario: Scenario, episodes: int = EPISODES) -> VisitReplay:
    known = training_of(TRAIN, episodes)
    return replay_visits(ScenarioRecommender(known, scenario), targets(known, TEST))


def test_what_was_seen_changes_the_next_visit_and_not_the_present_one() -> None:
    found = replayed(FOR_YOU)
    assert found.users == found.half_new == len(USERS)
    assert found.new >= 0.5
    assert found.moved == found.few_others == found.unexplained == 0


def test_whoever_sees_the_same_again_has_no_others_or_a_scenario_without_memory() -> None:
    few = replayed(FOR_YOU, episodes=14)  # nine that the user has not heard
    assert few.few_others == len(USERS)
    forgetful = with_tables(FOR_YOU, blend={"fatigue": 0.0}, selector={"explore_every": 0})
    found = replayed(forgetful)
    assert found.new == 0
    assert found.unexplained + found.few_others == len(USERS)
    assert found.first == found.remembered
