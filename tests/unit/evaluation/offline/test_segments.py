"""Users are divided by how popular their target is, and by the length of their history."""

import numpy as np

from evaluation.data.events import Events
from evaluation.offline import replay
from evaluation.offline.protocol import targets
from evaluation.offline.segments import BY_HISTORY, BY_TARGET, segments
from tests.support.interactions import (
    EPISODES,
    FixedScores,
    event,
    history,
    rows_of,
    training_of,
)

CROWD = [
    # Episode 25 was chosen by most people, but 9 days ago; 26 by one in the last week.
    *(event(f"old-{n}", 25, 9) for n in range(5)),
    event("new", 26, 1),
    # So were 20 others, each by two people, which leaves 26 the place 21.
    *(event(f"new-{n}", number, 2) for n in range(2) for number in range(20)),
]
USERS = {"head": 19, "middle": 26, "tail": 25, "cold": 29}
ASKED = [event(user, number, -1) for user, number in USERS.items()]
TRAIN = [*CROWD, *(event(user, 0, 8) for user in USERS for _ in range(5))]


def names_of(train: list, *, last: bool = False) -> dict[str, set[str]]:  # type: ignore[type-arg]
    known = training_of(train)
    found = targets(known, Events.from_rows(ASKED), last=last)
    ids = np.array([user.user_id for user in found.users])
    return {name: set(ids[inside].tolist()) for name, inside in segments(found).items()}


def test_a_target_belongs_to_a_segment_by_the_users_that_chose_it_in_the_last_week() -> None:
    found = names_of(TRAIN)
    assert {name: found[name] for name in BY_TARGET} == {
        "head": {"head"},
        "middle": {"middle"},
        "tail": {"tail", "cold"},
        "cold": {"cold"},
    }


def test_if_the_last_choice_is_left_out_all_choices_of_the_training_data_count() -> None:
    found = names_of(TRAIN, last=True)
    assert (found["head"], found["middle"]) == ({"tail"}, {"head", "middle"})


def test_histories_are_short_medium_or_long_by_their_number_of_events() -> None:
    lengths = {"head": 9, "middle": 10, "tail": 49, "cold": 50}
    train = [event(user, 0, 8) for user, length in lengths.items() for _ in range(length)]
    found = names_of(train)
    assert [found[name] for name in BY_HISTORY] == [{"head"}, {"middle", "tail"}, {"cold"}]


def test_a_segment_has_the_metrics_of_its_users_alone() -> None:
    known = training_of([one for n in range(40) for one in history(f"u{n}", [n % 20] * 5)])
    test = [event(f"u{n}", 20 if n % 4 else (n + 1) % 20, -1) for n in range(40)]
    asked = targets(known, Events.from_rows(test))
    scores = np.zeros(EPISODES)
    scores[rows_of(known, [20])] = 1.0
    found = replay.measure(FixedScores(scores), known, asked, (1,))
    cold, head = found.by_segment["cold"], found.by_segment["head"]
    assert (cold.users, cold.metrics["recall@1"], cold.ci["recall@1"]) == (30, 1, (1, 1))
    assert (head.users, head.metrics["recall@1"]) == (10, 0)
    none = found.by_segment["long"].as_json()
    assert none["users"] == 0
    assert none["recall@1"] is None
