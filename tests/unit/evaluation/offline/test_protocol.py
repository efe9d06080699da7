"""The evaluation protocol: targets, and that nothing after the cut reaches a list."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_builder.errors import CommandError
from catalog_builder.signals.aggregates import SignalParameters
from evaluation.data.events import Event, Events
from evaluation.data.training import TrainingData, training_data
from evaluation.offline import replay
from evaluation.offline.observations import rank_all
from evaluation.offline.protocol import leave_last_out, targets
from evaluation.offline.run import InputFiles, prepare_all, run_after_cut
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
    """By user: the number of the target episode."""
    known = training_of(train)
    found = targets(known, Events.from_rows(test))
    ids = [known.catalog.ids[row] for row in found.rows.tolist()]
    numbers = [int(one.removeprefix("episode-")) for one in ids]
    return dict(zip([user.user_id for user in found.users], numbers, strict=True))


def test_events_with_episodes_outside_the_catalog_are_left_out_and_counted() -> None:
    known = training_of([*TRAIN, event("a", 77)])
    found = targets(known, Events.from_rows([event("a", 88, -1), event("a", 20, -2)]))
    assert known.unknown == found.unknown == 1
    assert found.rows.tolist() == rows_of(known, [20])


def test_an_event_of_test_before_the_users_last_event_of_train_is_no_target() -> None:
    known = training_of(TRAIN)
    early = [event("a", 20, 0.5), event("a", 21, -1)]
    found = targets(known, Events.from_rows(early))
    assert found.rows.tolist() == rows_of(known, [21])
    assert found.early == 1


def test_a_target_without_engagements_before_the_cut_is_cold() -> None:
    known = training_of(TRAIN)
    found = targets(known, Events.from_rows([event("a", 9, -1), event("b", 20, -1)]))
    assert found.cold.tolist() == [False, True]


def test_targets_published_after_the_cut_are_counted() -> None:
    published = {one.id: one.published_at for one in catalog_input().episodes}
    oldest, *_, newest = sorted(published, key=published.__getitem__)
    train = Events.from_rows(history("a", [0, 0, 0, 0, 0]))
    for name, count in [(newest, 1), (oldest, 0)]:
        test = Events.from_rows([event("a", int(name.removeprefix("episode-")), -1)])
        now = published[newest] - timedelta(seconds=1)
        assert run_after_cut(catalog_input(), train, test, now).targets.unpublished == count


def test_times_before_1970_are_valid() -> None:
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
def test_targets_are_those_of_a_plain_implementation_of_the_protocol(
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
    return {one.name: rank_all(one, asked, 20).tolist() for one in rankings}


def test_lists_depend_on_nothing_of_test_but_the_users() -> None:
    known = training_of(TRAIN)
    lists = lists_of(known, [event("a", 20, -1), event("b", 21, -2), event("c", 22, -1)])
    assert all(any(one) for one in lists.values())
    assert lists == lists_of(known, [event("a", 25, -7, "like"), event("b", 26, -1, "click")])
    shuffled = [event("b", 20, -1), event("a", 21, -9), *history("z", list(range(30)))]
    assert lists == lists_of(known, shuffled)


def test_events_after_the_cut_change_neither_signals_nor_users() -> None:
    train = [*TRAIN, *history("c", [0, 5, 11]), *history("d", [0, 5, 12])]
    later = [event(user, number, -1) for user in "abcd" for number in range(20, 24)]
    other = [event(user, number, -2, "bookmark") for user in "wxyz" for number in range(4)]
    known = []
    for test in (later, other):
        before, after = Events.from_rows([*test, *train]).split(len(train) / len(test + train))
        assert len(after) == len(test)
        read, parameters = catalog_input(), SignalParameters(min_users=1)
        known.append(training_data(read.episodes, read.vectors, before, parameters=parameters))
    one, two = known
    assert one.now_us == two.now_us == CUT_US
    assert one.users.keys() == two.users.keys() == {"a", "b", "c", "d"}
    for name, user in one.users.items():
        assert user.summary.engagements == two.users[name].summary.engagements
        assert user.seen.tolist() == two.users[name].seen.tolist()
    assert same(one.catalog.signals, two.catalog.signals)
    assert one.catalog.version == two.catalog.version


def test_events_before_the_cut_change_the_signals() -> None:
    """Otherwise the test above could not fail."""
    assert not same(training_of(TRAIN).catalog.signals, training_of(TRAIN[:-1]).catalog.signals)


def test_a_users_list_does_not_depend_on_the_other_users() -> None:
    known = training_of(TRAIN)
    ranking = ScenarioRecommender(known, SHIPPED["for_you"])
    alone = targets(known, Events.from_rows([event("b", 20, -1)]))
    both = targets(known, Events.from_rows([event("a", 20, -1), event("b", 20, -1)]))
    assert rank_all(ranking, alone, 20)[0].tolist() == rank_all(ranking, both, 20)[1].tolist()


def test_a_test_without_any_target_is_refused() -> None:
    with pytest.raises(CommandError, match="no user has 5 events in TRAIN and a later one in TEST"):
        run_after_cut(
            catalog_input(), Events.from_rows(TRAIN), Events.from_rows(history("c", [1, 2])), NOW
        )


def test_a_sample_is_deterministic_and_keeps_users_with_their_targets() -> None:
    users = [f"user-{n:02d}" for n in range(25)]
    known = training_of([one for at, user in enumerate(users) for one in history(user, [at] * 5)])
    test = Events.from_rows([event(user, (at + 1) % 30, -1) for at, user in enumerate(users)])
    all_users = targets(known, test)
    some = all_users.sample(10, seed=4)
    names = [user.user_id for user in some.users]
    assert names == [user.user_id for user in all_users.sample(10, seed=4).users]
    assert len(some) == len(set(names)) == 10
    row_of = dict(zip((u.user_id for u in all_users.users), all_users.rows.tolist(), strict=True))
    assert some.rows.tolist() == [row_of[name] for name in names]
    assert all_users.sample(25, seed=4) is all_users


def same(one: object, two: object) -> bool:
    fields = [name for name in vars(one) if isinstance(getattr(one, name), np.ndarray)]
    assert fields
    return all(
        np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True) for name in fields
    )


@given(st.lists(events, max_size=60))
@settings(max_examples=60)
def test_the_last_choice_left_out_is_that_of_a_plain_implementation(
    given_events: list[Event],
) -> None:
    data = Events.from_rows(given_events)
    names = ["user_id", "episode", "type", "time"]
    lines = [
        dict(zip(names, (data.user_ids[u], e, t, w), strict=True))
        for u, e, t, w in zip(
            data.user.tolist(),
            data.episode.tolist(),
            data.event_type.tolist(),
            data.timestamp_us.tolist(),
            strict=True,
        )
    ]
    kept, asked = [], []
    for at, line in enumerate(lines):
        mine = [n for n, one in enumerate(lines) if one["user_id"] == line["user_id"]]
        new = [
            n
            for n in mine
            if lines[n]["type"] != 6
            and all(lines[m]["episode"] != lines[n]["episode"] for m in mine if m < n)
        ]
        left_out = new[-1] if new and sum(n < new[-1] for n in mine) >= 5 else len(lines)
        kept += [at] * (at < left_out)
        asked += [at] * (at == left_out)
    train, test = leave_last_out(data)
    for found, wanted in [(train, kept), (test, asked)]:
        assert found.timestamp_us.tolist() == data.timestamp_us[wanted].tolist()
        assert found.user.tolist() == data.user[wanted].tolist()
        assert found.episode.tolist() == data.episode[wanted].tolist()


def test_under_last_the_target_is_the_last_new_episode_of_test_even_before_others_train() -> None:
    known = training_of([*history("a", [0, 1, 2, 3, 4]), event("b", 5, -20)])
    test = [event("a", 20, -1), event("a", 21, -2), event("a", 4, -3)]
    found = targets(known, Events.from_rows(test), last=True)
    assert found.rows.tolist() == rows_of(known, [21])
    assert found.early == 0


def test_several_cuts_with_a_test_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    for more in ({"test": path}, {"now": NOW}, {"protocol": "last"}):
        files = InputFiles(episodes="", interactions=path, cuts=(0.7, 0.8), **more)  # type: ignore[arg-type]
        with pytest.raises(CommandError, match="--cut: expected one share"):
            next(prepare_all(files))
