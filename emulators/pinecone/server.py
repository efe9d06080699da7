"""Emulates Pinecone: an index and its inference over HTTP, in memory, with faults on request.

There is no official emulator, so this one speaks the wire format of API 2026-07, as the SDK 10.2
does. It refuses what the real service tolerates, such as unknown fields. It is the host of both the
index and inference.
"""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emulators.http_server import START_S, HttpServer
from emulators.pinecone import wire
from emulators.pinecone.filter import ApiError
from emulators.pinecone.index import PineconeIndex

API_VERSION = "2026-07"
MAX_URL_BYTES = 8 * 1024
MAX_BODY_BYTES = 2 * 1024 * 1024
MODELS = {"multilingual-e5-large": 1024, "llama-text-embed-v2": 1024}

_CALLS: dict[tuple[str, str], tuple[type[msgspec.Struct], str]] = {
    ("POST", "/vectors/upsert"): (wire.UpsertRequest, "upsert"),
    ("GET", "/vectors/fetch"): (wire.FetchRequest, "fetch"),
    ("POST", "/query"): (wire.QueryRequest, "query"),
    ("POST", "/vectors/update"): (wire.UpdateRequest, "update"),
    ("POST", "/describe_index_stats"): (wire.StatsRequest, "stats"),
    ("POST", "/embed"): (wire.EmbedRequest, "embed"),
}
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 429: 8, 500: 13, 503: 14}
"""gRPC codes in error responses of the index, by HTTP status."""
_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
"""Codes in error responses of inference, by HTTP status."""


@dataclass
class PineconeFault:
    """A fault in the next `times` requests to a path.

    The kinds: `status` responds with that status; `hang` does not respond until faults are cleared;
    `slow` responds after `pause_s`; `truncate` closes the connection in the middle of the body;
    `garble` sends half of the body as if it were complete.
    """

    kind: Literal["status", "hang", "slow", "truncate", "garble", "none"]
    times: int | None = 1
    """None: until faults are cleared"""
    path: str = ""
    """a part of the path; empty: any path"""
    status: int = 503
    pause_s: float = 0.1
    headers: Mapping[str, str] | None = None
    """headers of a `status` or `garble` response, such as `Retry-After`"""


_NONE = PineconeFault("none")


class PineconeEmulator(HttpServer):
    """The server, in its own thread, over one `index`, which outlives a stop."""

    name = "the Pinecone emulator"

    def __init__(
        self,
        dimension: int = 1024,
        *,
        api_key: str = "key-of-the-emulator",
        models: Mapping[str, int] = MODELS,
        port: int = 0,
    ) -> None:
        super().__init__(port)
        self.index = PineconeIndex(dimension, models)
        self.api_key = api_key
        self.faults: list[PineconeFault] = []
        self.requests: Counter[str] = Counter()
        """requests by path, including refused ones"""
        self.longest_url = 0
        self.pending = 0
        self.max_pending = 0
        self._times_cleared = 0

    def fail_next(self, kind: Any, times: int | None = 1, **how: Any) -> PineconeFault:
        """Injects a fault into the next `times` requests; the arguments are `PineconeFault`'s."""
        fault = PineconeFault(kind, times, **how)
        self.faults.append(fault)
        return fault

    def clear_faults(self) -> None:
        """Removes all faults, and lets hanging requests be answered."""
        self.faults.clear()
        self._times_cleared += 1

    def reset(self) -> None:
        """Removes all vectors, faults and counts, after pending requests have ended."""
        self.clear_faults()
        deadline = time.monotonic() + START_S
        while self.pending and time.monotonic() < deadline:
            time.sleep(0.005)
        self.index.clear()
        self.requests.clear()
        self.longest_url = self.max_pending = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Responds to one request (the ASGI interface)."""
        request = Request(scope, receive)
        self.requests[request.url.path] += 1
        self.longest_url = max(self.longest_url, len(str(request.url)))
        self.pending += 1
        self.max_pending = max(self.max_pending, self.pending)
        try:
            await self._answer(request, scope, receive, send)
        except ClientDisconnect:
            pass  # the client went away
        finally:
            self.pending -= 1

    async def _answer(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        body = await request.body()
        fault = self._next_fault(request.url.path) or _NONE
        if fault.kind in ("hang", "slow"):
            await self._hold(request, fault.pause_s if fault.kind == "slow" else math.inf)
        try:
            if fault.kind == "status":
                raise ApiError("injected fault", fault.status)
            response = Response(self._carry_out(request, body), media_type="application/json")
        except ApiError as wrong:
            response = _refusal(wrong, request.url.path, fault.headers)
        half = bytes(response.body)[: len(response.body) // 2]
        if fault.kind == "truncate":
            response.body = half  # the headers promise more
        elif fault.kind == "garble":
            response = Response(half, headers=fault.headers, media_type="application/json")
        await response(scope, receive, send)

    async def _hold(self, request: Request, seconds: float) -> None:
        """Waits until the time is over, faults are cleared, or the client disconnects."""
        cleared, until = self._times_cleared, time.monotonic() + seconds
        # Another thread clears faults, which an asyncio.Event does not allow.
        while (  # noqa: ASYNC110
            self._times_cleared == cleared
            and time.monotonic() < until
            and not await request.is_disconnected()
        ):
            await asyncio.sleep(0.02)

    def _carry_out(self, request: Request, body: bytes) -> bytes:
        if len(str(request.url)) > MAX_URL_BYTES:
            raise ApiError("Request-URI Too Large", 414)
        if request.headers.get("api-key") != self.api_key:
            raise ApiError("Invalid API Key", 401)
        if request.headers.get("x-pinecone-api-version") != API_VERSION:
            raise ApiError(f"Expected the header X-Pinecone-Api-Version: {API_VERSION}")
        if (request.method, request.url.path) not in _CALLS:
            raise ApiError(f"No such call: {request.method} {request.url.path}", 404)
        kind, name = _CALLS[request.method, request.url.path]
        try:
            if request.method == "GET":
                call = msgspec.convert(_parameters(request), kind, strict=False)
            else:
                call = msgspec.json.decode(_json(request, body), type=kind)
        except msgspec.DecodeError as error:
            raise ApiError(f"Invalid request: {error}") from None
        return msgspec.json.encode(getattr(self.index, name)(call))

    def _next_fault(self, path: str) -> PineconeFault | None:
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
            raise ApiError(f"{name} is given twice")
        else:
            found[name] = value
    return found


def _json(request: Request, body: bytes) -> bytes:
    if request.headers.get("content-type") != "application/json":
        raise ApiError("Expected application/json")
    if len(body) > MAX_BODY_BYTES:
        raise ApiError(f"Request size {len(body)} exceeds the maximum of {MAX_BODY_BYTES} bytes")
    return body


def _refusal(wrong: ApiError, path: str, headers: Mapping[str, str] | None) -> Response:
    body: dict[str, Any]
    if path == "/embed":
        name = _NAMES.get(wrong.status, "UNKNOWN")
        body = {"error": {"code": name, "message": str(wrong)}, "status": wrong.status}
    else:
        body = {"code": _CODES.get(wrong.status, 2), "message": str(wrong), "details": []}
    return Response(msgspec.json.encode(body), wrong.status, headers, media_type="application/json")
