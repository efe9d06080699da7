"""Quiet days raise few alarms, and a burst is found on the day on which it is significant."""

import numpy as np

from evaluation.insights.measurement import Delay, burst_delays, quiet_days, summary
from evaluation.insights.simulation import World, simulate

SMALL = World(names=60, users=800, choices=300, seed=2)


def test_quiet_days_raise_no_more_alarms_than_stated() -> None:
    found = quiet_days(SMALL, 21)
    assert found.days == 21
    assert found.shown <= found.alarms <= 1


def test_a_burst_is_found_on_the_day_on_which_it_is_significant() -> None:
    delays = burst_delays(SMALL, 8, 8)
    assert len(delays) == 3
    assert delays == [Delay(0, 0)] * 3
    assert summary(delays) == ["100%"] * 5


def test_a_world_depends_on_its_seed_alone() -> None:
    again, other = World(names=60, users=800, choices=300, seed=2), World(seed=3)
    assert np.array_equal(simulate(SMALL, 3).users, simulate(again, 3).users)
    assert len(simulate(other, 3).users) != len(simulate(SMALL, 3).users)
