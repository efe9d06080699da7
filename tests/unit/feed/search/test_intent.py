from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_builder.build import build_catalog
from catalog_builder.search_index import build_search_index
from feed.catalog.catalog import Catalog
from feed.model.episode import Episode
from feed.model.timestamps import from_us, to_us
from feed.ports.episodes import Vectors
from feed.search.conditions import Conditions, read_conditions
from feed.search.index import SearchIndex
from feed.search.search import Results, search

NOW = datetime(2026, 2, 6, 12, tzinfo=UTC)
MAY = {year: f"{year}-05-01T00:00:00Z" for year in (2024, 2025)}
SERIES = {
    "volts": ("Volts", 4),
    "acquired": ("Acquired", 2),
    "minute": ("The Ten Minute VC (10VC): Venture Capital", 3),
    "huberman": ("Huberman Lab", 3),
}


def episode(number: int, series: str, title: str, **fields: Any) -> Episode:
    published = fields.pop("published_at", f"2026-01-{number % 28 + 1:02}T00:00:00Z")
    fields |= {"id": f"{series}{number}", "title": title, "published_at": published}
    return msgspec.convert(fields | {"series": {"id": series, "name": SERIES[series][0]}}, Episode)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    words = ("grid", "storage", "venture", "sleep")
    episodes = [
        episode(number, series, f"{words[number]} of {series[0]} {number}", duration_s=900 * number)
        for series, (_, count) in SERIES.items()
        for number in range(count)
    ]
    episodes += [
        episode(
            10, "minute", "Startups acquired a grid in 2019", published_at="2025-05-01T00:00:00Z"
        ),
        episode(
            11, "minute", "How one startup acquired a venture", published_at="2024-05-01T00:00:00Z"
        ),
        episode(12, "volts", "Volts acquired storage", published_at="2024-01-31T23:00:00Z"),
    ]
    present = np.ones(len(episodes), np.bool_)
    return build_catalog(
        episodes, Vectors(np.eye(len(episodes), 16, dtype=np.float32), present, "test"), NOW
    )


@pytest.fixture(scope="module")
def index(catalog: Catalog) -> SearchIndex:
    return build_search_index(catalog)


def find(catalog: Catalog, index: SearchIndex, query: str) -> tuple[Results, list[str]]:
    allowed = np.ones(len(catalog), np.bool_)
    results = search(catalog, index, query, allowed=allowed, now_us=to_us(NOW))
    return results, [catalog.ids[row] for row in results.rows.tolist()]


@pytest.mark.parametrize(
    ("query", "series"),
    [
        ("newest volts", {"volts"}),
        ("volts storage", set()),  # may be a word
        ("storage on volts podcast", {"volts"}),
        ("huberman lab sleep", {"huberman"}),
        ("10vc podcast grid", {"minute"}),
        ("latest acquired", {"acquired"}),
        ("acquired podcast storage", {"acquired"}),
        ("acquired grid", set()),  # most episodes with the word are of other series
        ("capital grid", set()),  # it is not how the name begins
        ("how do volts work?", set()),
        ("huberman lab", set()),  # may be a guest
    ],
)
def test_words_that_tell_a_series_from_other_episodes_filter_by_it(
    catalog: Catalog, index: SearchIndex, query: str, series: set[str]
) -> None:
    results, ids = find(catalog, index, query)
    assert {catalog.series_ids[one] for one in results.understood.series} == series
    assert not series or {one.rstrip("0123456789") for one in ids} == series


def test_a_series_with_another_words_name_is_raised(catalog: Catalog, index: SearchIndex) -> None:
    assert find(catalog, index, "acquired grid")[1][0] == "acquired0"
    assert find(catalog, index, "huberman venture")[1][0] == "huberman2"


def test_the_newest_come_first_where_nothing_else_is_sought(
    catalog: Catalog, index: SearchIndex
) -> None:
    assert find(catalog, index, "newest volts")[1] == [
        "volts3",
        "volts2",
        "volts1",
        "volts0",
        "volts12",
    ]
    assert find(catalog, index, 'newest "acquired storage"')[1] == ["volts12"]
    assert find(catalog, index, 'newest "as the"')[1] == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("acquired storage 2024", ["volts12", "minute11"]),
        ("acquired storage january 2024", ["volts12"]),
        ("startups 2019", ["minute10"]),  # the year is in its text
        ("startups from last year", ["minute10"]),
        ("volts under 20 minutes", ["volts1", "volts0"]),
        ("huberman lab sleep at least half an hour", ["huberman2"]),
    ],
)
def test_times_and_lengths_filter(
    catalog: Catalog, index: SearchIndex, query: str, expected: list[str]
) -> None:
    assert find(catalog, index, query)[1] == expected


def test_a_filter_that_leaves_nothing_is_relaxed(catalog: Catalog, index: SearchIndex) -> None:
    results, ids = find(catalog, index, "sleep 2018 over 3 hours")
    assert ids
    assert results.understood.since_us is None
    assert results.understood.min_duration_s is None


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ("x this week", "2026-01-30T12", None),
        ("x past 3 months", "2025-11-05T12", None),
        ("this year x", "2026-01-01T00", "2027-01-01T00"),
        ("x last year", "2025-01-01T00", "2026-01-01T00"),
        ("x in march", "2025-03-01T00", "2025-04-01T00"),
        ("x from yesterday", "2026-02-04T12", None),
        ("december 2024 x", "2024-12-01T00", "2025-01-01T00"),
    ],
)
def test_a_time_is_read_and_taken_out_of_the_words(
    query: str, since: str, until: str | None
) -> None:
    found = read_conditions(query, to_us(NOW))
    assert found.rest.split() == ["x"]
    assert found.since_us is not None
    assert from_us(found.since_us).isoformat().startswith(since)
    assert found.until_us is None or from_us(found.until_us).isoformat()[:13] == until


WORDS = ["last", "past", "999", "weeks", "2024", "9999", "may", "under", "0", "h", "an", "latest"]


@pytest.mark.parametrize("query", ["energy today", "short selling", "over 10m users", "may it be"])
def test_words_that_only_resemble_a_condition_are_words(query: str) -> None:
    assert read_conditions(query, to_us(NOW)) == Conditions(query)


@given(st.lists(st.sampled_from(WORDS)))
def test_any_words_for_times_and_lengths_can_be_read(words: list[str]) -> None:
    found = read_conditions(" ".join(words), to_us(NOW))
    assert found.until_us is None or found.since_us is not None
