"""Feeds that servers compress in different ways."""

import gzip
import zlib
from pathlib import Path

import pytest

from tests.support.feed_documents import item, raw_deflate, rss_feed
from tests.support.feed_server import FeedServer, read, titles

FEED = rss_feed(item("one"), item("two"), item("three"))
HALVES = gzip.compress(FEED[:250]) + gzip.compress(FEED[250:])


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress(FEED), {}),
        (gzip.compress(FEED), {"Content_Type": "application/x-gzip"}),
        (HALVES, {"Content_Encoding": "gzip"}),
        (HALVES + b"\0" * 512, {"Content_Encoding": "x-gzip"}),
        (gzip.compress(gzip.compress(FEED)), {"Content_Encoding": "gzip"}),
        (FEED, {"Content_Encoding": "gzip"}),
        (zlib.compress(FEED), {"Content_Encoding": "deflate"}),
        (raw_deflate(FEED), {"Content_Encoding": "deflate"}),
        (FEED, {"Content_Encoding": "deflate"}),
    ],
)
def test_a_feed_is_read_however_it_is_compressed(
    server: FeedServer, body: bytes, headers: dict[str, str]
) -> None:
    assert titles(read(server.serve("/feed", body, **headers))) == ["one", "two", "three"]


def test_a_file_may_be_compressed_too(tmp_path: Path) -> None:
    (tmp_path / "feed.xml.gz").write_bytes(HALVES)
    assert titles(read(str(tmp_path / "feed.xml.gz"))) == ["one", "two", "three"]
