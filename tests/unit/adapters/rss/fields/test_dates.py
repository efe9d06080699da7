"""Dates are parsed as publishers write them."""

from datetime import UTC, datetime

import pytest

from adapters.rss.fields.dates import DateParser, interpolate_dates
from tests.support.feed_documents import entries, item, rss_feed


def read(written: str, language: str = "en") -> str | None:
    at = DateParser(language).parse(written)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("Mon, 05 Jan 2026 10:00:00 +0100", "2026-01-05T09:00:00Z"),
        ("Mon, 05 Jan 2026 10:00:00 +01:00", "2026-01-05T09:00:00Z"),
        ("Mon, 05 Jan 2026 10:00:00 -500", "2026-01-05T15:00:00Z"),
        ("Mon, 05 Jan 2026 10:00:00 GMT-0500", "2026-01-05T15:00:00Z"),
        ("Mon, 05 Jan 2026 10:00:00 UTC+05:30", "2026-01-05T04:30:00Z"),
        ("Mon, 05 Jan 2026 10:00:00 +0100 (CET)", "2026-01-05T09:00:00Z"),
        ("Mon, 05 Jan 2026 10:00:00 EST", "2026-01-05T15:00:00Z"),
        ("Sun, 05 Jul 2026 10:00:00 CEST", "2026-07-05T08:00:00Z"),
        ("Sun, 05 Jul 2026 10:00:00 BST", "2026-07-05T09:00:00Z"),
        ("Mon, 05 Jan 2026 10:00:00 AEDT", "2026-01-04T23:00:00Z"),
        ("Mon, 05 Jan 2026 10:00:00 IST", "2026-01-05T04:30:00Z"),
        ("Mon, 05 Jan 2026 10:00:00", "2026-01-05T10:00:00Z"),
        ("Mon, 05 Jan 2026 24:00:00 GMT", "2026-01-06T00:00:00Z"),
        ("2026-01-05T24:00:00Z", "2026-01-06T00:00:00Z"),
        ("2026-01-05T10:15:00.250+01:00", "2026-01-05T09:15:00Z"),
        ("2026-01-05 10:15:00 EST", "2026-01-05T15:15:00Z"),
        ("20260105T101500Z", "2026-01-05T10:15:00Z"),
        ("20260105", "2026-01-05T00:00:00Z"),
        ("20260105101500", "2026-01-05T10:15:00Z"),
        ("1767607200", "2026-01-05T10:00:00Z"),
        ("1767607200000", "2026-01-05T10:00:00Z"),
        ("Mon, 05 Jan 2026 10:00:00 PM EST", "2026-01-06T03:00:00Z"),
        ("Mon, 05 Jan 2026 12:30 AM PST", "2026-01-05T08:30:00Z"),
        ("Mon, 05 Jan 2026 16:42 PM", "2026-01-05T16:42:00Z"),
        ("Monday, January 5, 2026 04:42 PM", "2026-01-05T16:42:00Z"),
        ("Sat Jan  3 09:19:24 2026 GMT", "2026-01-03T09:19:24Z"),
        ("Mon,05 Jan 2026 10:00:00 GMT", "2026-01-05T10:00:00Z"),
        ("05.01.2026 10:00", "2026-01-05T10:00:00Z"),
        ("Mon, 05 Jan 2026 10.30.15 +0100", "2026-01-05T09:30:15Z"),
        ("5 Jan 99, 10.30 EST", "1999-01-05T15:30:00Z"),
        ("Wed, 31 Dec 2025, 23:59:60 GMT", "2026-01-01T00:00:00Z"),
        ("Mon, 05 Jan 2026 10:00:00 XYZT", "2026-01-05T10:00:00Z"),
        ("Mon, 05 Jan 2026 10:00:00 America/New York", "2026-01-05T10:00:00Z"),
        ("mer, 07 gen 2026 00:38:15 +0100", "2026-01-06T23:38:15Z"),
        ("mar, 03 mar 2026 10:00:00 +0100", "2026-03-03T09:00:00Z"),
        ("Seg, 05 Dez 2025 19:42:40 -0300", "2025-12-05T22:42:40Z"),
        ("lun., 05 janv. 2026 10:00:00 +0100", "2026-01-05T09:00:00Z"),
        ("Пн, 05 янв 2026 10:00:00 +0300", "2026-01-05T07:00:00Z"),
        ("2026年1月5日 10:00", "2026-01-05T10:00:00Z"),
    ],
)
def test_a_date_is_read_as_people_read_it_even_in_another_language_than_its_feed(
    written: str, at: str
) -> None:
    assert read(written) == at


def test_of_two_numbers_the_day_is_first_where_the_feed_is_not_american() -> None:
    assert read("05/01/2026", "en") == "2026-05-01T00:00:00Z"
    assert read("05/01/2026", "en-us") == "2026-05-01T00:00:00Z"
    assert read("05/01/2026", "en-gb") == "2026-01-05T00:00:00Z"
    assert read("05/01/2026", "it") == "2026-01-05T00:00:00Z"


@pytest.mark.parametrize(
    "written",
    ["", "yesterday", "10:00", "Jan 2026", "2026", "5 January", "0000-00-00", "1", "9" * 400],
)
def test_what_lacks_its_day_month_or_year_is_no_date(written: str) -> None:
    assert read(written) is None


def test_an_episode_without_a_date_is_placed_between_its_neighbours_or_dated_as_its_feed() -> None:
    first, middle, last = (datetime(2026, 1, day, tzinfo=UTC) for day in (9, 5, 1))
    full = interpolate_dates([None, first, None, last, None], None)
    assert full == [first, first, middle, last, last]
    for of_feed in (first, None):
        assert interpolate_dates([None, None], of_feed) == [of_feed, of_feed]


def test_a_date_that_nothing_can_replace_is_reported_as_it_stood() -> None:
    (only,) = entries(rss_feed(item("a", more="<pubDate>next Tuesday</pubDate>")))
    assert only["published_at"] == "next Tuesday"


def test_the_date_of_a_feed_is_its_publication_before_its_last_build() -> None:
    head = (
        "<title>A</title><lastBuildDate>Fri, 09 Jan 2026 10:00:00 GMT</lastBuildDate>"
        "<pubDate>Thu, 08 Jan 2026 10:00:00 GMT</pubDate>"
    )
    assert entries(rss_feed(item("a"), head=head))[0]["published_at"] == "2026-01-08T10:00:00Z"
