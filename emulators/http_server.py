"""A server in a thread of its own, for emulators that are ASGI applications."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import uvicorn
from starlette.types import Receive, Scope, Send

START_S = 10


class HttpServer:
    """Serves `__call__` on 127.0.0.1."""

    name = "the server"

    def __init__(self, port: int = 0) -> None:
        """`port` is a free one by default."""
        self.port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        """Responds to one request (the ASGI interface)."""
        raise NotImplementedError

    @property
    def alive(self) -> bool:
        """Whether the server is listening."""
        return self._thread.is_alive()

    @property
    def url(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Listens on the given port, or a free one, which it keeps after a restart."""
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(self, log_level="critical", lifespan="off", access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name=self.name, daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + START_S
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError(f"{self.name} did not start")
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        """Stops listening and cuts off pending requests."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(START_S)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Makes the server refuse connections inside a `with` block."""
        self.stop()
        try:
            yield
        finally:
            self.start()
