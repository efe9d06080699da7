"""Feeds are cached between builds."""

import gzip
from pathlib import Path

import pytest

from feed.ports.episodes import SourceProblem
from tests.support.feed_documents import ATOM, FULL, item, rss_feed
from tests.support.feed_server import FeedServer, problems, read, titles


def test_a_second_run_asks_only_whether_anything_changed(
    server: FeedServer, tmp_path: Path
) -> None:
    urls = [
        server.serve("/etag", FULL, ETag='"1"'),
        server.serve("/dated", ATOM, Last_Modified="Mon, 01 Jan 2024 10:00:00 GMT"),
        server.serve("/zip", gzip.compress(FULL), ETag='"2"', Content_Encoding="gzip"),
    ]
    first = read(*urls, cache=tmp_path / "cache")
    assert server.statuses == {200: 3}
    assert read(*urls, cache=tmp_path / "cache") == first
    assert server.statuses == {200: 3, 304: 3}
    server.serve("/etag", rss_feed(item("new")), ETag='"3"')
    assert titles(read(urls[0], cache=tmp_path / "cache")) == ["new"]
    assert {headers["User-Agent"] for _, headers in server.requests} == {"earshot"}


def test_without_a_cache_nothing_is_remembered(server: FeedServer) -> None:
    url = server.serve("/etag", FULL, ETag='"1"')
    assert read(url) == read(url)
    assert server.statuses == {200: 2}


@pytest.mark.parametrize("bad_day", ["gone", "html", "drip"])
def test_a_feed_that_fails_now_is_read_from_its_copy_and_reported(
    server: FeedServer, tmp_path: Path, bad_day: str
) -> None:
    url = server.serve("/feed", FULL, ETag='"1"')
    before = read(url, cache=tmp_path)
    if bad_day == "gone":
        del server.answers["/feed"]
    elif bad_day == "html":
        server.serve("/feed", b"<html>Down for maintenance</html>", ETag='"2"')
    else:
        server.serve_endless("/feed", b"<", pause_s=0.02)
    for _ in range(2):  # the copy outlives the bad day
        problem, *after = read(url, cache=tmp_path, timeout_s=0.5)
        assert after == before
        assert isinstance(problem, SourceProblem)
        assert problem.where == url
        assert "a copy kept earlier was used" in problem.reason


def test_a_feed_or_list_that_arrives_cut_off_loses_nothing(
    server: FeedServer, tmp_path: Path
) -> None:
    feed = rss_feed(*(item(f"{n}") for n in range(4)))
    url = server.serve("/feed", feed)
    opml = f'<opml><body><outline xmlUrl="{url}"/><outline xmlUrl="/b"/></body></opml>'.encode()
    inputs = (url, server.serve("/list", opml))
    server.serve("/b", rss_feed(item("b")))
    before = read(*inputs, cache=tmp_path)
    assert titles(before) == ["0", "1", "2", "3", "b"]
    server.serve("/feed", feed[: feed.index(b"<title>3")])
    server.serve("/list", opml[:-40])
    for _ in range(2):
        after = read(*inputs, cache=tmp_path)
        assert titles(after) == titles(before)
        assert ["a copy kept earlier, with more" in one.reason for one in problems(after)] == [
            True,
            True,
        ]
    (without_copy,) = problems(read(url))
    assert without_copy.reason == "ends early: what stands before was read"
    server.serve("/feed", rss_feed(*(item(f"{n}") for n in range(5)))[:-9])
    assert titles(read(url, cache=tmp_path)) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("damage", [b"", b"\x00", b"{}\n", None])
def test_a_damaged_cache_is_as_good_as_none(
    server: FeedServer, tmp_path: Path, damage: bytes | None
) -> None:
    url = server.serve("/feed", FULL, ETag='"1"')
    before = read(url, cache=tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:-1] + b"?" if damage is None else damage)
    assert read(url, cache=tmp_path) == before
    assert server.statuses == {200: 2}
    assert read(url, cache=tmp_path) == before
    assert server.statuses == {200: 2, 304: 1}


def test_a_cache_that_cannot_be_written_costs_nothing(server: FeedServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    url = server.serve("/feed", FULL)
    assert len(read(url, cache=tmp_path / "file" / "cache")) == 2
