"""Neighbours by co-engagement, compared with a sum over every pair."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_builder.signals import co_engagement
from catalog_builder.signals.aggregates import age_days
from catalog_builder.signals.co_engagement import CoEngagementParameters
from catalog_builder.signals.interactions import MINUTE_US, Interactions, collect_interactions
from catalog_builder.signals.neighbours import find_neighbours
from feed.model.engagement import Summary
from tests.support.listeners import (
    CATALOG,
    US,
    catalog_heard_by,
    listeners,
    neighbours_of,
    summaries,
)


def test_a_pair_of_few_users_is_left_out_though_both_episodes_are_popular() -> None:
    catalog = catalog_heard_by(listeners(*[[1, 2]] * 4, [1], [2]), min_users=5)
    assert catalog.signals.listeners[[1, 2]].tolist() == [5, 5]
    assert neighbours_of(catalog, 1) == {}


def weight_matrix(found: Interactions, n: int, p: CoEngagementParameters) -> np.ndarray:
    """(n, n) the weight of each column as a neighbour of each row, pair by pair."""
    ages = age_days(found, US)
    strength = np.zeros((n, n))
    for start, end in zip(found.starts[:-1], found.starts[1:], strict=True):
        for x in range(start, end):
            for y in range(x + 1, min(end, x + p.window + 1)):
                decay = 0.5 ** (ages[y] / p.half_life_days)
                pair = found.weights[x] * found.weights[y] * decay * (end - start) ** -p.activity
                strength[found.rows[x], found.rows[y]] += pair
                strength[found.rows[y], found.rows[x]] += pair * p.backward
    count = np.bincount(found.rows, minlength=n) + p.shrinkage
    return strength / count[:, None] ** p.own_popularity / count[None, :] ** p.neighbour_popularity


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
        starts, rows, weights = find_neighbours(found, US // MINUTE_US, 30, 1, parameters)
    best = -np.sort(-expected, axis=1)[:, :3]
    mean = best[best > 0].mean() if (best > 0).any() else 1.0
    for row in range(30):
        mine = slice(starts[row], starts[row + 1])
        assert weights[mine] * mean == pytest.approx(best[row][best[row] > 0], rel=1e-4)
        assert expected[row, rows[mine]] == pytest.approx(weights[mine] * mean, rel=1e-4)


@given(summaries, st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_the_order_of_users_changes_nothing(users: list[Summary], random: Random) -> None:
    def find() -> tuple[np.ndarray, ...]:
        found = collect_interactions(users, CATALOG.rows)
        parameters = CoEngagementParameters(max_neighbours=3)
        return find_neighbours(found, US // MINUTE_US, 30, 1, parameters)

    before = find()
    random.shuffle(users)
    for one, other in zip(before, find(), strict=True):
        assert np.array_equal(one, other)
