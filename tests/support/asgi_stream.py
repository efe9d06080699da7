"""One request to the API in this process, whose answer is read message by message."""

import asyncio
import json
from typing import Any, Self

from starlette.types import ASGIApp, Message


class AsgiStream:
    """A request under way. As a context it ends with the client hanging up."""

    def __init__(
        self, app: ASGIApp, path: str, body: Any, *, method: str = "POST", **headers: str
    ) -> None:
        self._received: asyncio.Queue[Message] = asyncio.Queue()
        self._sent: asyncio.Queue[Message] = asyncio.Queue()
        raw = b"" if body is None else json.dumps(body).encode()
        self._received.put_nowait({"type": "http.request", "body": raw, "more_body": False})
        names = [(name.replace("_", "-").encode(), one.encode()) for name, one in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode()}
        scope |= {"query_string": b"", "headers": names, "client": ("192.0.2.1", 1)}
        self.task = asyncio.ensure_future(app(scope, self._received.get, self._sent.put))

    async def __aenter__(self) -> Self:
        start = await self._sent.get()
        self.status: int = start["status"]
        self.headers = {name.decode(): one.decode() for name, one in start["headers"]}
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hang_up()

    async def hang_up(self) -> None:
        """Close the connection, and wait until the request has ended."""
        self._received.put_nowait({"type": "http.disconnect"})
        await self.task

    async def chunk(self) -> bytes:
        """The next part of the body; empty at its end."""
        message = await asyncio.wait_for(self._sent.get(), 10)
        body: bytes = message.get("body", b"")
        return body

    async def event(self) -> tuple[str, Any]:
        """The next event: its name and its data."""
        name, data = (await self.chunk()).decode().strip().split("\n")
        return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))

    async def rest(self) -> list[tuple[str, Any]]:
        """All events up to the last."""
        found = [await self.event()]
        while found[-1][0] not in {"done", "error"}:
            found.append(await self.event())
        return found

    async def json(self) -> Any:
        """The whole body, decoded."""
        return json.loads(await self.chunk())
