"""Calls to one bucket of Cloud Storage, with deadlines, and with translated errors.

The library limits the wait for the next bytes, not a call as a whole: an answer that arrives byte
by byte, or a token server that does not answer, would block it. So each call runs in its own thread
and is abandoned at its deadline; the thread ends with its next chunk or after `STALL_S` of silence.
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
from google.api_core.exceptions import NotFound as ObjectNotFound
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
"""a connection that is silent for so long is closed, and the rest requested on another"""
RETRY = DEFAULT_RETRY.with_delay(initial=0.1, maximum=5.0, multiplier=2.0)
"""retries 408, 429, 500 to 504 and lost connections; every write here is safe to repeat"""
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
    """The deadline of a call, and its download buffer, freed when the call is abandoned."""

    def __init__(self, timeout_s: float) -> None:
        self._end = time.monotonic() + timeout_s
        self.buffer = bytearray()

    def left_s(self) -> float:
        """The seconds that are left. Raises `Unavailable` past the deadline."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise Unavailable("the deadline has passed")
        return left

    def limits(self) -> dict[str, Any]:
        """Arguments `timeout` and `retry` for a request, within the time that is left."""
        left = self.left_s()
        timeout = (min(CONNECT_S, left), min(STALL_S, left))
        return {"timeout": timeout, "retry": RETRY.with_timeout(left)}


class BucketCalls:
    """Runs calls to one bucket, each within a deadline."""

    def __init__(self, bucket: str, client: Callable[[], Any] | None = None) -> None:
        """`client` makes the `storage.Client`, once per process, at the first call."""
        self._bucket = bucket
        self._connect = client or (lambda: Client(project=None))
        self._client: tuple[int, Any] | None = None

    def run(self, timeout_s: float, work: Callable[[Any, Deadline], T]) -> T:
        """The result of `work(bucket, deadline)`, with the library's errors translated.

        Raises `Unavailable` past `timeout_s` (seconds), `NotFound` for a missing object, and what
        `work` raises itself.
        """
        deadline = Deadline(timeout_s)
        outcome: Future[T] = Future()

        def call() -> None:
            try:
                outcome.set_result(work(self._connected(), deadline))
            except BaseException as error:  # noqa: BLE001  # raised again by outcome.result()
                outcome.set_exception(error)

        # A daemon, so that a hanging call does not keep the process from ending.
        threading.Thread(target=call, name="gcs", daemon=True).start()
        try:
            return outcome.result(timeout_s)
        except _VENDOR_ERRORS as error:
            if not outcome.done():
                deadline.buffer.clear()
                raise Unavailable(f"gs://{self._bucket}: no answer in {timeout_s:g} s") from None
            raise self._translated(error) from error

    def _connected(self) -> Any:
        """The bucket, through a client of this process: sockets do not survive a fork."""
        client = self._client
        if client is None or client[0] != os.getpid():
            self._client = client = (os.getpid(), self._connect())
        return client[1].bucket(self._bucket)

    def _translated(self, error: BaseException) -> Exception:
        if isinstance(error, RetryError) and error.cause is not None:
            error = error.cause
        reason = f"gs://{self._bucket}: {error}"
        if isinstance(error, ObjectNotFound) and "bucket does not exist" not in str(error):
            return NotFound(reason)
        return Unavailable(reason)
