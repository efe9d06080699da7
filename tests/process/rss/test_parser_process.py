"""Documents are parsed in a child process, with real servers that are slow, wrong or hostile."""

import gzip
import time

import pytest

from adapters.rss.parser import process
from tests.support.feed_documents import ENTITY_BOMB, FULL, item, rss_feed
from tests.support.feed_server import FeedServer, problems, read, refusal, titles


@pytest.fixture(autouse=True)
def _parse_here() -> None:
    """Override: these tests are of the child process."""


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


def test_a_feed_that_keeps_the_parser_busy_is_given_up(
    server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "PARSE_CPU_S", 1)
    slow = server.serve("/slow", b"<rss>" + b"<a>" * 50 + b"<b></a" * 2_000_000)
    assert "could not be parsed in 1 s of a processor" in refusal(slow)


def test_a_feed_that_is_not_quite_xml_is_read_all_the_same() -> None:
    broken = b"\n\xef\xbb\xbf" + rss_feed(item("a & b\x00"), "<item><title>c</title>")
    found = process.parse_in_process(broken, "https://a.example/")
    assert [entry["title"] for entry in found.entries] == ["a & b", "c"]  # type: ignore[union-attr]
