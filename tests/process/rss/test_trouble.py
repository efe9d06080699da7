"""Feeds that cannot be read are reported, and stop nothing."""

from catalog_builder.episodes.validation import validate_episodes
from tests.support.feed_documents import item, rss_feed
from tests.support.feed_server import FeedServer, read, refusal, titles


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
