"""Popularity that is renewed after the cut is that of the events before each session."""

import argparse
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_builder.errors import CommandError
from catalog_builder.signals.aggregates import SignalParameters
from evaluation.arguments import interval_us
from evaluation.data.events import Event, Events
from evaluation.data.training import training_data
from evaluation.offline import replay
from evaluation.offline.run import InputFiles, OfflineRun, prepare, run_after_cut
from feed.model.timestamps import DAY_US, HOUR_US, from_us
from feed.scenarios.scenario import shipped
from tests.support.catalogs import NOW
from tests.support.interactions import CUT_US, catalog_input, event, events, history, rows_of

TRAIN = history("a", [0, 1, 2, 3, 4]) + history("b", [5, 6, 7, 8, 9])
EVERY_US = 3 * DAY_US
PARAMETERS = SignalParameters(min_users=1)


def run_of(test: list[Event], every_us: int = EVERY_US) -> OfflineRun:
    made = Events.from_rows(TRAIN), Events.from_rows(test)
    return run_after_cut(catalog_input(), *made, NOW, PARAMETERS, signals_every=every_us)


@given(st.lists(events, max_size=20))
@settings(max_examples=12)
def test_signals_at_a_targets_moment_are_those_of_all_events_before_it(later: list[Event]) -> None:
    test = [
        (user, one, kind, 2 * CUT_US - when + 1, heard) for user, one, kind, when, heard in later
    ]
    run = run_of([*test, event("a", 28, -9.5), event("b", 29, -11.5)])
    assert run.signals is not None
    some = catalog_input()
    for user, time_us in zip(run.targets.users, run.targets.times_us.tolist(), strict=True):
        known = run.signals.of(user)
        assert known.now_us == max(CUT_US, time_us // EVERY_US * EVERY_US)
        before = [one for one in [*TRAIN, *test] if one[3] < max(known.now_us, CUT_US + 1)]
        expected = training_data(
            some.episodes, some.vectors, Events.from_rows(before), from_us(known.now_us), PARAMETERS
        )
        found, wanted = known.catalog.signals, expected.catalog.signals
        assert np.array_equal(found.listeners, wanted.listeners)
        assert found.popularity == pytest.approx(wanted.popularity, rel=1e-4, abs=1e-6)
        assert known.choosers().tolist() == expected.choosers().tolist()
        assert known.users is run.training.users


def test_a_list_shows_what_rose_before_the_session_and_nothing_of_later() -> None:
    rising = [event(f"new-{n}", 20, -0.5 - n / 100) for n in range(9)]
    later = [event(f"new-{n}", 21, -2 - n / 100) for n in range(9)]
    run = run_of([*rising, *later, event("a", 25, -1.2), event("b", 26, -3.2)], HOUR_US)
    assert [user.user_id for user in run.targets.users] == ["a", "b"]
    rankings = replay.recommenders(run.training, [shipped()["for_you"]], signals=run.signals)
    lists = {
        one.name: [one.rank(user, 2).tolist() for user in run.targets.users]
        for one in rankings
        if one.name in {"for_you", "recent_popularity"}
    }
    first, second = rows_of(run.training, [20, 21])
    assert lists["recent_popularity"][0][0] == first
    assert lists["recent_popularity"][1][0] == second
    assert lists["for_you"][0] != lists["for_you"][1]


def test_an_interval_is_a_number_of_minutes_hours_or_days() -> None:
    assert [interval_us(one) for one in ("15m", "1h", "2d")] == [HOUR_US // 4, HOUR_US, 2 * DAY_US]
    with pytest.raises(argparse.ArgumentTypeError, match="like 15m, 1h or 1d"):
        interval_us("1w")


def test_popularity_is_not_renewed_where_each_users_last_choice_is_left_out() -> None:

    files = InputFiles(episodes="e", interactions=Path("i"), protocol="last", signals_every=HOUR_US)
    with pytest.raises(CommandError, match="--protocol cut"):
        prepare(files)
