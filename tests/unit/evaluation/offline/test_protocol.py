"""Who is asked and for what: nothing that came after the cut may reach a list."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_builder.errors import CommandError
from catalog_builder.signals.aggregates import SignalParameters
from evaluation.data.events import Event, Events
from evaluation.data.training import TrainingData
from evaluation.offline import replay
from evaluation.offline.protocol import MIN_EVENTS, targets
from evaluation.offline.run import run_after_cut
from evaluation.offline.scenario_recommender import ScenarioRecommender
from feed.model.timestamps import DAY_US
from feed.scenarios.scenario import shipped
from tests.support.catalogs import NOW
from tests.support.interactions import (
    CUT_US,
    catalog_input,
    event,
    events,
    history,
    rows_of,
    training_of,
)

SHIPPED = shipped()
TRAIN = history("a", [0, 1, 2, 3, 4]) + history("b", [5, 6, 7, 8, 9, 10])


def asked(train: list[Event], test: list[Event]) -> dict[str, int]:
    """By user, the number of the episode that is to be found."""
    known = training_of(train)
    found = targets(known, Events.from_rows(test))
    ids = [known.catalog.ids[row] for row in found.rows.tolist()]
    numbers = [int(one.removeprefix("episode-")) for one in ids]
    return dict(zip([user.user_id for user in found.users], numbers, strict=True))


def test_the_target_is_the_first_later_choice_of_an_episode_not_seen_before() -> None:
    found = asked(
        TRAIN,
        [
            event("a", 20, -3),
            event("a", 21, -2),  # the first, though it comes later in the file
            event("a", 3, -1),  # seen already
            event("b", 11, -4),
        ],
    )
    assert found == {"a": 21, "b": 11}


def test_of_two_at_the_same_time_the_first_line_is_the_target() -> None:
    assert asked(TRAIN, [event("a", 21, -2), event("a", 20, -2)]) == {"a": 21}
    assert asked(TRAIN, [event("a", 20, -2), event("a", 21, -2)]) == {"a": 20}


def test_not_being_interested_is_no_choice_and_the_one_after_it_is() -> None:
    refused = event("a", 20, -1, "not_interested")
    assert asked(TRAIN, [refused]) == {}
    assert asked(TRAIN, [refused, event("a", 21, -2, "click")]) == {"a": 21}


def test_what_was_refused_before_the_cut_is_no_target_after_it() -> None:
    train = [*TRAIN, event("a", 20, 0.5, "not_interested")]
    assert asked(train, [event("a", 20, -1)]) == {}


@pytest.mark.parametrize(("before", "is_asked"), [(MIN_EVENTS - 1, False), (MIN_EVENTS, True)])
def test_who_has_fewer_than_five_events_is_not_asked(before: int, *, is_asked: bool) -> None:
    found = asked(history("a", list(range(before))), [event("a", 20, -1)])
    assert (found == {"a": 20}) == is_asked


def test_the_same_episode_five_times_is_five_events() -> None:
    assert asked(history("a", [1, 1, 1, 1, 1]), [event("a", 20, -1)]) == {"a": 20}


def test_who_is_new_after_the_cut_is_not_asked() -> None:
    assert asked(TRAIN, history("new", list(range(9)))) == {}


def test_what_the_catalog_has_not_is_passed_over_and_counted() -> None:
    known = training_of([*TRAIN, event("a", 77)])
    found = targets(known, Events.from_rows([event("a", 88, -1), event("a", 20, -2)]))
    assert known.unknown == found.unknown == 1
    assert found.rows.tolist() == rows_of(known, [20])


def test_an_event_of_test_from_before_the_users_last_one_is_no_later_choice() -> None:
    known = training_of(TRAIN)
    early = [event("a", 20, 0.5), event("a", 21, -1)]
    found = targets(known, Events.from_rows(early))
    assert found.rows.tolist() == rows_of(known, [21])
    assert found.early == 1


def test_a_target_nobody_had_touched_is_cold() -> None:
    known = training_of(TRAIN)
    found = targets(known, Events.from_rows([event("a", 9, -1), event("b", 20, -1)]))
    assert found.cold.tolist() == [False, True]


def test_targets_that_were_not_out_at_the_cut_are_counted() -> None:
    published = {one.id: one.published_at for one in catalog_input().episodes}
    newest, oldest = (
        max(published, key=published.__getitem__),
        min(published, key=published.__getitem__),
    )
    train = Events.from_rows(history("a", [0, 0, 0, 0, 0]))
    for name, count in [(newest, 1), (oldest, 0)]:
        test = Events.from_rows([event("a", int(name.removeprefix("episode-")), -1)])
        now = published[newest] - timedelta(seconds=1)
        assert run_after_cut(catalog_input(), train, test, now).targets.unpublished == count


def test_years_before_1970_are_as_good_as_any() -> None:
    back = int((CUT_US + 10 * 365 * DAY_US) // DAY_US)
    train = [event("a", number, back + 9 - number) for number in range(6)]
    test = [event("a", 20, back - 1), event("a", 21, back - 2)]
    known = Events.from_rows(train)
    assert known.timestamp_us.max() < 0
    run = run_after_cut(
        catalog_input(), known, Events.from_rows(test), parameters=SignalParameters(min_users=1)
    )
    assert run.training.now_us == known.timestamp_us.max()
    assert run.targets.rows.tolist() == rows_of(run.training, [20])


@given(st.lists(events, max_size=40), st.lists(events, max_size=40))
@settings(max_examples=60)
def test_the_target_is_what_a_plain_reading_of_the_protocol_finds(
    train: list[Event], later: list[Event]
) -> None:
    test = [(user, one, kind, 2 * CUT_US - when, heard) for user, one, kind, when, heard in later]
    found = asked(train, test)
    exists = {f"episode-{number}" for number in range(30)}
    wanted = {}
    for user in {one[0] for one in train}:
        mine = [one[1] for one in train if one[0] == user and one[1] in exists]
        choices = sorted(
            (
                one
                for one in test
                if one[0] == user and one[1] in exists - set(mine) and one[2] != 6
            ),
            key=lambda one: one[3],
        )
        if len(mine) >= 5 and choices:
            wanted[user] = int(choices[0][1].removeprefix("episode-"))
    assert found == wanted
    assert list(found) == sorted(found)


def lists_of(known: TrainingData, test: list[Event]) -> dict[str, list[list[int]]]:
    asked = targets(known, Events.from_rows(test))
    rankings = replay.recommenders(known, [SHIPPED["for_you"], SHIPPED["baseline"]])
    return {one.name: replay.rank_all(one, asked, 20).tolist() for one in rankings}


def test_nothing_of_test_but_who_is_asked_reaches_a_list() -> None:
    known = training_of(TRAIN)
    lists = lists_of(known, [event("a", 20, -1), event("b", 21, -2), event("c", 22, -1)])
    assert all(any(one) for one in lists.values())
    assert lists == lists_of(known, [event("a", 25, -7, "like"), event("b", 26, -1, "click")])
    shuffled = [event("b", 20, -1), event("a", 21, -9), *history("z", list(range(30)))]
    assert lists == lists_of(known, shuffled)


def test_events_after_the_cut_change_neither_signals_nor_users() -> None:
    train = Events.from_rows([*TRAIN, *history("c", [0, 5, 11]), *history("d", [0, 5, 12])])
    later = [event(user, number, -1) for user in "abcd" for number in range(20, 24)]
    other = [event(user, number, -2, "bookmark") for user in "wxyz" for number in range(4)]
    made = []
    for test in (later, other):
        everything = Events.from_rows([*test, *rows(train)])
        before, after = everything.split(len(train) / len(everything))
        assert len(after) == len(test)
        made.append(cut_only(before))
    one, two = made
    assert one.now_us == two.now_us == CUT_US
    assert one.users.keys() == two.users.keys() == {"a", "b", "c", "d"}
    for name, user in one.users.items():
        assert user.summary.engagements == two.users[name].summary.engagements
        assert user.seen.tolist() == two.users[name].seen.tolist()
    assert same(one.catalog.signals, two.catalog.signals)
    assert one.catalog.version == two.catalog.version


def test_what_happened_before_the_cut_does_change_the_signals() -> None:
    """The test above could not fail if nothing did."""
    assert not same(training_of(TRAIN).catalog.signals, training_of(TRAIN[:-1]).catalog.signals)


def test_somebodys_list_does_not_depend_on_who_else_is_asked() -> None:
    known = training_of(TRAIN)
    ranking = ScenarioRecommender(known, SHIPPED["for_you"])
    alone = targets(known, Events.from_rows([event("b", 20, -1)]))
    both = targets(known, Events.from_rows([event("a", 20, -1), event("b", 20, -1)]))
    assert (
        replay.rank_all(ranking, alone, 20)[0].tolist()
        == replay.rank_all(ranking, both, 20)[1].tolist()
    )


def test_a_test_in_which_nobody_can_be_asked_is_refused() -> None:
    with pytest.raises(CommandError, match="no user has 5 events in TRAIN and a later one in TEST"):
        run_after_cut(
            catalog_input(), Events.from_rows(TRAIN), Events.from_rows(history("c", [1, 2])), NOW
        )


def test_a_sample_is_the_same_for_a_seed_and_keeps_who_belongs_to_what() -> None:
    users = [f"user-{n:02d}" for n in range(25)]
    known = training_of([one for at, user in enumerate(users) for one in history(user, [at] * 5)])
    test = Events.from_rows([event(user, (at + 1) % 30, -1) for at, user in enumerate(users)])
    everybody = targets(known, test)
    some = everybody.sample(10, seed=4)
    assert [user.user_id for user in some.users] == [
        user.user_id for user in everybody.sample(10, seed=4).users
    ]
    assert len(some) == len({user.user_id for user in some.users}) == 10
    row_of = dict(zip((u.user_id for u in everybody.users), everybody.rows.tolist(), strict=True))
    assert some.rows.tolist() == [row_of[user.user_id] for user in some.users]
    assert everybody.sample(25, seed=4) is everybody


def rows(train: Events) -> list[Event]:
    columns = (train.user, train.episode, train.event_type, train.timestamp_us, train.progress)
    return [
        (train.user_ids[user], train.episode_ids[episode], kind, when, heard)
        for user, episode, kind, when, heard in zip(*(c.tolist() for c in columns), strict=True)
    ]


def cut_only(before: Events) -> TrainingData:
    """What is training where only the cut says what is known."""
    test = Events.from_rows([event("a", 29, -30)])
    return run_after_cut(
        catalog_input(), before, test, parameters=SignalParameters(min_users=1)
    ).training


def same(one: object, two: object) -> bool:
    fields = [name for name in vars(one) if isinstance(getattr(one, name), np.ndarray)]
    assert fields
    return all(
        np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True) for name in fields
    )
