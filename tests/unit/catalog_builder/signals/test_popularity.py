"""Counts of popularity that grow by what changed equal those made anew."""

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_builder.insights.counts import ListenerCounter, NameCounts
from catalog_builder.insights.names import EpisodeNames
from catalog_builder.signals.interactions import MINUTE_US, collect_interactions
from catalog_builder.signals.popularity import (
    PopularityCounts,
    add_changes,
    count_popularity,
    engagements_before,
)
from feed.model.engagement import Engagement, Summary, newest
from feed.model.timestamps import DAY_US
from tests.support.listeners import CATALOG, US, summaries

MOMENTS = st.lists(st.integers(-400 * 24 * 60, 0), min_size=2, max_size=4, unique=True)
"""minutes before now at which counts are made, then renewed"""


NAMES = EpisodeNames(
    ("a", "b", "c"),
    np.zeros(3, np.uint8),
    ("A", "B", "C"),
    np.arange(len(CATALOG) + 1),
    np.arange(len(CATALOG), dtype=np.int32) % 3,
)
"""every episode bears one of three names"""


def ordered(users: list[Summary]) -> list[Summary]:
    return [Summary(engagements=newest(one.engagements)) for one in users]


def counts_until(users: list[Summary], us: int) -> PopularityCounts:
    """The counts of all engagements before a moment, made anew."""
    found = collect_interactions([engagements_before(one, us) for one in users], CATALOG.rows)
    return count_popularity(found, us // MINUTE_US, len(CATALOG))


@given(summaries, st.lists(st.integers(0, 24 * 60), min_size=2, max_size=4, unique=True))
@settings(max_examples=25)
def test_listeners_of_names_renewed_by_changed_summaries_equal_counts_of_all(
    users: list[Summary], minutes: list[int]
) -> None:
    users, today = ordered(users), US // DAY_US
    moments = [US + minute * MINUTE_US for minute in sorted(minutes)]
    before: NameCounts | None = None
    for since_us, until_us in pairwise([US - 400 * DAY_US, *moments]):
        renewed, anew = ListenerCounter(NAMES, today, before), ListenerCounter(NAMES, today)
        add_changes(
            PopularityCounts(np.zeros(30, np.int64), np.zeros((30, 4)), 0),
            users,
            CATALOG.rows,
            since_us=since_us,
            until_us=until_us,
            minute=until_us // MINUTE_US,
            watch=renewed.add,
        )
        then = [engagements_before(one, until_us) for one in users]
        collect_interactions(then, CATALOG.rows, partial(anew.add, 1))
        before = renewed.counts.known()
        assert np.array_equal(renewed.counts.windows, anew.counts.windows)
        assert np.array_equal(renewed.counts.by_day, anew.counts.by_day)


@given(summaries, MOMENTS)
@settings(max_examples=50)
def test_counts_renewed_by_changed_summaries_equal_counts_of_all(
    users: list[Summary], minutes: list[int]
) -> None:
    users = ordered(users)
    before_us, *later = sorted(US + minute * MINUTE_US for minute in minutes)
    counts = counts_until(users, before_us)
    for now_us in later:
        changed = [
            engagements_before(one, now_us)
            for one in users
            if any(before_us <= e.timestamp_us < now_us for e in one.engagements)
        ]
        counts = add_changes(
            counts,
            changed,
            CATALOG.rows,
            since_us=before_us,
            until_us=now_us,
            minute=now_us // MINUTE_US,
        )
        before_us = now_us
        expected = counts_until(users, now_us)
        assert np.array_equal(counts.users, expected.users)
        assert counts.popularity == pytest.approx(expected.popularity, rel=1e-4, abs=1e-6)


def test_an_episode_chosen_again_counts_one_user_at_the_greater_weight_and_newer_time() -> None:
    first = Engagement(id="a", episode_id="episode-3", type="click", timestamp_us=US - 90_000_000)
    again = Engagement(id="b", episode_id="episode-3", type="like", timestamp_us=US - 1)
    counts = counts_until([Summary(engagements=(first,))], US - MINUTE_US)
    assert counts.popularity[3] == pytest.approx([0.5] * 4, rel=1e-3)
    changed = [Summary(engagements=(again, first))]
    minute = US // MINUTE_US
    for since_us in (US - MINUTE_US, US):  # what was counted is not counted again
        counts = add_changes(
            counts, changed, CATALOG.rows, since_us=since_us, until_us=US, minute=minute
        )
        assert counts.users[3] == 1
        assert counts.popularity[3] == pytest.approx([1.0] * 4, rel=1e-3)
