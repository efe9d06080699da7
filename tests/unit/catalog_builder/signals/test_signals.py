"""Signals of what all users did, compared with slow readings of their definitions."""

from dataclasses import fields
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_builder.signals import co_engagement, interactions, popularity_prior
from catalog_builder.signals.aggregates import SignalParameters, compute_signals
from catalog_builder.signals.co_engagement import CoEngagementParameters
from catalog_builder.signals.interactions import (
    COMPLETED,
    STARTED,
    UNKNOWN,
    Interactions,
    collect_interactions,
)
from catalog_builder.signals.neighbours import find_neighbours
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


@given(summaries)
def test_a_user_has_one_interaction_with_an_episode_at_its_strongest_and_newest(
    users: list[Summary],
) -> None:
    found = collect_interactions(users, CATALOG.rows)
    expected = []
    for summary in users:
        chosen: dict[int, list[Engagement]] = {}
        for one in summary.engagements:
            row = int(one.episode_id.removeprefix("episode-"))
            skipped = one.type == "listen" and one.progress is not None and one.progress < 0.1
            if row < 30 and one.type != "not_interested" and not skipped:
                chosen.setdefault(row, []).append(one)
        if chosen:
            expected.append(
                sorted(
                    (
                        max(one.timestamp_us for one in some) // 60_000_000,
                        row,
                        max(0.5 if one.type == "click" else 1.0 for one in some),
                        max(map(completion, some)),
                    )
                    for row, some in chosen.items()
                )
            )
    assert found.users == len(expected)
    columns = zip(found.minutes, found.rows, found.weights, found.completion, strict=True)
    assert [tuple(one) for one in columns] == [one for some in expected for one in some]
    assert np.diff(found.starts).tolist() == [len(some) for some in expected]


def completion(one: Engagement) -> int:
    if one.type == "complete":
        return COMPLETED
    if one.type != "listen" or one.progress is None:
        return UNKNOWN
    return COMPLETED if one.progress >= 0.9 else STARTED


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


@pytest.mark.parametrize("both", [4, 5])
def test_a_neighbour_is_left_out_where_few_chose_it_afterwards(both: int) -> None:
    catalog = catalog_heard_by(listeners(*[[1, 2]] * both, *[[2, 1]] * 4, [1], [2]), min_users=5)
    assert catalog.signals.listeners[[1, 2]].tolist() == [both + 5] * 2
    assert set(neighbours_of(catalog, 1)) == ({2} if both >= 5 else set())
    assert neighbours_of(catalog, 2) == {}


def weight_matrix(found: Interactions, n: int, p: CoEngagementParameters) -> np.ndarray:
    """(n, n) the weight of each column as a neighbour of each row, pair by pair."""
    strength = np.zeros((n, n))
    for start, end in zip(found.starts[:-1], found.starts[1:], strict=True):
        for x in range(start, end):
            for y in range(x + 1, min(end, x + p.window + 1)):
                pair = found.weights[x] * found.weights[y] * np.exp(-(y - x) / p.distance)
                strength[found.rows[x], found.rows[y]] += pair
    count = np.bincount(found.rows, minlength=n)
    typical = np.mean(count[found.rows]) if len(found) else 0
    popularity = (count + p.debias_shrinkage) / (typical + p.debias_shrinkage)
    return strength / (count + p.shrinkage)[:, None] / popularity[None, :] ** p.debias


@given(summaries, st.integers(1, 4), st.sampled_from([1 << 20, 8]))
@settings(max_examples=50)
def test_neighbours_found_in_batches_are_those_found_pair_by_pair(
    users: list[Summary], window: int, pairs_at_once: int
) -> None:
    found = collect_interactions(users, CATALOG.rows)
    parameters = CoEngagementParameters(max_neighbours=3, window=window)
    expected = weight_matrix(found, 30, parameters)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(co_engagement, "PAIRS_AT_ONCE", pairs_at_once)
        starts, rows, weights = find_neighbours(found, 30, 1, parameters)
    best = -np.sort(-expected, axis=1)[:, :3]
    for row in range(30):
        mine = slice(starts[row], starts[row + 1])
        assert weights[mine] == pytest.approx(best[row][best[row] > 0], rel=1e-4)
        assert expected[row, rows[mine]] == pytest.approx(weights[mine], rel=1e-4)


@pytest.mark.parametrize(
    ("most", "lengths"), [(6, [3, 2, 1]), (5, [2, 2, 1]), (4, [1, 1, 1]), (2, [0, 0, 0])]
)
def test_each_episode_keeps_its_strongest_neighbours_if_all_together_are_too_many(
    most: int, lengths: list[int]
) -> None:
    found = collect_interactions(listeners([1, 2, 3, 4]), CATALOG.rows)
    starts, rows, _ = find_neighbours(found, 30, 1, CoEngagementParameters(max_entries=most))
    assert np.diff(starts)[[1, 2, 3]].tolist() == lengths
    expected = [row for source, k in enumerate(lengths, 1) for row in range(source + 1, 5)[:k]]
    assert rows.tolist() == expected


def test_equally_strong_neighbours_come_in_the_order_of_their_rows() -> None:
    catalog = catalog_heard_by(listeners([1, 7], [1, 4], [1, 9], [1, 9]))
    assert list(neighbours_of(catalog, 1)) == [9, 4, 7]


@given(summaries, st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_the_order_of_users_changes_nothing(users: list[Summary], random: Random) -> None:
    def find() -> tuple[np.ndarray, ...]:
        found = collect_interactions(users, CATALOG.rows)
        return find_neighbours(found, 30, 1, CoEngagementParameters(max_neighbours=3))

    before = find()
    random.shuffle(users)
    for one, other in zip(before, find(), strict=True):
        assert np.array_equal(one, other)
