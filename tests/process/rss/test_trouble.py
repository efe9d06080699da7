"""What can go wrong: a real HTTP server that is sometimes slow, wrong or hostile."""

import gzip
import time

import pytest

from adapters.rss.parser import process
from adapters.rss.parser.document import NotAFeedError, parse_document
from catalog_builder.episodes.validation import validate_episodes
from tests.support.feed_documents import ENTITY_BOMB, FULL, item, rss_feed
from tests.support.feed_server import FeedServer, problems, read, refusal, titles


def test_one_broken_feed_is_one_problem_and_stops_nothing(server: FeedServer) -> None:
    good = server.serve("/good", rss_feed(item("good")))
    huge = server.serve_endless("/huge", b"<rss>" * 20_000, pause_s=0)
    bomb = server.serve("/bomb", gzip.compress(b"<rss>" * 10_000_000), Content_Encoding="gzip")
    cut = server.serve("/cut", gzip.compress(FULL)[:-20], Content_Encoding="gzip")
    odd = server.serve("/odd", b"x", Content_Encoding="br")
    hidden = server.serve("/hidden", rss_feed() + b" " * 2_000_000)
    drip = server.serve_endless("/drip", b"<rss>", pause_s=0.02)
    head_drip = server.serve_endless("/head", b"H", pause_s=0.02, head=False)
    html = server.serve("/html", b"<!doctype html><html><body>Sorry</body></html>")
    empty = server.serve("/empty", b"")
    xml = server.serve("/entities", ENTITY_BOMB)
    fresh = server.serve("/fresh", rss_feed())
    loop = server.redirect("/loop", "/loop")
    away = server.redirect("/away", "file:///etc/passwd")
    inputs = {
        "http://127.0.0.1:1/refused": "ConnectError",
        f"{server.url}/missing": "HTTP 404",
        huge: "larger than 1000000 bytes",
        bomb: "larger than 1000000 bytes",
        hidden: "larger than 1000000 bytes",
        cut: "compression is broken",
        odd: "content encoding 'br'",
        drip: "no complete answer within 3 s",
        head_drip: "no complete answer within 3 s",
        html: "not a feed",
        empty: "not a feed",
        xml: "the feed has no episodes",
        fresh: "the feed has no episodes",
        loop: "more than 5 redirects",
        away: "UnsupportedProtocol",
        "http://[": "neither URL nor path",
        "http://127.0.0.1:x/": "InvalidURL",
        "/nowhere/feed": "no such file",
        "/dev/zero": "no such file",
        "nul\0": "neither URL nor path",
    }
    started = time.monotonic()
    results = read(*inputs, good, timeout_s=3, max_bytes=1_000_000)
    assert time.monotonic() - started < 20  # and not for as long as the drips last
    assert titles(results) == ["good"]
    for (where, reason), problem in zip(inputs.items(), problems(results), strict=True):
        assert problem.where == where
        assert reason in problem.reason


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


def test_entities_never_expand_however_they_are_declared() -> None:
    for bomb in (ENTITY_BOMB, b"<!-- <rss > -->" + ENTITY_BOMB, ENTITY_BOMB[1:]):
        started = time.monotonic()
        try:
            found = parse_document(bomb, "https://a.example/")
        except NotAFeedError:
            found = None
        assert len(repr(found)) < 10_000
        assert time.monotonic() - started < 2


def test_a_feed_that_keeps_the_parser_busy_is_given_up(
    server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "PARSE_CPU_S", 1)
    slow = server.serve("/slow", b"<rss>" + b"<a>" * 50 + b"<b></a" * 2_000_000)
    assert "could not be parsed in 1 s of a processor" in refusal(slow)


def test_a_feed_that_holds_a_file_name_is_no_file() -> None:
    with pytest.raises(NotAFeedError):
        parse_document(b"/etc/passwd", "https://a.example/")
