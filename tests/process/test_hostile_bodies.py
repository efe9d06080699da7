"""Hostile bodies are refused: huge, deep, endless, broken off, random."""

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.server import Server, problem, until

CREATE = "/api/sessions/create"


@pytest.mark.parametrize("length", [256 * 1024 + 1, 10_000_000])
@pytest.mark.parametrize("chunked", [False, True], ids=["length given", "chunked"])
def test_a_body_that_is_too_large_is_refused(server: Server, length: int, chunked: bool) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(0, length, 65_536):
            yield b" " * 65_536

    content = pieces() if chunked else b" " * length
    for method, path in (("POST", CREATE), ("PATCH", "/api/me"), ("POST", "/api/me/engagements")):
        if not chunked or path == CREATE:
            response = server.client.request(
                method, path, content=content, headers={"X-Demo-User": "anna"}
            )
            assert problem(response, 413, "body")["expected"] == "at most 262144 bytes"


def test_a_body_may_have_256_kb(server: Server) -> None:
    assert server.call("POST", CREATE, b"{}" + b" " * (256 * 1024 - 2)).status_code == 200


@pytest.mark.parametrize(
    "before",
    [b"", b'{"engagements":', b'{"user_id":', b'{"nothing":', b'{"engagements":[{"extra":'],
)
@pytest.mark.parametrize("bracket", [b"[", b'{"a":'])
def test_deep_nesting_is_refused(server: Server, before: bytes, bracket: bytes) -> None:
    for body in (before + bracket * 40_000, before + b"[" * 100_000 + b"]" * 100_000 + b"}"):
        response = server.call("POST", CREATE, body)
        problem(response, 400, response.json().get("field"))


def test_an_answer_repeats_only_the_beginning_of_long_text(server: Server, user: str) -> None:
    long = "x - at `$.limit`" * 10_000
    bodies = [
        {long: 1},
        {"scenario": long},
        {"engagements": [{"episode_id": "a", "type": long}]},
    ]
    for body in bodies:
        started = time.monotonic()
        response = server.call("POST", CREATE, body)
        problem(response, 400, response.json()["field"])
        assert len(response.content) < 3000
        assert time.monotonic() - started < 1
    response = server.call("DELETE", "/api/me/engagements/" + "x" * 20_000, user=user)
    assert problem(response, 404)
    assert len(response.content) < 3000


def test_a_body_that_breaks_off_harms_no_other_request(server: Server) -> None:
    for head in (b"Content-Length: 1000", b"Transfer-Encoding: chunked"):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", server.port)) as connection:
                connection.sendall(b"POST " + CREATE.encode() + b" HTTP/1.1\r\nHost: x\r\n" + head)
                connection.sendall(b"\r\n\r\n5\r\n{")
    # Until the server notices that they are gone, they count as concurrent requests.
    until(lambda: server.call("POST", CREATE, {}).status_code == 200)


def test_bytes_that_are_no_http_harm_no_other_request(server: Server) -> None:
    for raw in (
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/me HTTP/1.1\r\nHost: x\r\nX-Demo-User: " + b"a" * 100_000 + b"\r\n\r\n",
        b"POST " + CREATE.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
        b"GET /api/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(raw)
            assert connection.recv(12) in (b"HTTP/1.1 400", b"HTTP/1.1 404", b"HTTP/1.1 414")
    assert server.create()["episodes"]


# --- for all inputs ---

text = st.text(st.characters(exclude_categories=()), max_size=20)  # lone surrogates too
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | text
    | st.sampled_from(["click", "episode-1", "2026-02-01T00:00:00Z", "Bread", "1e999", "\x00"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)
an_engagement = st.fixed_dictionaries(
    {},
    optional={
        "episode_id": st.just("episode-1") | json_values,
        "type": st.just("bookmark") | json_values,
        "id": json_values,
        "timestamp": st.datetimes().map(lambda at: f"{at.isoformat()}Z") | json_values,
        "progress": st.floats() | json_values,
        "episode_title": json_values,
        "unknown": json_values,
    },
)
CALLS = {
    ("POST", CREATE): {
        "engagements": st.lists(an_engagement, max_size=3) | json_values,
        "excluded_ids": st.lists(text) | json_values,
        "served_ids": json_values,
        "category_interests": st.lists(text) | json_values,
        "muted_series": json_values,
        "muted_categories": st.lists(text) | json_values,
        "user_id": json_values,
        "limit": st.integers(-1, 52) | json_values,
        "scenario": st.sampled_from(["baseline", "for_you"]) | json_values,
        "trace": json_values,
        "detail": json_values,
        "stored": json_values,
        "seed": st.integers(-1, 2**53)
        | st.dictionaries(st.sampled_from(["text", "token"]), text, min_size=1)
        | st.fixed_dictionaries({"episode_ids": st.lists(text)})
        | json_values,
    },
    ("POST", "/api/sessions/0123456789abcdef/next"): {
        "cursor": text | json_values,
        "limit": json_values,
        "engaged_ids": json_values,
    },
    ("PATCH", "/api/me"): {
        "display_name": text | json_values,
        "category_interests": st.lists(text) | json_values,
        "languages": st.lists(text) | json_values,
        "muted_series": json_values,
        "muted_categories": st.lists(text) | json_values,
    },
}
requests = st.one_of(
    st.tuples(st.just(call), st.fixed_dictionaries({}, optional=fields) | json_values)
    for call, fields in CALLS.items()
) | st.tuples(st.just(("POST", "/api/me/engagements")), an_engagement)


@settings(max_examples=200)
@given(requests)
def test_any_json_is_answered_or_refused(server: Server, request_: Any) -> None:
    (method, path), body = request_
    check(server.call(method, path, json.dumps(body).encode(), "fuzz"))


@settings(max_examples=100)
@given(st.binary(max_size=200) | text.map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_answered_or_refused(server: Server, body: bytes) -> None:
    check(server.call("POST", CREATE, body, "fuzz"))


def check(response: httpx.Response) -> None:
    if response.status_code >= 400:
        assert response.status_code < 500, response.text
        problem(response, response.status_code, response.json().get("field"))
    else:
        assert response.json() is not None
