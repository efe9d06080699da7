"""The Lab's map shows a stable sample of a large catalog."""

import numpy as np
import pytest

from functions.api import lab
from tests.support.catalogs import catalog_of, episodes


def test_the_sample_of_a_large_catalog_is_bounded_and_mostly_stays_as_the_catalog_grows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lab, "MAX_POINTS", 100)
    small, large = (catalog_of(episodes(count)) for count in (90, 220))
    assert lab._sample(small, np.arange(90)).tolist() == [*range(90)]
    some, more = lab._sample(large, np.arange(200)), lab._sample(large, np.arange(220))
    assert len(some) == len(set(some.tolist())) == len(more) == 100
    assert len(set(some.tolist()) & set(more.tolist())) > 80
