"""Documents as a whole: their size, and what they must not make the parser do."""

import time

import pytest

from adapters.rss.parser import document
from adapters.rss.parser.document import NotAFeedError, parse_document
from tests.support.feed_documents import ENTITY_BOMB, item, rss_feed


def test_of_a_feed_without_end_the_beginning_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_ENTRIES", 2)
    body = rss_feed(*(item(f"{n}") for n in range(5)))
    feed = parse_document(body, "https://a.example/")
    assert isinstance(feed, document.Feed)
    assert [entry["title"] for entry in feed.entries] == ["0", "1"]
    assert "has 5 episodes: the first 2 are read" in feed.notes


def test_entities_never_expand_however_they_are_declared() -> None:
    for bomb in (ENTITY_BOMB, b"<!-- <rss > -->" + ENTITY_BOMB, ENTITY_BOMB[1:]):
        started = time.monotonic()
        try:
            found = parse_document(bomb, "https://a.example/")
        except NotAFeedError:
            found = None
        assert len(repr(found)) < 10_000
        assert time.monotonic() - started < 2


def test_a_feed_that_holds_a_file_name_is_no_file() -> None:
    with pytest.raises(NotAFeedError):
        parse_document(b"/etc/passwd", "https://a.example/")
