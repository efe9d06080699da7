"""Event streams: an answer that is sent event by event, as server-sent events."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

if TYPE_CHECKING:
    from functions.telemetry import Timings

MEDIA_TYPE = "text/event-stream"
HEARTBEAT_S = 12.0
"""silence after which a comment is sent, so that no proxy takes the connection for dead"""
MAX_S = 55.0
"""the longest stream: a function is ended after 60 s"""
_HEARTBEAT = b": heartbeat\n\n"


def encode_event(name: str, data: bytes) -> bytes:
    """Return one server-sent event whose data is a line of JSON."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


class EventStream(Response):
    """A response that sends each event as it comes.

    A client that hangs up, or that does not read for `MAX_S`, ends the generator of the events:
    what it waits for is cancelled.
    """

    media_type = MEDIA_TYPE

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        *,
        ended: Callable[[], None],
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        """Send events that are already encoded, and call `ended` whatever ends the stream."""
        self.status_code = 200
        self.background = None
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._events = events
        self._ended = ended
        self._heartbeat_s = heartbeat_s
        self._sent_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream until it ends, or until the client hangs up."""
        timings: Timings = scope["state"]["timings"]
        headers = self.raw_headers
        self._sent_at = time.monotonic()
        try:
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": headers}
            )
            if not await self._send_until_hung_up(receive, send):
                timings.log_fields["hung_up"] = True
        finally:
            await self._events.aclose()
            self._ended()

    async def _send_until_hung_up(self, receive: Receive, send: Send) -> bool:
        """Send all events; return whether that came to its end."""
        beating = asyncio.create_task(self._send_heartbeats(send))
        try:
            return await unless_hung_up(receive, self._send_all(send))
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    async def _send_all(self, send: Send) -> None:
        async for event in self._events:
            self._sent_at = time.monotonic()
            await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_heartbeats(self, send: Send) -> None:
        while True:
            silent_s = time.monotonic() - self._sent_at
            await asyncio.sleep(max(self._heartbeat_s - silent_s, self._heartbeat_s / 10))
            if time.monotonic() - self._sent_at >= self._heartbeat_s:
                self._sent_at = time.monotonic()
                await send({"type": "http.response.body", "body": _HEARTBEAT, "more_body": True})


async def unless_hung_up(receive: Receive, work: Coroutine[Any, Any, None]) -> bool:
    """Do some work, but cancel it if the client hangs up, or after `MAX_S`.

    Returns whether the work ended, and raises what it raises. The body of the request has been read
    before.
    """
    working = asyncio.create_task(work)
    watching = asyncio.create_task(_disconnected(receive))
    try:
        await asyncio.wait({working, watching}, timeout=MAX_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()
        watching.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)
    if working.cancelled():
        return False
    working.result()
    return True


async def _disconnected(receive: Receive) -> None:
    """Return when the client has hung up. The body was read before."""
    while (await receive())["type"] != "http.disconnect":
        pass
