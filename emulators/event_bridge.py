"""Eventarc: takes the Firestore emulator's events and delivers them to real functions.

The emulator sends each event once, in order, and forgets it. In production an event comes at least
once, in no promised order, and again after an error. So the bridge answers at once, then delivers:
each event as many times as asked, after a random delay, and again until it is acknowledged.
"""

import asyncio
import base64
import logging
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar

import httpx
import urllib3
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from emulators.process import free_port

ATTEMPTS = 8
AT_ONCE = 80
"""deliveries under way together: what one instance of a function takes by default"""
BACKOFF_S = 0.1
"""before the second attempt; doubled for each further one"""
TIMEOUT_S = 60

log = logging.getLogger(__name__)


@dataclass
class EventBridge:
    """Delivers events to the URLs of `targets`, by their project and the id of their trigger."""

    name: ClassVar = "the event bridge"
    copies: int = 1
    """how often each event is delivered"""
    delay_s: float = 0.0
    """by at most how much, at random, each delivery is put off"""
    seed: int = 0
    targets: dict[tuple[str, str], str] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    """answers by status, 0 for none"""
    received: Counter[tuple[str, str]] = field(default_factory=Counter)
    """events by project and trigger, also those that go nowhere"""
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
        self._threads = ThreadPoolExecutor(AT_ONCE)
        self._client = urllib3.PoolManager(maxsize=AT_ONCE, retries=False, timeout=TIMEOUT_S)
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
            self._threads.shutdown(wait=False, cancel_futures=True)

    def reset(self, targets: dict[tuple[str, str], str]) -> None:
        """Deliver to other targets from now on, once and at once; what is under way is given up."""
        for task in list(self._running):
            task.get_loop().call_soon_threadsafe(task.cancel)
        self.targets, self.copies, self.delay_s = targets, 1, 0.0
        self.received.clear()
        self.statuses.clear()

    @property
    def idle(self) -> bool:
        """Whether everything received was delivered or given up."""
        return not self._running

    async def _take(self, request: Request) -> PlainTextResponse:
        trigger = request.path_params["project"], request.path_params["trigger"]
        self.received[trigger] += 1
        url = self.targets.get(trigger)
        if url is not None:
            body = base64.b64decode(await request.body())
            headers = {
                name: value.replace("/projects/projects/", "/projects/")
                for name, value in request.headers.items()
                if name.startswith("ce-") or name == "content-type"
            }
            for _ in range(self.copies):
                task = asyncio.create_task(self._deliver(url, headers, body))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
        return PlainTextResponse("taken")

    async def _deliver(self, url: str, headers: dict[str, str], body: bytes) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._random.random() * self.delay_s)
        for attempt in range(ATTEMPTS):
            status = await loop.run_in_executor(self._threads, self._post, url, headers, body)
            self.statuses[status] += 1
            if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
                return
            await asyncio.sleep(BACKOFF_S * 2**attempt)
        log.warning("an event was given up after %d attempts: %s", ATTEMPTS, headers)

    def _post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        """The status of an answer, 0 for none."""
        # A connection of its own: one kept open may be closed by the server as it is used again.
        headers = {**headers, "connection": "close"}
        try:
            return self._client.request("POST", url, headers=headers, body=body).status
        except urllib3.exceptions.HTTPError:
            return 0


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
