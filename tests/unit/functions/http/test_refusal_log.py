"""The refusal log has one line per reason and minute, and counts every refusal."""

import json

import pytest

from functions.http.refusal_log import EVERY_S, RefusalLog
from tests.support.clock import Clock

Capture = pytest.CaptureFixture[str]


def lines(capsys: Capture) -> list[tuple[str, str, int]]:
    """Severity, message and count of each line since the last call."""
    found = map(json.loads, capsys.readouterr().out.splitlines())
    return [(line["severity"], line["message"], line["count"]) for line in found]


def test_the_first_refusal_is_logged_at_once_and_the_others_of_a_minute_together(
    capsys: Capture,
) -> None:
    clock = Clock()
    refusals = RefusalLog(clock)
    refusals.count("busy")
    assert lines(capsys) == [("WARNING", "refused: busy", 1)]
    for _ in range(500):
        refusals.count("busy")
    clock.now_s += EVERY_S - 0.01
    refusals.count("busy")
    assert lines(capsys) == []
    clock.now_s += 0.01
    refusals.count("busy")
    assert lines(capsys) == [("WARNING", "refused: busy", 502)]


def test_each_reason_has_lines_of_its_own(capsys: Capture) -> None:
    refusals = RefusalLog(Clock())
    for reason in ("busy", "too many", "busy", "too many"):
        refusals.count(reason)
    assert [message for _, message, _ in lines(capsys)] == ["refused: busy", "refused: too many"]


def test_the_last_refusals_of_a_burst_are_logged_with_a_later_request(capsys: Capture) -> None:
    clock = Clock()
    refusals = RefusalLog(clock)
    for _ in range(10):
        refusals.count("busy")
    lines(capsys)
    refusals.report()
    assert lines(capsys) == []
    clock.now_s += EVERY_S
    refusals.report()
    refusals.report()
    assert lines(capsys) == [("WARNING", "refused: busy", 9)]
