"""Leases on Cloud Storage: an object `leases/<name>.json` says who holds one and until when.

It is taken, and taken over once it has expired, on condition of its generation: of many exactly
one gets it.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from google.api_core.exceptions import NotFound as NotThere
from google.api_core.exceptions import PreconditionFailed

from adapters.gcs.calls import Calls, Deadline
from adapters.gcs.objects import read, write
from feed.ports.builds import Lease
from feed.ports.errors import Conflict, NotFound


class _Document(msgspec.Struct, frozen=True):
    """What the object says."""

    owner: str
    expires_at: float


class GcsLeases:
    """`Leases` of a bucket, under an optional prefix."""

    def __init__(
        self, bucket: str, prefix: str = "", client: Callable[[], Any] | None = None
    ) -> None:
        """`client` makes a `storage.Client`; it is called once in each process, when needed."""
        self._calls = Calls(bucket, client)
        self._folder = "/".join(filter(None, [prefix.strip("/"), "leases/"]))

    def acquire(self, name: str, owner: str, ttl_s: float, now: float, timeout_s: float) -> Lease:
        """Take a lease that is free or has expired. Raises `Conflict` while another is held."""
        expires_at = now + ttl_s
        said = msgspec.json.encode(_Document(owner, expires_at))

        def work(bucket: Any, until: Deadline) -> int:
            expected = self._free(bucket, name, now, until)
            return write(bucket, self._object(name), said, expected, until)

        return Lease(name, owner, expires_at, self._calls.run(timeout_s, work))

    def release(self, lease: Lease, timeout_s: float) -> None:
        """Give a lease back. Nothing happens if it expired and somebody else has taken it."""

        def work(bucket: Any, until: Deadline) -> None:
            try:
                bucket.blob(self._object(lease.name)).delete(
                    if_generation_match=lease.generation, **until.bounds()
                )
            except (NotThere, PreconditionFailed):
                return

        self._calls.run(timeout_s, work)

    def _free(self, bucket: Any, name: str, now: float, until: Deadline) -> int:
        """The generation that taking the lease replaces. Raises `Conflict` if it is held."""
        try:
            data, generation = read(bucket, self._object(name), until)
            held = msgspec.json.decode(data, type=_Document)
        except NotThere:
            return 0
        except msgspec.DecodeError:
            return generation  # nobody can hold what says nothing
        if held.expires_at > now:
            left_s = held.expires_at - now
            raise Conflict(f"{name} is held by {held.owner}, for {left_s:.0f} s at the most")
        return generation

    def _object(self, name: str) -> str:
        if not name or "/" in name or not name.isprintable():
            raise NotFound(f"no lease {name!r}: not the name of one")
        return f"{self._folder}{name}.json"
