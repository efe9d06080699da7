"""A real functions-framework process, as Cloud Functions runs it."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.support.catalogs import NOW

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
START_S = 30
UNLIMITED = dict.fromkeys(
    (
        "LIMIT_ADDRESS",
        "LIMIT_ANONYMOUS",
        "LIMIT_ASKS",
        "LIMIT_EXPORTS",
        "LIMIT_PHOTOS",
        "LIMIT_SESSIONS",
        "LIMIT_WRITES",
    ),
    "off",
)
"""all tests are one client, so only tests of limits have limits"""
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""as the tests themselves: see conftest.py"""
DEFAULTS = {
    "AUTH": "demo",
    "CURSOR_KEYS": "a key for tests that is long enough",
    "NOW": NOW.isoformat(),
}
"""settings of a server that a test does not name"""
IDLE_S = 1.0  # less than the server's 2: it would close a connection as it is used again


def free_port() -> int:
    """Return a port of this machine that no process uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


LOG_PAUSE_S = 0.1


class Server:
    """A function in a process of its own."""

    def __init__(
        self,
        settings: dict[str, str],
        target: str = "create_session",
        *,
        python: str | Path = sys.executable,
        source: Path = ROOT,
    ) -> None:
        """Serve the function `target` of `source`/main.py with an interpreter, once started."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        idle = httpx.Limits(keepalive_expiry=IDLE_S)
        self.client = httpx.Client(base_url=self.url, timeout=30, limits=idle)
        self.settings = settings
        self._command = [str(python), "-m", "functions_framework", "--target", target]
        self._source = source
        self._log = Path(tempfile.mkstemp(prefix="earshot-server-")[1])
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Server":
        """Start the process and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, "--host", "127.0.0.1", "--port", str(self.port)],
                cwd=self._source,
                env={"PATH": os.environ["PATH"], **ONE_THREAD, **UNLIMITED, **self.settings},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended at once:\n{self._log.read_text()}")
            try:
                self.client.get("/api/health")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return self
        raise RuntimeError(f"no answer in {START_S} s:\n{self.output}")

    @property
    def output(self) -> str:
        """Every whole line that the process wrote so far; the next one may be half written."""
        text = self._log.read_text()
        return text[: text.rfind("\n") + 1]

    @property
    def log_lines(self) -> list[dict[str, Any]]:
        """The structured lines of its log, once no more come, to look for what is not there.

        An answer is out before its line: what shall be there is waited for by `logged`.
        """
        output, before = self.output, ""
        while output != before:
            time.sleep(LOG_PAUSE_S)
            output, before = self.output, output
        return _structured(output)

    def logged(
        self, matches: Callable[[dict[str, Any]], Any], count: int = 1, since: int = 0
    ) -> list[dict[str, Any]]:
        """The matching lines of its log, from a length of the output on, once `count` are there."""

        def found() -> list[dict[str, Any]]:
            lines = [line for line in _structured(self.output[since:]) if matches(line)]
            return lines if len(lines) >= count else []

        return until(found)

    def mark(self) -> int:
        """The length of the output of a session function, once all calls so far are in it."""
        session = self.create()  # a request's line is written before the next is read
        until(lambda: session["session_id"] in self.output)
        return len(self.output)

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process is not None and self._process.poll() is None

    def signal(self, number: int) -> None:
        """Send a signal to the server and its workers."""
        if self._process is not None:
            os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """Kill the process: no handler runs."""
        if self.alive:
            self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(10)
        self._process = None

    def call(self, method: str, path: str, body: Any = None, user: str | None = None) -> Any:
        """Send one request; a `body` that is not bytes is sent as JSON."""
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body)
        headers = {"X-Demo-User": user} if user else {}
        return self.client.request(method, path, content=content, headers=headers)

    def create(self, user: str | None = None, **request: Any) -> dict[str, Any]:
        """Create a session, and return its first page."""
        response = self.call("POST", "/api/sessions/create", request, user)
        assert response.status_code == 200, response.text
        return response.json()

    def queue(self, session: dict[str, Any], user: str | None = None) -> list[dict[str, Any]]:
        """Return every episode of a session, from this page to the last."""
        found = list(session["episodes"])
        while session["next_cursor"]:
            session = self.next_page(session, user, limit=50)
            found += session["episodes"]
        return found

    def next_page(
        self, session: dict[str, Any], user: str | None = None, **request: Any
    ) -> dict[str, Any]:
        """Return the next page of a session."""
        path = f"/api/sessions/{session['session_id']}/next"
        request = {"cursor": session["next_cursor"], **request}
        response = self.call("POST", path, request, user)
        assert response.status_code == 200, response.text
        return response.json()

    def engage(self, user: str, **engagement: Any) -> dict[str, Any]:
        """Record an engagement, and return it."""
        response = self.call("POST", "/api/me/engagements", engagement, user)
        assert response.status_code == 201, response.text
        return response.json()


def _structured(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


@contextmanager
def running_servers(folder: Path) -> Iterator[Callable[..., Server]]:
    """Start servers whose shelf and store are in a folder; all end with the context."""
    started: list[Server] = []

    def start(target: str = "create_session", source: Path = ROOT, **settings: str) -> Server:
        paths = {"SHELF": str(folder / "shelf"), "STORE": str(folder / "users.db")}
        server = Server({**paths, **DEFAULTS, **settings}, target, source=source)
        started.append(server)
        return server.start()

    try:
        yield start
    finally:
        for server in started:
            server.kill()


def problem(response: httpx.Response, status: int, field: str | None = None) -> dict[str, Any]:
    """Return the problem document of an answer (RFC 9457), after checking its fields."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    document = response.json()
    assert document["status"] == status
    assert document["type"].startswith("urn:earshot:problem:")
    assert document["title"]
    assert document["detail"]
    assert document.get("field") == field, document
    if field is not None:
        assert document["expected"]
    return document


def until(condition: Callable[[], T], seconds: float = 10) -> T:
    """Call `condition` until it returns a true value, and return that."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"still {found!r} after {seconds} s"
        time.sleep(0.02)
    return found
