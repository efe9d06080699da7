"""Leases in Cloud Storage: objects `leases/<name>.json` with the holder and the time of expiry.

A lease is written on condition of the generation that it replaces, so that of many contenders
exactly one gets it.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from google.api_core.exceptions import NotFound as ObjectNotFound
from google.api_core.exceptions import PreconditionFailed

from adapters.gcs.calls import BucketCalls, Deadline
from adapters.gcs.objects import read, write
from feed.ports.builds import Lease
from feed.ports.errors import Conflict, NotFound


class _LeaseDocument(msgspec.Struct, frozen=True):
    """The content of a lease's object."""

    owner: str
    expires_at: float


class GcsLeases:
    """`Leases` in a bucket, under an optional prefix."""

    def __init__(
        self, bucket: str, prefix: str = "", client: Callable[[], Any] | None = None
    ) -> None:
        """`client` makes the `storage.Client`, once per process, at the first call."""
        self._calls = BucketCalls(bucket, client)
        self._folder = "/".join(filter(None, [prefix.strip("/"), "leases/"]))

    def acquire(self, name: str, owner: str, ttl_s: float, now: float, timeout_s: float) -> Lease:
        """Take the lease `name` for `owner` until `now + ttl_s` if it is free or expired.

        `now` is seconds since 1970, UTC. Raises `Conflict` while another holds it, `NotFound` for
        an invalid name, and `Unavailable` past `timeout_s`.
        """
        expires_at = now + ttl_s
        data = msgspec.json.encode(_LeaseDocument(owner, expires_at))

        def work(bucket: Any, until: Deadline) -> int:
            expected = self._replaceable(bucket, name, now, until)
            return write(bucket, self._object(name), data, expected, until)

        return Lease(name, owner, expires_at, self._calls.run(timeout_s, work))

    def release(self, lease: Lease, timeout_s: float) -> None:
        """Release a lease. Does nothing if it has expired and another holder has taken it."""

        def work(bucket: Any, until: Deadline) -> None:
            try:
                bucket.blob(self._object(lease.name)).delete(
                    if_generation_match=lease.generation, **until.limits()
                )
            except (ObjectNotFound, PreconditionFailed):
                return

        self._calls.run(timeout_s, work)

    def _replaceable(self, bucket: Any, name: str, now: float, until: Deadline) -> int:
        """The generation that a new lease replaces (0: none). Raises `Conflict` if it is held."""
        try:
            data, generation = read(bucket, self._object(name), until)
            held = msgspec.json.decode(data, type=_LeaseDocument)
        except ObjectNotFound:
            return 0
        except msgspec.DecodeError:
            return generation  # an unreadable lease has no holder
        if held.expires_at > now:
            left_s = held.expires_at - now
            raise Conflict(f"{name} is held by {held.owner}, for {left_s:.0f} s at the most")
        return generation

    def _object(self, name: str) -> str:
        if not name or "/" in name or not name.isprintable():
            raise NotFound(f"no lease {name!r}: expected a plain file name")
        return f"{self._folder}{name}.json"
