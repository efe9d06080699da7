"""Copies in a bucket: `copies/<name>`, overwritten each time, for the next build to read."""

import logging
from collections.abc import Callable
from typing import Any

from adapters.gcs.calls import BucketCalls, Deadline
from adapters.gcs.objects import fetch, overwrite
from feed.ports.errors import NotFound, TooLarge, Unavailable

TIMEOUT_S = 60.0
MAX_BYTES = 1 << 30

log = logging.getLogger(__name__)


class GcsCopies:
    """`BuildCache` in a bucket, under an optional prefix."""

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        client: Callable[[], Any] | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """`client` makes the `storage.Client`, once per process, at the first call."""
        self._calls = BucketCalls(bucket, client)
        self._folder = "/".join(filter(None, [prefix.strip("/"), "copies/"]))
        self._timeout_s = timeout_s

    def load(self, name: str) -> bytes | None:
        """The bytes kept under a name; None if there are none, or they cannot be had."""

        def work(bucket: Any, until: Deadline) -> bytes:
            return bytes(fetch(bucket, self._folder + name, until, MAX_BYTES))

        try:
            return self._calls.run(self._timeout_s, work)
        except NotFound:
            return None
        except (Unavailable, TooLarge) as error:
            log.warning("a copy cannot be read: %s", error)
            return None

    def save(self, name: str, data: bytes) -> None:
        """Keep bytes under a plain file name. A bucket that refuses costs a log line."""
        try:
            self._calls.run(
                self._timeout_s,
                lambda bucket, until: overwrite(bucket, self._folder + name, data, until),
            )
        except (Unavailable, NotFound) as error:
            log.warning("a copy is not kept: %s", error)
