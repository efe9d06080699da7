"""What is measured of audiences is of the listeners' hidden topics."""

import numpy as np
import pytest

from evaluation.audience import INTEREST, measure
from evaluation.data.synthetic.dataset import SyntheticSize, listeners
from evaluation.data.synthetic.traits import draw_traits


def test_interests_are_planted_and_a_smaller_limit_keeps_fewer_users() -> None:
    size = SyntheticSize(shows=10, episodes=80, users=50)
    found = measure(["regular"], (2, 50), size=size)
    assert found[2].users <= 2 < found[50].users <= 50
    traits = draw_traits(size.shows, size.episodes, np.random.default_rng(0))
    likes = [one.last_topics >= INTEREST for _, one in listeners(traits, size, 0, ["regular"])]
    assert found[2].everyone == found[50].everyone == pytest.approx(np.mean(likes), abs=0.1)
    assert all(0 <= one.audience <= 1 and 0 <= one.heard <= 1 for one in found.values())
