"""Pinecone on a laptop: an index and its inference over HTTP, in memory, strict, and unreliable.

No emulator of Pinecone can be had, so this speaks the wire format of its API 2026-07 as the SDK
10.2 does. What the real service forgives (a field that it does not know, say) is refused here.
It is both the index's host and the one for inference.
"""

import asyncio
import math
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emulators.pinecone import wire
from emulators.pinecone.filter import Wrong
from emulators.pinecone.index import Index

API_VERSION = "2026-07"
MAX_URL_BYTES = 8 * 1024
MAX_BODY_BYTES = 2 * 1024 * 1024
MODELS = {"multilingual-e5-large": 1024, "llama-text-embed-v2": 1024}
START_S = 10

_CALLS: dict[tuple[str, str], tuple[type[msgspec.Struct], str]] = {
    ("POST", "/vectors/upsert"): (wire.Upsert, "upsert"),
    ("GET", "/vectors/fetch"): (wire.Fetch, "fetch"),
    ("POST", "/query"): (wire.Query, "query"),
    ("GET", "/vectors/list"): (wire.Page, "page"),
    ("POST", "/vectors/update"): (wire.Update, "update"),
    ("POST", "/vectors/delete"): (wire.Delete, "delete"),
    ("POST", "/describe_index_stats"): (wire.Stats, "stats"),
    ("POST", "/embed"): (wire.Embed, "embed"),
}
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 429: 8, 500: 13, 503: 14}
"""gRPC's, which the index gives"""
_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
"""those that inference gives"""


@dataclass
class Fault:
    """What goes wrong with the next requests to a path.

    `status` answers so; `hang` does not answer before all is mended; `slow` answers after
    `pause_s`; `truncate` closes the connection in the middle of the body; `garble` sends half of
    the body as if it were whole.
    """

    kind: Literal["status", "hang", "slow", "truncate", "garble", "none"]
    times: int | None = 1
    """None: until mended"""
    path: str = ""
    """a part of it; empty: any"""
    status: int = 503
    pause_s: float = 0.1
    headers: Mapping[str, str] | None = None
    """of a `status` or what is garbled: `Retry-After`, say"""


_NONE = Fault("none")


class PineconeStandIn:
    """The server, in a thread of its own. `index` is what it holds."""

    def __init__(
        self,
        dimension: int = 1024,
        *,
        api_key: str = "key-of-the-stand-in",
        models: Mapping[str, int] = MODELS,
        port: int = 0,
    ) -> None:
        self.index = Index(dimension, models)
        self.api_key = api_key
        self.port = port
        self.faults: list[Fault] = []
        self.requests: Counter[str] = Counter()
        """by path, refused ones too"""
        self.longest_url = 0
        self.under_way = 0
        self.most_under_way = 0
        self._mended = 0

    name = "Pinecone's stand-in"

    @property
    def alive(self) -> bool:
        """Whether it listens."""
        return self._thread.is_alive()

    @property
    def url(self) -> str:
        """What to give as the host of the index and of inference."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "PineconeStandIn":
        """Listen, on a free port unless one was given or had before."""
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(self, log_level="critical", lifespan="off", access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name="pinecone", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + START_S
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the stand-in for Pinecone did not start")
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        """Stop listening; what is under way is cut off. What it holds is kept."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(START_S)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Connections are refused for a while."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def break_next(self, kind: Any, times: int | None = 1, **how: Any) -> Fault:
        """Let the next `times` requests that fit go wrong, None for all; see `Fault`."""
        fault = Fault(kind, times, **how)
        self.faults.append(fault)
        return fault

    def mend(self) -> None:
        """Let nothing more go wrong, and what hangs be answered."""
        self.faults.clear()
        self._mended += 1

    def forget(self) -> None:
        """As new: no vectors, no faults, nothing counted or under way."""
        self.mend()
        deadline = time.monotonic() + START_S
        while self.under_way and time.monotonic() < deadline:
            time.sleep(0.005)
        self.index.clear()
        self.requests.clear()
        self.longest_url = self.most_under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, as ASGI has it."""
        request = Request(scope, receive)
        self.requests[request.url.path] += 1
        self.longest_url = max(self.longest_url, len(str(request.url)))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self._answer(request, scope, receive, send)
        except ClientDisconnect:
            pass  # nobody waits for an answer any more
        finally:
            self.under_way -= 1

    async def _answer(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        body = await request.body()
        fault = self._next_fault(request.url.path) or _NONE
        if fault.kind in ("hang", "slow"):
            await self._hold(request, fault.pause_s if fault.kind == "slow" else math.inf)
        try:
            if fault.kind == "status":
                raise Wrong("This is a fault that was asked for", fault.status)
            response = Response(self._carry_out(request, body), media_type="application/json")
        except Wrong as wrong:
            response = _refusal(wrong, request.url.path, fault.headers)
        half = bytes(response.body)[: len(response.body) // 2]
        if fault.kind == "truncate":
            response.body = half  # the headers promise more
        elif fault.kind == "garble":
            response = Response(half, headers=fault.headers, media_type="application/json")
        await response(scope, receive, send)

    async def _hold(self, request: Request, seconds: float) -> None:
        """Wait so long, but no longer than until all is mended or nobody waits for the answer."""
        mended, until = self._mended, time.monotonic() + seconds
        # Mended by another thread, which an asyncio.Event does not take.
        while (  # noqa: ASYNC110
            self._mended == mended
            and time.monotonic() < until
            and not await request.is_disconnected()
        ):
            await asyncio.sleep(0.02)

    def _carry_out(self, request: Request, body: bytes) -> bytes:
        if len(str(request.url)) > MAX_URL_BYTES:
            raise Wrong("Request-URI Too Large", 414)
        if request.headers.get("api-key") != self.api_key:
            raise Wrong("Invalid API Key", 401)
        if request.headers.get("x-pinecone-api-version") != API_VERSION:
            raise Wrong(f"Expected the header X-Pinecone-Api-Version: {API_VERSION}")
        if (request.method, request.url.path) not in _CALLS:
            raise Wrong(f"No such call: {request.method} {request.url.path}", 404)
        kind, name = _CALLS[request.method, request.url.path]
        try:
            if request.method == "GET":
                call = msgspec.convert(_parameters(request), kind, strict=False)
            else:
                call = msgspec.json.decode(_json(request, body), type=kind)
        except msgspec.DecodeError as error:
            raise Wrong(f"Invalid request: {error}") from None
        return msgspec.json.encode(getattr(self.index, name)(call))

    def _next_fault(self, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.path in path:
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self.faults.remove(fault)
                return fault
        return None


def _parameters(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name == "ids":
            found.setdefault(name, []).append(value)
        elif name in found:
            raise Wrong(f"{name} is given twice")
        else:
            found[name] = value
    return found


def _json(request: Request, body: bytes) -> bytes:
    if request.headers.get("content-type") != "application/json":
        raise Wrong("Expected application/json")
    if len(body) > MAX_BODY_BYTES:
        raise Wrong(f"Request size {len(body)} exceeds the maximum of {MAX_BODY_BYTES} bytes")
    return body


def _refusal(wrong: Wrong, path: str, headers: Mapping[str, str] | None) -> Response:
    body: dict[str, Any]
    if path == "/embed":
        name = _NAMES.get(wrong.status, "UNKNOWN")
        body = {"error": {"code": name, "message": str(wrong)}, "status": wrong.status}
    else:
        body = {"code": _CODES.get(wrong.status, 2), "message": str(wrong), "details": []}
    return Response(msgspec.json.encode(body), wrong.status, headers, media_type="application/json")
