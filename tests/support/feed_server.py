"""A real HTTP server of feeds, and what `RssSource` reads from it."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from adapters.folder.build_cache import FolderBuildCache
from adapters.rss.source import RssSource
from feed.ports.episodes import SourceProblem, SourceRecord
from feed.ports.errors import Unavailable

Answer = Callable[[BaseHTTPRequestHandler], None]


class FeedServer:
    """Answers each path as a test defines, and records the requests."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.statuses: Counter[int] = Counter()
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                served.requests.append((self.path, dict(self.headers)))
                try:
                    served.answers[self.path](self)
                except KeyError:
                    self.send_error(404)
                except OSError:  # the client has had enough
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

            def log_request(self, code: int | str = "-", _size: int | str = "-") -> None:
                served.statuses[int(code)] += 1

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def serve(self, path: str, body: bytes, *, delay_s: float = 0, **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        def answer(request: BaseHTTPRequestHandler) -> None:
            time.sleep(delay_s)
            asked = request.headers
            unchanged = (named.get("ETag"), named.get("Last-Modified")) == (
                asked.get("If-None-Match"),
                asked.get("If-Modified-Since"),
            )
            if unchanged and (asked.get("If-None-Match") or asked.get("If-Modified-Since")):
                request.send_response(304)
                request.end_headers()
                return
            request.send_response(200)
            for name, value in named.items():
                request.send_header(name, value)
            request.end_headers()
            request.wfile.write(body)

        self.answers[path] = answer
        return self.url + path

    def serve_endless(self, path: str, piece: bytes, *, pause_s: float, head: bool = True) -> str:
        def answer(request: BaseHTTPRequestHandler) -> None:
            if head:
                request.send_response(200)
                request.end_headers()
            for _ in range(2_000):
                request.wfile.write(piece)
                time.sleep(pause_s)

        self.answers[path] = answer
        return self.url + path

    def redirect(self, path: str, to: str, body: bytes = b"") -> str:
        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(302)
            request.send_header("Location", to)
            request.end_headers()
            request.wfile.write(body)

        self.answers[path] = answer
        return self.url + path


def read(
    *inputs: str, cache: Path | None = None, **options: object
) -> list[SourceRecord | SourceProblem]:
    copies = FolderBuildCache(cache) if cache else None
    options = {"allow_private": True, **options}  # the server is on this machine
    return list(RssSource(inputs, copies, **options).read())  # type: ignore[arg-type]


def titles(results: list[SourceRecord | SourceProblem]) -> list[str]:
    return [result.fields["title"] for result in results if isinstance(result, SourceRecord)]


def problems(results: list[SourceRecord | SourceProblem]) -> list[SourceProblem]:
    return [result for result in results if isinstance(result, SourceProblem)]


def refusal(*inputs: str, **options: object) -> str:
    """The error of inputs from which nothing can be read."""
    results: list[SourceRecord | SourceProblem] = []
    with pytest.raises(Unavailable) as raised:
        results.extend(read(*inputs, **options))  # type: ignore[arg-type]
    return str(raised.value)
