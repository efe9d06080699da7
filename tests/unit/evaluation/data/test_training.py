"""Training data is what the function would know at the cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_builder.build import build_catalog
from catalog_builder.errors import CommandError
from catalog_builder.signals.aggregates import SignalParameters
from evaluation.data.events import Event, Events
from evaluation.data.training import training_data
from feed.model.engagement import ENGAGEMENT_TYPES, MAX_ENGAGEMENTS
from tests.support.catalogs import NOW
from tests.support.interactions import CUT_US, catalog_input, event, events, history, training_of


def test_a_summary_has_all_engagements_latest_first() -> None:
    known = training_of(
        [*history("a", [3, 4, 3, 5]), event("a", 6, 0.5, "not_interested"), event("a", 99, 9)]
    )
    user = known.users["a"]
    assert user.last_us == CUT_US
    read = [one.episode_id for one in user.summary.engagements]
    assert read == [f"episode-{n}" for n in (5, 6, 3, 4, 3, 99)]


def test_at_equal_times_the_later_line_is_newer() -> None:
    known = training_of([event("a", 1), event("a", 2)])
    user = known.users["a"]
    assert [one.episode_id for one in user.summary.engagements] == ["episode-2", "episode-1"]


def test_progress_is_kept_where_it_is_known() -> None:
    known = training_of([event("a", 1, 1, "listen", 0.25), event("a", 2, 0, "listen")])
    assert [one.progress for one in known.users["a"].summary.engagements] == [None, 0.25]


def test_a_summary_holds_the_newest_engagements_and_seen_episodes_go_further_back() -> None:
    known = training_of([event("a", n % 30, days=600 - n) for n in range(MAX_ENGAGEMENTS + 40)])
    user = known.users["a"]
    assert len(user.summary.engagements) == MAX_ENGAGEMENTS
    assert user.events == MAX_ENGAGEMENTS + 40
    assert len(user.seen) == 30


def test_signals_are_those_of_a_build_from_the_same_summaries() -> None:
    train = [one for user in "abcdef" for one in history(user, [1, 2, 3])]
    some = catalog_input()
    known = training_data(some.episodes, some.vectors, Events.from_rows(train), NOW)
    summaries = [user.summary for user in known.users.values()]
    built = build_catalog(some.episodes, some.vectors, NOW, summaries=summaries)
    assert built.version == known.catalog.version
    assert np.array_equal(built.signals.listeners, known.catalog.signals.listeners)
    assert known.catalog.signals.listeners.max() == 6
    fewer = training_data(
        some.episodes, some.vectors, Events.from_rows(train), NOW, SignalParameters(min_users=7)
    )
    assert not fewer.catalog.signals.listeners.any()


@given(st.lists(events, min_size=1, max_size=40))
@settings(max_examples=60)
def test_users_and_audience_are_those_of_a_plain_count(train: list[Event]) -> None:
    known = training_of(train)
    exists = [one for one in train if int(one[1].removeprefix("episode-")) < 30]
    assert known.unknown == len(train) - len(exists)
    assert known.users.keys() == {one[0] for one in exists}
    pairs = {(one[0], one[1]) for one in exists}
    for row, name in enumerate(known.catalog.ids):
        assert known.audience[row] == sum(episode == name for _, episode in pairs)
        assert known.untouched[row] == all(episode != name for _, episode in pairs)
    for name, user in known.users.items():
        # Latest first; of equal times the later line.
        mine = [one for one in sorted(exists, key=lambda one: one[3]) if one[0] == name][::-1]
        assert user.events == len(mine)
        assert [known.catalog.ids[row] for row in user.seen] == list(
            dict.fromkeys(one[1] for one in mine)
        )
        assert [known.catalog.ids[row] for row in user.liked] == list(
            dict.fromkeys(one[1] for one in mine if ENGAGEMENT_TYPES[one[2]] != "not_interested")
        )


def test_the_cut_is_the_time_of_the_last_training_event() -> None:
    some = catalog_input()
    known = training_data(
        some.episodes, some.vectors, Events.from_rows([event("a", 1, 3), event("a", 2, 7)])
    )
    assert known.now_us == event("a", 1, 3)[3]
    with pytest.raises(CommandError, match="expected at least one event before the cut"):
        training_data(some.episodes, some.vectors, Events.from_rows([]))
