"""Neighbours of several episodes at once, summed."""

from dataclasses import replace

import numpy as np
import pytest

from feed.catalog.signals import Signals


@pytest.mark.parametrize("seed", range(5))
def test_summed_neighbours_are_equal_whether_counted_densely_or_sorted(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(seed)
    count, each = 60, 7
    some = replace(
        Signals.none(count, 0),
        neighbour_starts=np.arange(count + 1) * each,
        neighbour_rows=rng.integers(count, size=count * each).astype(np.int32),
        neighbour_weights=rng.integers(1, 4, count * each).astype(np.float32),
    )
    rows = rng.permutation(count)[:9]
    weights = rng.random((2, 9))
    dense = some.neighbours(rows, weights)
    monkeypatch.setattr("feed.arrays.arrays.DENSE", 0)
    sparse = some.neighbours(rows, weights)
    assert dense.rows.tolist() == sparse.rows.tolist()
    assert dense.nearness == pytest.approx(sparse.nearness)
    every = np.arange(count)
    for found in (dense, sparse):
        for row, nearest in zip(every.tolist(), found.nearest(every).tolist(), strict=True):
            near = {
                (float(some.neighbour_weights[at] * weight), int(owner))
                for owner, weight in zip(rows, weights[0], strict=True)
                for at in range(owner * each, owner * each + each)
                if some.neighbour_rows[at] == row
            }
            assert nearest == 0 or (max(near)[0], nearest) in near
            assert (row in found.rows) == bool(near)
    assert len(some.neighbours(rows[:0], weights[:, :0]).rows) == 0
