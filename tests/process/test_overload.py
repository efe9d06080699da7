"""An overloaded instance refuses requests at once, and answers those that it admits."""

import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.support.server import Server, problem

Start = Callable[..., Server]
BODY = json.dumps({"limit": 3}).encode()
LIKE = {"episode_id": "episode-1", "type": "like"}


@pytest.fixture
def start(start_server: Start, small_shelf: str) -> Start:
    return lambda **settings: start_server(SHELF=small_shelf, **settings)


class Unfinished:
    """A session whose request is not all sent, and so holds a place."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 30)
        head = f"POST /api/sessions/create HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n"
        head += "Expect: 100-continue\r\nConnection: close\r\n\r\n"
        self._socket.sendall(head.encode())
        self._answer = self._socket.makefile("rb")
        assert self._status() == 100  # it is let in: its body is asked for
        self._answer.readline()

    def finish(self) -> int:
        """Send the rest, and read the status of the answer."""
        self._socket.sendall(BODY)
        with self._socket, self._answer:
            return self._status()

    def _status(self) -> int:
        return int(self._answer.readline().split()[1])


def test_requests_beyond_the_limit_are_refused_and_the_others_are_answered(start: Start) -> None:
    server = start(CONCURRENCY="3")
    requests = [Unfinished(server.port) for _ in range(3)]
    for method, path, body, user in (
        ("POST", "/api/sessions/create", {}, "ada"),
        ("POST", "/api/me/engagements", LIKE, None),
        ("GET", "/api/nothing", None, None),
    ):
        refused = server.call(method, path, body, user)
        assert problem(refused, 503)["type"] == "urn:earshot:problem:overloaded"
        assert refused.headers["retry-after"] == "1"
    assert server.call("GET", "/api/health").status_code == 200
    assert server.call("GET", "/api/metrics").status_code == 200
    assert [request.finish() for request in requests] == [200] * 3
    assert server.create()["episodes"]
    assert not [line for line in server.log_lines if line["message"].endswith(" 503")]
    (line,) = server.logged(lambda line: line["message"].startswith("refused: "))
    assert (line["severity"], line["count"]) == ("WARNING", 1)  # the others are in a later one
    metrics = server.call("GET", "/api/metrics").text
    assert 'earshot_requests_total{method="POST",route="-",status="503"} 2.0' in metrics
    assert 'earshot_requests_total{method="GET",route="-",status="503"} 1.0' in metrics


def test_a_busy_event_loop_loses_no_summary(start: Start) -> None:
    server = start(CONCURRENCY="0", SUMMARY_TIMEOUT_S="0.1")
    server.engage("ada", episode_id="episode-3", type="like")
    server.create("ada")
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(100))
        client = stack.enter_context(
            httpx.Client(base_url=server.url, timeout=60, limits=httpx.Limits())
        )

        def ask(_: int) -> Any:
            headers = {"X-Demo-User": "ada"}
            return client.post("/api/sessions/create", content=b"{}", headers=headers).json()

        sessions = list(pool.map(ask, range(100)))
    lost = [one["degraded"] for one in sessions if "summary_timeout" in one["degraded"]]
    assert lost == []


LIMITS: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "LIMIT_WRITES": ("/api/me/engagements", LIKE, "ada"),
    "LIMIT_SESSIONS": ("/api/sessions/create", {"limit": 1}, "ada"),
    "LIMIT_ASKS": ("/api/ask", {"question": "x"}, "ada"),
    "LIMIT_ANONYMOUS": ("/api/sessions/create", {"limit": 1}, None),
}


def test_users_and_anonymous_sessions_have_separate_limits(start: Start) -> None:
    page = {"Origin": "https://app.example"}
    server = start(**dict.fromkeys(LIMITS, "3/hour"), CORS_ORIGINS=page["Origin"])
    for path, body, user in LIMITS.values():
        statuses = [server.call("POST", path, body, user).status_code for _ in range(3)]
        assert set(statuses) <= {200, 201}
        refused = server.call("POST", path, body, user)
        assert problem(refused, 429)["type"] == "urn:earshot:problem:too-many-requests"
        assert int(refused.headers["retry-after"]) > 0
        assert "ratelimit" in refused.headers
        assert server.call("POST", path, body, "bert").status_code in {200, 201}
    assert server.call("GET", "/api/me", user="ada").status_code == 200  # who reads writes nothing
    limited = server.logged(lambda line: line["message"].endswith(" 429"), 4)
    assert [line["severity"] for line in limited] == ["WARNING"] * 4
    refused = server.client.post("/api/sessions/create", content=b"{}", headers=page)
    assert refused.status_code == 429
    assert refused.headers["access-control-allow-origin"] == page["Origin"]
    assert "Retry-After" in refused.headers["access-control-expose-headers"]
    deletions = [server.call("DELETE", "/api/me", user="ada").status_code for _ in range(4)]
    assert deletions == [200, 200, 200, 429]  # counted apart


def test_an_address_has_a_limit_that_made_up_headers_do_not_change(start: Start) -> None:
    server = start(LIMIT_ADDRESS="5/hour", TRUSTED_HOPS="1")

    def ask(*forwarded: str) -> int:
        headers = [("X-Forwarded-For", line) for line in forwarded]
        return server.client.get("/api/categories", headers=headers).status_code

    spoofed = [(f"203.0.113.{n}, 192.0.2.1",) for n in range(5)]
    assert [ask(*one) for one in spoofed] == [200] * 5
    assert ask("198.51.100.1, 192.0.2.1") == ask("198.51.100.2", "192.0.2.1") == 429
    assert ask("192.0.2.1, 192.0.2.2") == 200
    six = [ask(f"2001:db8::{n}") for n in range(6)]
    assert six == [200] * 5 + [429]
