"""Aggregates of what all users did."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings

from catalog_builder.signals import interactions, popularity_prior
from catalog_builder.signals.aggregates import SignalParameters, compute_signals
from catalog_builder.signals.interactions import collect_interactions
from catalog_builder.signals.popularity_prior import EpisodeContent
from feed.catalog.signals import HALF_LIVES_DAYS
from feed.model.engagement import Engagement, Summary
from tests.support.listeners import (
    CATALOG,
    US,
    catalog_heard_by,
    engagement,
    listeners,
    neighbours_of,
    summaries,
)


def test_popularity_halves_with_age_at_each_half_life() -> None:
    heard = engagement(0, 3, days=7), engagement(0, 4, "click")
    signals = catalog_heard_by([Summary(engagements=heard)]).signals
    expected = [0.5 ** (7 / half_life) for half_life in HALF_LIVES_DAYS]
    assert signals.popularity[3] == pytest.approx(expected, rel=1e-3)
    assert signals.popularity[4] == pytest.approx([0.5] * 4)
    assert signals.listeners.tolist() == [int(n in {3, 4}) for n in range(30)]


@pytest.mark.parametrize("users", [4, 5])
def test_a_value_of_fewer_than_min_users_is_not_published(users: int) -> None:
    catalog = catalog_heard_by(listeners(*[[1, 2, 3]] * users), min_users=5)
    signals = catalog.signals
    published = users >= 5
    assert bool(signals.listeners[1]) == published
    assert bool(signals.popularity[1].any()) == published
    assert bool(neighbours_of(catalog, 1)) == published
    assert bool(np.isfinite(signals.completion[1])) == published


def test_completion_is_the_share_of_listeners_of_known_progress_that_heard_the_end() -> None:
    users = [
        Summary(engagements=(engagement(user, 5, "complete" if user < 3 else "listen"),))
        for user in range(4)
    ]
    stopped = Engagement(
        id="s", episode_id="episode-5", type="listen", timestamp_us=US, progress=0.4
    )
    users.append(Summary(engagements=(stopped,)))
    assert catalog_heard_by(users).signals.completion[5] == pytest.approx(3 / 4)


@given(summaries)
@settings(max_examples=50)
def test_signals_computed_in_parts_equal_those_computed_at_once(users: list[Summary]) -> None:
    found = collect_interactions(users, CATALOG.rows)
    content, parameters = EpisodeContent.of(CATALOG), SignalParameters(min_users=1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(popularity_prior, "MIN_EXAMPLES", 2)
        whole = compute_signals(found, content, parameters)
        patched.setattr(interactions, "USERS_PER_PART", 2)
        patched.setattr(popularity_prior, "BATCH", 4)
        parts = compute_signals(found, content, parameters)
    for one in fields(whole):
        expected, got = getattr(whole, one.name), getattr(parts, one.name)
        assert got == pytest.approx(expected, rel=1e-4, abs=1e-6, nan_ok=True), one.name


def test_without_users_there_are_no_signals() -> None:
    none = compute_signals(collect_interactions([], CATALOG.rows), EpisodeContent.of(CATALOG))
    assert not none.listeners.any()
    assert len(none.neighbour_rows) == 0
    assert np.isnan(none.completion).all()
