"""Calls to one bucket of Cloud Storage: bounded in time, and with the vendor's errors translated.

The library bounds the wait for the next bytes, never a call: an answer that comes a byte at a
time, or a token that nobody hands out, would hold it. So a call runs in a thread of its own and is
left alone past its deadline; there it ends with its next chunk or a silence of `STALL_S`.
"""

import http.client
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import requests
import urllib3
from google.api_core.exceptions import GoogleAPIError, RetryError
from google.api_core.exceptions import NotFound as NotThere
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage import Client  # type: ignore[import-untyped]
from google.cloud.storage.exceptions import (  # type: ignore[import-untyped]
    DataCorruption,
    InvalidResponse,
)
from google.cloud.storage.retry import DEFAULT_RETRY  # type: ignore[import-untyped]

from feed.ports.errors import NotFound, Unavailable

T = TypeVar("T")

CONNECT_S = 10.0
STALL_S = 30.0
"""a connection that is silent for so long is given up, and what is missing asked for on another"""
RETRY = DEFAULT_RETRY.with_delay(initial=0.1, maximum=5.0, multiplier=2.0)
"""408, 429, 500 to 504 and lost connections; every write here may be repeated"""
_VENDOR_ERRORS = (
    GoogleAPIError,
    GoogleAuthError,
    DataCorruption,
    InvalidResponse,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
)


class Deadline:
    """When a call has to be over, and the buffer to let go of when it was given up."""

    def __init__(self, timeout_s: float) -> None:
        self._end = time.monotonic() + timeout_s
        self.buffer = bytearray()

    def left_s(self) -> float:
        """The time that is left. Raises `Unavailable` when there is none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise Unavailable("the deadline has passed")
        return left

    def bounds(self) -> dict[str, Any]:
        """How the library has to bound a request and its retries."""
        left = self.left_s()
        timeout = (min(CONNECT_S, left), min(STALL_S, left))
        return {"timeout": timeout, "retry": RETRY.with_timeout(left)}


class Calls:
    """Calls to one bucket."""

    def __init__(self, bucket: str, client: Callable[[], Any] | None = None) -> None:
        """`client` makes a `storage.Client`; it is called once in each process, when needed."""
        self._bucket = bucket
        self._connect = client or (lambda: Client(project=None))
        self._client: tuple[int, Any] | None = None

    def run(self, timeout_s: float, work: Callable[[Any, Deadline], T]) -> T:
        """What `work(bucket, deadline)` returns. Raises `Unavailable`, `NotFound`, `Conflict`."""
        deadline = Deadline(timeout_s)
        outcome: Future[T] = Future()

        def call() -> None:
            try:
                outcome.set_result(work(self._connected(), deadline))
            except BaseException as error:  # noqa: BLE001  # it is raised where it is waited for
                outcome.set_exception(error)

        # A daemon: one that hangs must not keep the process from ending.
        threading.Thread(target=call, name="gcs", daemon=True).start()
        try:
            return outcome.result(timeout_s)
        except _VENDOR_ERRORS as error:
            if not outcome.done():
                deadline.buffer.clear()
                raise Unavailable(f"gs://{self._bucket}: no answer in {timeout_s:g} s") from None
            raise self._translated(error) from error

    def _connected(self) -> Any:
        """The bucket, by a client that this very process made: sockets do not survive a fork."""
        made = self._client
        if made is None or made[0] != os.getpid():
            self._client = made = (os.getpid(), self._connect())
        return made[1].bucket(self._bucket)

    def _translated(self, error: BaseException) -> Exception:
        if isinstance(error, RetryError) and error.cause is not None:
            error = error.cause
        reason = f"gs://{self._bucket}: {error}"
        if isinstance(error, NotThere) and "bucket does not exist" not in str(error):
            return NotFound(reason)
        return Unavailable(reason)
