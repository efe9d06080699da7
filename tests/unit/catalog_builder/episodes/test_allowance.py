"""How many episodes may be bad, of each feed."""

import numpy as np
import pytest

from catalog_builder.episodes import validation as reading
from catalog_builder.episodes.allowance import parse_allowance
from catalog_builder.episodes.validation import ValidationResult, validate_episodes
from catalog_builder.errors import CommandError
from feed.ports.episodes import SourceProblem, SourceRecord


def feed(name: str, good: int, bad: int) -> list[SourceRecord]:
    dates = ["2026-01-05T10:00:00Z"] * good + [None] * bad
    return [
        SourceRecord(
            f"{name}#{n}", {"id": f"{name}:{n}", "title": "T", "published_at": date}, name, f"{n}"
        )
        for n, date in enumerate(dates)
    ]


def read(*records: list[SourceRecord], allowed: str = "10%") -> ValidationResult:
    return validate_episodes(
        [one for some in records for one in some], None, parse_allowance(allowed)
    )


@pytest.mark.parametrize(
    ("text", "total", "allowed"),
    [
        ("10%", 30, 3),
        ("10%", 5, 1),
        ("0%", 500, 0),
        ("29%", 100, 29),
        ("0.5%", 1000, 5),
        ("7", 9, 7),
    ],
)
def test_an_allowance_is_a_number_of_episodes(text: str, total: int, allowed: int) -> None:
    found = parse_allowance(text)(total)
    assert (found, type(found)) == (allowed, int)


def test_a_feed_over_the_allowance_is_left_out_and_named() -> None:
    found = read(feed("good", 30, 1), feed("undated", 0, 30), feed("mixed", 8, 2))
    assert len(found.episodes) == 30
    assert [(one.where, one.whole_source) for one in found.problems] == [
        ("mixed", True),
        ("undated", True),
        ("good#30", False),
    ]
    assert "left out: 30 bad episodes of 30" in found.problems[1].reason
    assert "allows 3; the first: undated#0: published_at" in found.problems[1].reason


def test_of_a_few_episodes_one_may_be_bad() -> None:
    assert len(read(feed("new", 2, 1)).episodes) == 2


def test_where_no_feed_is_left_the_build_is_refused_by_name() -> None:
    with pytest.raises(CommandError, match=r"no feed is left. a: 9 bad episodes of 9"):
        read(feed("a", 0, 9))


def test_a_source_that_is_no_feed_is_refused_as_a_whole() -> None:
    with pytest.raises(CommandError, match=r"^2 bad episodes of 12, .* allows 1; the first: #10: "):
        read(feed("", 10, 2))


def test_an_id_of_another_s_hash_is_left_out_of_feeds_and_refused_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "hash_strings", lambda ids: np.zeros(len(ids), np.uint64))
    found = read(feed("a", 1, 0), feed("b", 1, 0))
    assert [one.id for one in found.episodes] == ["a:0"]
    assert found.problems == [
        SourceProblem("b:0", "ids 'a:0' and 'b:0' have the same hash: rename one")
    ]
    with pytest.raises(CommandError, match="have the same hash"):
        read(feed("", 2, 0))


def test_a_feed_that_could_not_be_read_is_no_bad_episode() -> None:
    gone = SourceProblem("gone", "HTTP 404", whole_source=True)
    records: list[SourceRecord | SourceProblem] = [gone, *feed("a", 1, 0)]
    assert validate_episodes(records, None, parse_allowance("0")).problems == [gone]
