"""An event stream ends with its client, and shows that it lives while nothing is sent."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from functions.http.event_stream import EventStream, encode_event
from functions.telemetry import Timings


class Client:
    """Receives a stream, and hangs up when told."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[Any] = asyncio.Queue()
        self.gone: asyncio.Queue[Any] = asyncio.Queue()
        self.timings = Timings()
        self.ended = 0

    async def call(self, events: AsyncGenerator[bytes, None]) -> None:
        stream = EventStream(events, ended=self._end, heartbeat_s=0.01)
        scope = {"type": "http", "state": {"timings": self.timings}}
        await stream(scope, self.gone.get, self.sent.put)

    def _end(self) -> None:
        self.ended += 1


async def silent(*events: bytes) -> AsyncGenerator[bytes, None]:
    for one in events:
        yield one
    await asyncio.Event().wait()


async def test_a_silent_stream_has_heartbeats_until_its_client_hangs_up() -> None:
    client = Client()
    call = asyncio.create_task(client.call(silent(encode_event("a", b"{}"))))
    bodies = [(await client.sent.get()).get("body") for _ in range(4)]
    assert bodies == [None, b"event: a\ndata: {}\n\n", *[b": heartbeat\n\n"] * 2]
    client.gone.put_nowait({"type": "http.disconnect"})
    await call
    assert client.timings.log_fields == {"hung_up": True}
    assert client.ended == 1


async def test_a_client_that_is_gone_before_the_first_event_ends_the_stream() -> None:
    client = Client()
    client.gone.put_nowait({"type": "http.disconnect"})
    await client.call(silent())
    assert client.ended == 1


async def test_a_failure_ends_the_stream_and_is_raised() -> None:
    async def failing() -> AsyncGenerator[bytes, None]:
        raise RuntimeError("broken")
        yield b""

    client = Client()
    with pytest.raises(RuntimeError, match="broken"):
        await client.call(failing())
    assert client.ended == 1
