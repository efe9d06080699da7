"""`python -m benchmarks.load` against real functions, dead servers and other services."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from benchmarks.load import main
from emulators.process import free_port
from tests.support.server import Server


def load(url: str, out: Path, concurrency: int, duration_s: float) -> dict[str, Any]:
    """The figures of a load run."""
    options = ["--concurrency", f"{concurrency}", "--duration", f"{duration_s}"]
    main(["--url", url, *options, "--output", str(out)])
    found: dict[str, Any] = json.loads(out.read_text())["found"]
    assert sum(found["outcomes"].values()) == found["sent"]
    assert found["answered"] == found["outcomes"]["200"]
    return found


def refused(url: str, said: str) -> None:
    """Check that the command ends with one line that says what is wrong."""
    with pytest.raises(SystemExit, match=said) as stopped:
        main(["--url", url])
    assert "\n" not in str(stopped.value)


class Counting:
    """A function that answers as told, and counts what it was sent."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.under_way = self.most_under_way = 0
        self.status = 200
        self.dies_after = 10**9
        self.page: dict[str, Any] = {
            "session_id": "1",
            "episodes": [{"id": "a"}, {"id": "b"}],
            "next_cursor": None,
            "degraded": ["summary_timeout"],
        }
        lock, served = threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                with lock:
                    served.under_way += 1
                    served.most_under_way = max(served.most_under_way, served.under_way)
                    length = int(self.headers["Content-Length"])
                    served.requests.append(json.loads(self.rfile.read(length)))
                    fail = len(served.requests) > 2 and len(served.requests) % 3 == 0
                if len(served.requests) > served.dies_after:
                    served.http.socket.close()
                    self.close_connection = True
                    return
                body = json.dumps(served.page).encode()
                self.send_response(served.status if not fail else 503)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Server-Timing", "rank;dur=1.5, total;dur=2.5")
                self.end_headers()
                with lock:
                    served.under_way -= 1
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def counting() -> Iterator[Counting]:
    served = Counting()
    yield served
    served.http.shutdown()


def test_a_local_function_is_loaded_with_sessions_of_different_histories(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = load(server.url, tmp_path / "out.json", 3, 1)
    assert found["answered"] == found["sent"] > 3
    assert {"validate", "catalog", "rank", "encode", "total"} <= found["server_ms"].keys()
    p50, p95, p99 = (found["latency_ms"][f"p{q}"] for q in (50, 95, 99))
    assert found["server_ms"]["rank"]["p50"] < p50 <= p95 <= p99
    assert found["seconds"] >= 1
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("sessions per second", "server: rank", "200"))


def test_it_sends_as_many_requests_as_it_reports_and_no_more_at_once(
    counting: Counting, tmp_path: Path
) -> None:
    found = load(counting.url, tmp_path / "out.json", 4, 0.5)
    assert len(counting.requests) == found["sent"] + found["learning_requests"]
    assert counting.most_under_way <= 4
    assert set(found["outcomes"]) == {"200", "503"}
    assert found["server_ms"]["total"]["p50"] == 2.5
    assert found["degraded"] == {"summary_timeout": found["answered"]}
    sessions = counting.requests[found["learning_requests"] :]
    heard = [[one["episode_id"] for one in session["engagements"]] for session in sessions]
    assert {tuple(sorted(episodes)) for episodes in heard} == {(), ("a",), ("b",), ("a", "b")}


@pytest.mark.parametrize("url", ["", "example", "ftp://example", "http://", "http://a:99999", "/"])
def test_an_invalid_url_is_reported_in_one_line(url: str) -> None:
    refused(url, "--url: expected http")


def test_a_dead_server_is_reported_in_one_line() -> None:
    refused(f"http://127.0.0.1:{free_port()}", "cannot be reached")


@pytest.mark.parametrize(
    ("status", "page", "said"),
    [
        (404, {"detail": "nothing\nhere"}, "answered 404: {"),
        (
            200,
            {"detail": "hello"},
            "did not answer as a session function: Object missing required field",
        ),
    ],
)
def test_a_url_of_another_service_is_reported_in_one_line(
    counting: Counting, status: int, page: dict[str, str], said: str
) -> None:
    counting.status, counting.page = status, dict(page)
    refused(counting.url, said)
    assert len(counting.requests) == 1


def test_a_server_that_dies_during_the_load_is_counted_and_not_flooded(
    counting: Counting, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counting.dies_after = 20
    found = load(counting.url, tmp_path / "out.json", 2, 1)
    lost = sum(count for name, count in found["outcomes"].items() if not name.isdecimal())
    assert 2 <= lost <= 2 * 12
    assert "ClientConnectorError" in capsys.readouterr().out
