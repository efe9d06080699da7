"""What the whole read of many feeds may take."""

from pathlib import Path

import pytest

from adapters.rss import inputs
from adapters.rss.http.budget import ReadBudget
from adapters.rss.parser import document
from feed.ports.errors import Unavailable
from tests.support.feed_documents import item, rss_feed
from tests.support.feed_server import FeedServer, problems, read, titles


def test_feeds_share_their_seconds_and_bytes() -> None:
    now = [100.0]
    budget = ReadBudget(60, 1_000, lambda: now[0])
    assert budget.feed_timeout_s(15) == 15
    now[0] += 50
    assert budget.feed_timeout_s(15) == 10
    budget.spend(999)
    assert budget.feed_timeout_s(15) == 10
    budget.spend(1)
    with pytest.raises(Unavailable, match=r"more than 1000 bytes .*FEEDS_MAX_MB"):
        budget.feed_timeout_s(15)
    now[0] += 10
    with pytest.raises(Unavailable, match=r"more than 60 s .*FEEDS_TIMEOUT_S"):
        budget.feed_timeout_s(15)


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


def test_of_a_feed_without_end_the_beginning_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_ENTRIES", 2)
    feed = document.parse_document(
        rss_feed(*(item(f"{n}") for n in range(5))), "https://a.example/"
    )
    assert isinstance(feed, document.Feed)
    assert [entry["title"] for entry in feed.entries] == ["0", "1"]
    assert "has 5 episodes: the first 2 are read" in feed.notes


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
