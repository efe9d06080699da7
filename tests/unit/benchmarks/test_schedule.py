"""The cost of a day of looks follows from measured times and prices alone."""

import pytest

from benchmarks.report.prices import read_prices
from benchmarks.schedule import MeasuredLooks, changed_summaries, dollars_a_day

TIMES = MeasuredLooks(
    unchanged_s=0.1, renewed_s=1.0, rebuilt_s=2.0, summary_ms=0.5, snapshot_bytes=2**30
)


def test_a_build_reads_who_visited_in_its_interval_and_ten_minutes_more() -> None:
    assert changed_summaries(1_440_000, 60) == pytest.approx(1_440_000 / 2 * 70 / 1440)
    assert changed_summaries(10, 7 * 24 * 60) == 10


def test_a_day_reads_each_user_once_and_then_what_changed() -> None:
    day = dollars_a_day(read_prices(), TIMES, 144_000, 60)
    assert day["reads of everything"] == pytest.approx(0.864 * 1.1)
    assert day["reads of looks"] == pytest.approx(288 * 5 * 0.06 / 100_000)
    assert day["reads of summaries"] == pytest.approx(23 * 35_000 * 0.06 / 100_000)
    seconds = (1_440_000 * 0.58e-3 + 288 * 0.1 + 24 * (1 + 17.5)) / 0.6
    assert day["processor and memory"] == pytest.approx(seconds * 2 * 0.0000265)
    assert day["snapshots in the bucket"] == pytest.approx(216 * 24 * 0.000027397)
