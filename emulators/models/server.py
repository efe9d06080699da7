"""A server of emulated models, whose speed and faults are known.

An answer begins after `first_token_s`, and each of its tokens, which are words, takes `token_s`.
"""

import asyncio
import time
from abc import abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emulators.http_server import START_S, HttpServer
from emulators.models.faults import Faults, ModelFault

NO_JSON = "Here is the JSON you asked for: {"
PICTURES = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/webp": b"RIFF",
}
"""media types of pictures that models read, and how such files begin"""
T = TypeVar("T")


class RequestError(Exception):
    """A request that the service refuses."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class ModelServer(HttpServer):
    """Takes requests, counts them, and carries out the faults that are the same for every API."""

    def __init__(self, *, port: int = 0, first_token_s: float = 0.0, token_s: float = 0.0) -> None:
        super().__init__(port)
        self.first_token_s = first_token_s
        self.token_s = token_s
        self.faults = Faults()
        self.requests: Counter[str] = Counter()
        """requests by region, including refused ones"""
        self.active: Counter[str] = Counter()
        """requests under way by region"""
        self.clients: set[Any] = set()
        """address and port of each connection"""
        self.last: Any = None
        """the last prompt that was understood"""
        self._connections: dict[str, list[Any]] = {}
        """transports of requests under way, by region"""

    @abstractmethod
    def region_of(self, path: str) -> str:
        """Returns the region that a path names; empty without one."""

    @abstractmethod
    async def answer(self, request: Request, body: bytes, fault: ModelFault | None) -> Response:
        """Returns the response to a request. Raises `RequestError`."""

    @abstractmethod
    def refusal(self, wrong: RequestError, fault: ModelFault | None) -> Response:
        """Returns an error in the service's form, with the headers of the fault."""

    def fail_next(self, kind: Any, times: int | None = 1, **how: Any) -> ModelFault:
        """Injects a fault into the next `times` requests; the arguments are `ModelFault`'s."""
        fault = ModelFault(kind, times, **how)
        self.faults.add(fault)
        return fault

    def kill(self, region: str) -> None:
        """Drops all connections to a region, now and until faults are cleared."""
        self.fail_next("drop", None, region=region)
        for transport in list(self._connections.get(region, [])):
            self._loop.call_soon_threadsafe(transport.abort)

    def reset(self) -> None:
        """Removes all faults and counts, after pending requests have ended."""
        self.faults.clear()
        deadline = time.monotonic() + START_S
        while any(self.active.values()) and time.monotonic() < deadline:
            time.sleep(0.005)
        self.requests.clear()
        self.clients.clear()
        self.first_token_s = self.token_s = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Responds to one request (the ASGI interface)."""
        request = Request(scope, receive)
        region = self.region_of(request.url.path)
        self.requests[region] += 1
        self.clients.add(request.client)
        self.active[region] += 1
        self._loop = asyncio.get_running_loop()
        transport = send.__self__.transport  # type: ignore[attr-defined]  # uvicorn's
        connections = self._connections.setdefault(region, [])
        connections.append(transport)
        fault = self.faults.take(region)
        try:
            body = await request.body()
            if fault and fault.kind == "hang":
                await self._hold(request)
            if fault and fault.kind == "drop":
                raise _CutError
            if fault and fault.kind == "status":
                raise RequestError("injected fault", fault.status)
            response = await self.answer(request, body, fault)
            await response(scope, receive, send)
        except RequestError as wrong:
            await self.refusal(wrong, fault)(scope, receive, send)
        except _CutError:
            transport.abort()
        except ClientDisconnect:
            pass  # the client went away
        finally:
            connections.remove(transport)
            self.active[region] -= 1

    async def paced(self, tokens: list[str], fault: ModelFault | None) -> AsyncIterator[str]:
        """Yields tokens at the server's speed, as a fault slows or cuts it."""
        await asyncio.sleep(self.first_token_s)
        for number, token in enumerate(tokens):
            if fault and fault.kind == "cut" and number == fault.after:
                raise _CutError
            pause_s = fault.pause_s if fault and fault.kind == "slow" else self.token_s
            await asyncio.sleep(pause_s)
            yield token

    async def _hold(self, request: Request) -> None:
        """Waits until faults are cleared, or the client disconnects."""
        cleared = self.faults.times_cleared
        # Another thread clears faults, which an asyncio.Event does not allow.
        while self.faults.times_cleared == cleared:
            if await request.is_disconnected():
                raise ClientDisconnect
            await asyncio.sleep(0.02)


class _CutError(Exception):
    """The connection is to be closed without a response, or in the middle of it."""


def decoded(body: bytes, kind: type[T]) -> T:
    """Returns a body as a struct. Raises `RequestError`."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise RequestError(f"Invalid JSON payload received. {error}") from None


def check_picture(media_type: str, data: bytes) -> None:
    """Raises `RequestError` unless a picture is of a known type, and begins like one."""
    start = PICTURES.get(media_type)
    if start is None:
        raise RequestError(f"mime type {media_type} is not supported")
    if not data.startswith(start):
        raise RequestError("Unable to process input image. Please retry or report.")


def json_response(
    body: Mapping[str, Any],
    fault: ModelFault | None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Returns a body as JSON; half of it, if that is the fault."""
    data = msgspec.json.encode(body)
    if fault and fault.kind == "garble":
        data = data[: len(data) // 2]
    return Response(data, status, headers, media_type="application/json")
