"""Feeds that cannot be read, or take more than a build allows, are reported and stop nothing."""

from pathlib import Path

import pytest

from adapters.rss import inputs
from catalog_builder.episodes.validation import validate_episodes
from tests.support.feed_documents import item, rss_feed
from tests.support.feed_server import FeedServer, problems, read, refusal, titles


def test_what_is_guessed_or_left_out_of_a_feed_is_noted_and_counts_as_no_fault(
    server: FeedServer,
) -> None:
    dated = item("dated", more="<pubDate>Mon, 05 Jan 2026 10:00:00 GMT</pubDate>")
    hidden = item("hidden", more="<itunes:block>yes</itunes:block>")
    url = server.serve("/feed", rss_feed(item("undated"), dated, hidden))
    read_all = validate_episodes(read(url))
    assert [(one.title, one.published_at.day) for one in read_all.episodes] == [
        ("undated", 5),
        ("dated", 5),
    ]
    assert read_all.problems == []
    assert read_all.notes == [
        f"{url}: placed 1 episode without a date by its neighbours",
        f"{url}: left out 1 episode that asks to be in no directory (itunes:block)",
    ]


def test_when_nothing_can_be_read_the_first_reasons_are_named(server: FeedServer) -> None:
    reason = refusal(*(f"{server.url}/{n}" for n in range(5)))
    assert f"{server.url}/0: HTTP 404" in reason
    assert f"{server.url}/2: HTTP 404" in reason
    assert f"{server.url}/3" not in reason
    assert "no feed was given" in refusal()


def test_a_redirect_is_followed_without_reading_its_body(server: FeedServer) -> None:
    server.serve("/new", rss_feed(item("a")))
    old = server.redirect("/old", "/new", body=b"x" * 5_000_000)
    assert titles(read(old, max_bytes=10_000)) == ["a"]


def test_feeds_beyond_what_all_may_take_are_named_and_the_rest_is_read(server: FeedServer) -> None:
    urls = [server.serve(f"/{n}", rss_feed(item(f"{n}"))) for n in range(3)]
    results = read(*urls, max_workers=1, total_bytes=len(rss_feed(item("0"))) + 1)
    assert titles(results) == ["0", "1"]
    assert [(one.where, "not fetched" in one.reason) for one in problems(results)] == [
        (urls[2], True)
    ]


def test_what_is_not_fetched_in_time_is_read_from_its_copy(
    server: FeedServer, tmp_path: Path
) -> None:
    urls = [server.serve(f"/{n}", rss_feed(item(f"{n}"))) for n in range(2)]
    (tmp_path / "file").write_bytes(rss_feed(item("file")))
    read(*urls, cache=tmp_path / "cache")
    results = read(*urls, str(tmp_path / "file"), cache=tmp_path / "cache", total_s=0)
    assert titles(results) == ["0", "1", "file"]
    assert len(server.requests) == 2
    for problem in problems(results):
        assert "FEEDS_TIMEOUT_S); a copy kept earlier was used" in problem.reason


def test_a_list_without_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MAX_INPUTS", 3)
    for n in range(9):
        (tmp_path / f"{n}").write_bytes(rss_feed(item(f"{n}")))
    (tmp_path / "list").write_text("\n".join(f"{n}" for n in range(9)))
    results = read(str(tmp_path / "list"))
    assert titles(results) == ["0", "1"]
    assert [one.reason for one in problems(results)] == [
        "with it there are more than 3 feeds: what follows is not read"
    ]
