"""The build cache in Cloud Storage: objects `copies/<name>`, overwritten by each build."""

import logging
from collections.abc import Callable
from typing import Any

from adapters.gcs.calls import BucketCalls, Deadline
from adapters.gcs.objects import fetch, overwrite
from feed.ports.errors import Damaged, NotFound, TooLarge, Unavailable

TIMEOUT_S = 60.0
MAX_BYTES = 1 << 30

log = logging.getLogger(__name__)


class GcsBuildCache:
    """A `BuildCache` in a bucket, under an optional prefix."""

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
        """The bytes saved under a name; None, with a log line, if they cannot be read."""

        def work(bucket: Any, until: Deadline) -> bytes:
            return bytes(fetch(bucket, self._folder + name, until, MAX_BYTES))

        try:
            return self._calls.run(self._timeout_s, work)
        except NotFound:
            return None
        except (Unavailable, TooLarge, Damaged) as error:
            log.warning("the build cache cannot be read: %s", error)
            return None

    def save(self, name: str, data: bytes) -> None:
        """Save bytes under a plain file name, replacing earlier ones. A failure is only logged."""
        try:
            self._calls.run(
                self._timeout_s,
                lambda bucket, until: overwrite(bucket, self._folder + name, data, until),
            )
        except (Unavailable, NotFound) as error:
            log.warning("the build cache cannot be written: %s", error)
