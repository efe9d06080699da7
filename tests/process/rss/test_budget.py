"""Limits of a build that reads many feeds."""

from pathlib import Path

import pytest

from adapters.rss import inputs
from tests.support.feed_documents import item, rss_feed
from tests.support.feed_server import FeedServer, problems, read, titles


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
