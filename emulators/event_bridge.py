"""Emulates Eventarc: delivers the Firestore emulator's events to functions.

The emulator sends each event once and in order. In production an event arrives at least once, in
any order, and again after an error. So the bridge acknowledges an event at once and then delivers
it: as often as asked, after a random delay, and again until the function acknowledges it.
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
"""Deliveries in progress at once; an instance of a function takes as many by default."""
BACKOFF_S = 0.1
"""Seconds before the second attempt; doubled for each further one."""
TIMEOUT_S = 60

log = logging.getLogger(__name__)


@dataclass
class EventBridge:
    """Delivers events to `targets`: URLs by project and id of the trigger."""

    name: ClassVar = "the event bridge"
    copies: int = 1
    """deliveries of each event"""
    delay_s: float = 0.0
    """longest random delay before a delivery, in seconds"""
    seed: int = 0
    targets: dict[tuple[str, str], str] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    """responses by status; 0 counts failed connections"""
    received: Counter[tuple[str, str]] = field(default_factory=Counter)
    """events by project and trigger, also those without a target"""
    port: int = 0
    _running: set[asyncio.Task[Any]] = field(default_factory=set)
    _thread: threading.Thread | None = None

    def start(self) -> "EventBridge":
        """Starts to receive the emulator's events on a free port, in a thread."""
        self.port = self.port or free_port()
        routes = [
            Route(
                "/functions/projects/{project}/triggers/{trigger}", self._receive, methods=["POST"]
            )
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
        """Whether the bridge is listening."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        """Stops listening and drops pending deliveries."""
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join(10)
            self._threads.shutdown(wait=False, cancel_futures=True)

    def reset(self, targets: dict[tuple[str, str], str]) -> None:
        """Delivers to other targets from now on, once and at once; drops pending deliveries."""
        for task in list(self._running):
            task.get_loop().call_soon_threadsafe(task.cancel)
        self.targets, self.copies, self.delay_s = targets, 1, 0.0
        self.received.clear()
        self.statuses.clear()

    @property
    def idle(self) -> bool:
        """Whether no delivery is pending."""
        return not self._running

    async def _receive(self, request: Request) -> PlainTextResponse:
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
        return PlainTextResponse("received")

    async def _deliver(self, url: str, headers: dict[str, str], body: bytes) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._random.random() * self.delay_s)
        for attempt in range(ATTEMPTS):
            status = await loop.run_in_executor(self._threads, self._post, url, headers, body)
            self.statuses[status] += 1
            if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
                return
            await asyncio.sleep(BACKOFF_S * 2**attempt)
        log.warning("an event was dropped after %d attempts: %s", ATTEMPTS, headers)

    def _post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        """The status of the response; 0 without one."""
        # A new connection each time: the server may close an idle one just as it is used again.
        headers = {**headers, "connection": "close"}
        try:
            return self._client.request("POST", url, headers=headers, body=body).status
        except urllib3.exceptions.HTTPError:
            return 0


def register(
    emulator: str, project: str, trigger: str, pattern: str, database: str = "(default)"
) -> None:
    """Makes the Firestore emulator at `host:port` send an event for each write under a pattern."""
    httpx.post(
        f"http://{emulator}/emulator/v1/projects/{project}/eventarcTrigger",
        params={"eventarcTriggerId": trigger},
        json={
            "eventType": "google.cloud.firestore.document.v1.written",
            "database": database,
            "namespace": "(default)",
            "document": {"value": pattern, "matchType": "PATH_PATTERN"},
        },
    ).raise_for_status()
