"""Answers are gzipped for clients that accept it."""

import zlib

import httpx
import pytest

from functions.http.compression import MIN_BYTES, accepts_gzip
from tests.support.server import Server

LIST = "/api/episodes/episode-1/similar?limit=50"
SHORT = "/api/episodes/episode-1"


def raw(server: Server, path: str, accepted: str, method: str = "GET") -> httpx.Response:
    """The answer as it came, its body left compressed in `extensions`."""
    headers = {"Accept-Encoding": accepted}
    with httpx.stream(method, server.url + path, headers=headers) as answer:
        answer.extensions["raw"] = b"".join(answer.iter_raw())
    return answer


def test_a_long_answer_is_gzipped_and_the_same_inside(server: Server) -> None:
    plain, packed = raw(server, LIST, "identity"), raw(server, LIST, "br, gzip")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    body = packed.extensions["raw"]
    unpacking = zlib.decompressobj(31)  # gzip, to the letter
    assert unpacking.decompress(body) == plain.extensions["raw"]
    assert (unpacking.eof, unpacking.unused_data) == (True, b"")
    assert int(packed.headers["content-length"]) == len(body) < len(plain.extensions["raw"]) / 2
    assert (
        plain.headers["vary"]
        == packed.headers["vary"]
        == "Authorization, X-Demo-User, Accept-Encoding"
    )


def test_a_session_is_gzipped(server: Server) -> None:
    answer = server.call("POST", "/api/sessions/create", {})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(answer.content)
    assert len(answer.json()["episodes"]) == 10


def test_a_short_answer_is_not_compressed(server: Server) -> None:
    answer = raw(server, SHORT, "gzip")
    assert "content-encoding" not in answer.headers
    assert 0 < len(answer.extensions["raw"]) < MIN_BYTES


def test_head_has_the_headers_of_get(server: Server) -> None:
    get, head = raw(server, LIST, "gzip"), raw(server, LIST, "gzip", "HEAD")
    assert head.extensions["raw"] == b""
    for name in ("content-encoding", "content-length", "vary"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize(
    ("accepted", "gzipped"),
    [
        ("gzip", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("deflate, GZIP", True),
        ("x-gzip", True),
        ("gzip ; q=0.001", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("", False),
        ("identity", False),
        ("gzipped", False),
        ("br, zstd", False),
    ],
)
def test_only_a_client_that_names_gzip_gets_it(accepted: str, gzipped: bool) -> None:
    assert accepts_gzip(accepted) is gzipped
