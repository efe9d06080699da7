"""Files by name in Cloud Storage."""

from collections.abc import Callable
from typing import Any

from adapters.gcs.calls import BucketCalls, Deadline
from adapters.gcs.objects import fetch, overwrite
from feed.ports.errors import NotFound

TIMEOUT_S = 120.0


class GcsFiles:
    """`Files` in a bucket, under an optional prefix."""

    def __init__(
        self, bucket: str, prefix: str = "", client: Callable[[], Any] | None = None
    ) -> None:
        """`client` makes the `storage.Client`, once per process, at the first call."""
        self._calls = BucketCalls(bucket, client)
        self._prefix = prefix.strip("/")

    def read(self, name: str) -> bytes | None:
        """The bytes of an object; None if there is none. Raises `Unavailable`."""

        def work(bucket: Any, until: Deadline) -> bytes:
            return bytes(fetch(bucket, self._name(name), until, None))

        try:
            return self._calls.run(TIMEOUT_S, work)
        except NotFound:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Write an object in place of an earlier one. Raises `Unavailable`."""
        self._calls.run(
            TIMEOUT_S, lambda bucket, until: overwrite(bucket, self._name(name), data, until)
        )

    def delete(self, name: str) -> None:
        """Delete an object, if it exists. Raises `Unavailable`."""

        def work(bucket: Any, until: Deadline) -> None:
            bucket.blob(self._name(name)).delete(**until.limits())

        try:
            self._calls.run(TIMEOUT_S, work)
        except NotFound:
            return

    def _name(self, name: str) -> str:
        return "/".join(filter(None, [self._prefix, name]))
