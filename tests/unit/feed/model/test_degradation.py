"""Every cause of `degraded` is in one table, in the docs, in the page's words, and in the log."""

import json
import re
from pathlib import Path

import pytest

from feed.model.degradation import Degradation
from functions.serving.degradation_log import EVERY_S, DegradationLog

ROOT = Path(__file__).parents[4]
EVERY = {str(one) for one in Degradation}


def rows(page: str, section: str) -> list[list[str]]:
    """The cells of a table in the docs."""
    text = (ROOT / "docs" / page).read_text().split(f"\n## {section}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def names(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def test_every_cause_is_described_on_the_page_of_the_api() -> None:
    named = [name for row in rows("api.md", "Degraded") for name in names(row[0])]
    assert sorted(named) == sorted(EVERY)


def test_every_cause_has_a_severity_and_advice_on_the_page_for_operators() -> None:
    told = rows("operations.md", "What each `degraded` name means to you")
    severities = {name: row[1] for row in told for name in names(row[0])}
    assert severities == {str(one): one.severity for one in Degradation}
    assert all(row[2] for row in told)


def test_the_web_app_has_different_words_for_every_cause_that_it_tells_listeners() -> None:
    script = (ROOT / "web/js/episode/why.js").read_text()
    (internal,) = re.findall(r"const INTERNAL = /(.*)/;", script)
    table = script.split("WITHOUT = {")[1].split("};")[0]
    said = dict(re.findall(r"(\w+): t\(\"([^\"]+)\"\)", table))
    assert set(said) == {one for one in EVERY if not re.search(internal, one)}
    assert len(set(said.values())) == len(said)


@pytest.mark.parametrize("cause", Degradation, ids=str)
def test_a_cause_is_logged_in_one_line_with_its_severity(
    cause: Degradation, capsys: pytest.CaptureFixture[str]
) -> None:
    log = DegradationLog()
    log.explain(cause, "because\nof this")
    log.report([cause])
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert line["severity"] == cause.severity
    assert line["message"] == f"degraded: {cause}: {cause.meaning}"
    assert (line["cause"], line["count"], line["reason"]) == (str(cause), 1, "because\nof this")


def test_a_repeated_cause_is_logged_once_a_minute_with_its_count(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = 0.0
    log = DegradationLog(lambda: now)
    cause, other = Degradation.SUMMARY_TIMEOUT, Degradation.CATALOG_BROKEN
    for _ in range(1000):
        log.report([cause])
    log.report([other])
    now = EVERY_S
    log.report([])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["cause"], line["count"]) for line in lines] == [
        (cause, 1),
        (other, 1),
        (cause, 999),
    ]


def test_an_unknown_cause_of_an_earlier_page_is_not_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    DegradationLog().report(["summary_timeout", "a_name_of_another_release"])
    assert not capsys.readouterr().out
