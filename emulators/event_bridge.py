"""Eventarc: takes the Firestore emulator's events and delivers them to real functions.

The emulator sends each event once, in order, and forgets it. In production an event comes at least
once, in no promised order, and again after an error. So the bridge answers at once, then delivers:
each event as many times as asked, after a random delay, and again until it is acknowledged.
"""

import asyncio
import base64
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from emulators.process import free_port

ATTEMPTS = 8
BACKOFF_S = 0.1


@dataclass
class EventBridge:
    """Delivers events to the URLs of `targets`, by the id of their trigger."""

    name: ClassVar = "the event bridge"
    copies: int = 1
    """how often each event is delivered"""
    delay_s: float = 0.0
    """by at most how much, at random, each delivery is put off"""
    seed: int = 0
    targets: dict[str, str] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    """answers by status, 0 for none"""
    received: int = 0
    under_way: int = 0
    port: int = 0
    _running: set[asyncio.Task[Any]] = field(default_factory=set)
    _thread: threading.Thread | None = None

    def start(self) -> "EventBridge":
        """Listen on a free port, in a thread."""
        self.port = self.port or free_port()
        routes = [
            Route("/functions/projects/{project}/triggers/{trigger}", self._take, methods=["POST"])
        ]
        config = uvicorn.Config(
            Starlette(routes=routes), host="127.0.0.1", port=self.port, log_level="warning"
        )
        self._server = uvicorn.Server(config)
        self._random = random.Random(self.seed)  # noqa: S311  # delays
        self._client = httpx.AsyncClient(timeout=60)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        return self

    @property
    def alive(self) -> bool:
        """Whether it listens."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        """Stop listening; what is under way is given up."""
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join(10)

    def reset(self, targets: dict[str, str]) -> None:
        """Deliver to other targets from now on, once and at once; what is under way is given up."""
        for task in list(self._running):
            task.get_loop().call_soon_threadsafe(task.cancel)
        self.targets, self.copies, self.delay_s, self.received = targets, 1, 0.0, 0
        self.statuses.clear()

    @property
    def idle(self) -> bool:
        """Whether everything received was delivered or given up."""
        return self.under_way == 0

    async def _take(self, request: Request) -> PlainTextResponse:
        url = self.targets.get(request.path_params["trigger"])
        if url is not None:
            body = base64.b64decode(await request.body())
            headers = {
                name.encode(): value.replace("/projects/projects/", "/projects/").encode("latin-1")
                for name, value in request.headers.items()
                if name.startswith("ce-") or name == "content-type"
            }
            self.received += 1
            self.under_way += self.copies
            for _ in range(self.copies):
                task = asyncio.create_task(self._deliver(url, headers, body))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
        return PlainTextResponse("taken")

    async def _deliver(self, url: str, headers: dict[bytes, bytes], body: bytes) -> None:
        try:
            await asyncio.sleep(self._random.random() * self.delay_s)
            for attempt in range(ATTEMPTS):
                try:
                    answer = await self._client.post(url, headers=headers, content=body)
                    self.statuses[answer.status_code] += 1
                    if answer.is_success:
                        return
                except httpx.TransportError:
                    self.statuses[0] += 1
                await asyncio.sleep(BACKOFF_S * 2**attempt)
        finally:
            self.under_way -= 1


def register(emulator: str, project: str, trigger: str, pattern: str) -> None:
    """Have the emulator at `host:port` send what is written under a path pattern."""
    httpx.post(
        f"http://{emulator}/emulator/v1/projects/{project}/eventarcTrigger",
        params={"eventarcTriggerId": trigger},
        json={
            "eventType": "google.cloud.firestore.document.v1.written",
            "database": "(default)",
            "namespace": "(default)",
            "document": {"value": pattern, "matchType": "PATH_PATTERN"},
        },
    ).raise_for_status()
