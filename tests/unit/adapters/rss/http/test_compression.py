"""Bodies are decompressed up to a limit."""

import gzip
import io
import zlib

import pytest

from adapters.rss.http.compression import MAX_MEMBERS, decompress
from feed.ports.errors import Unavailable
from tests.support.feed_documents import item, raw_deflate, rss_feed

FEED = rss_feed(item("one"), item("two"), item("three"))
HALVES = gzip.compress(FEED[:250]) + gzip.compress(FEED[250:])


@pytest.mark.parametrize("size", [0, 1, 99, 100])
def test_a_body_of_the_size_allowed_is_read_whole(size: int) -> None:
    for body in (b"x" * size, gzip.compress(b"x" * size), gzip.compress(b"x" * size) + b"\n"):
        assert decompress(body, 100) == b"x" * size
    assert decompress(raw_deflate(b"x" * size), 100, is_deflated=True) == b"x" * size


@pytest.mark.parametrize(
    "bomb",
    [
        b"x" * 101,
        gzip.compress(b"x" * 101),
        gzip.compress(b"x" * 60) * 2,
        gzip.compress(b"\0" * 2**26),
        gzip.compress(gzip.compress(b"x" * 10_000)),
        zlib.compress(b"\0" * 2**26),
        raw_deflate(b"\0" * 2**26),
    ],
    ids=["plain", "gzip", "members", "a bomb", "twice", "a zlib bomb", "a deflate bomb"],
)
def test_what_is_larger_than_allowed_is_refused_with_the_option_s_name(bomb: bytes) -> None:
    is_deflated = not bomb.startswith((b"x", b"\x1f\x8b"))
    with pytest.raises(Unavailable, match=r"larger than 100 bytes; --feed-max-mb .*FEED_MAX_MB"):
        decompress(bomb, 100, is_deflated=is_deflated)


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(FEED)[:-9],
        gzip.compress(FEED)[:-1] + b"?",
        HALVES[:-20],
        gzip.compress(b"") * (MAX_MEMBERS + 1),
        b"\x1f\x8b",
    ],
)
def test_what_is_damaged_is_refused(body: bytes) -> None:
    with pytest.raises(Unavailable, match="compression is broken"):
        decompress(body, 1_000_000)


def test_many_members_are_read_as_one() -> None:
    file = io.BytesIO()
    for n in range(1_000):
        file.write(gzip.compress(b"%d," % n))
    assert gzip.decompress(file.getvalue()) == decompress(file.getvalue(), 10_000)
