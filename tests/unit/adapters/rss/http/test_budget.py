"""Limits that all feeds of a build share."""

import pytest

from adapters.rss.http.budget import ReadBudget
from feed.ports.errors import Unavailable


def test_feeds_share_their_seconds_and_bytes() -> None:
    now = [100.0]
    budget = ReadBudget(60, 1_000, lambda: now[0])
    assert budget.feed_timeout_s(15) == 15
    now[0] += 50
    assert budget.feed_timeout_s(15) == 10
    budget.spend(999)
    assert budget.feed_timeout_s(15) == 10
    budget.spend(1)
    with pytest.raises(Unavailable, match=r"more than 1000 bytes .*FEEDS_MAX_MB"):
        budget.feed_timeout_s(15)
    now[0] += 10
    with pytest.raises(Unavailable, match=r"more than 60 s .*FEEDS_TIMEOUT_S"):
        budget.feed_timeout_s(15)
