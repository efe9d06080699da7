"""The estimate of a backfill counts what a run without a summary reads and writes."""

from operations.backfill.estimate import estimate
from operations.passes.cost import Spending


def test_a_users_history_is_read_once_and_the_summary_written_twice() -> None:
    assert estimate(users=50, engagements=150, sources=1) == Spending(450, 100)
    per_user_of_two_sources = 2 + (2 * 2 + 1) + (2 + 1) + 1 + 2
    assert estimate(1, 10, 2) == Spending(10 + per_user_of_two_sources, 2)
