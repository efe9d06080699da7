"""Listeners of a simulation do what their file says."""

from pathlib import Path

import numpy as np
import pytest

from catalog_builder.errors import CommandError
from evaluation.data.toml_file import read_toml
from evaluation.learning.listeners import Listeners

EAGER = Listeners(activity=0.0, preferences={"quality": 4.0}, position_power=1.0)


def test_listeners_hear_what_they_prefer_where_they_look() -> None:
    rng = np.random.default_rng(0)
    parts = {"quality": np.array([1.0, -1.0, 1.0, 1.0])}
    times = np.zeros(4)
    for _ in range(2000):
        for index, kind in EAGER.engagements(parts, 3, rng).items():
            times[index] += kind != "not_interested"
    heard = 1 / (1 + np.exp(-4.0))
    expected = [heard, (1 - heard) / 2, heard / 3, 0.0]  # the last was not on the screen
    assert times / 2000 == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("text", ["preferences = 1", "[preferences]\n[more]", "leave = "])
def test_a_file_that_does_not_describe_listeners_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "some.toml").write_text(text)
    with pytest.raises(CommandError, match=r"some\.toml"):
        read_toml(tmp_path / "some.toml", Listeners)


def test_a_preference_for_a_part_that_the_scenario_does_not_use_is_refused() -> None:
    with pytest.raises(CommandError, match="quality: the scenario does not use"):
        EAGER.utility({"similarity": np.zeros(2)})
