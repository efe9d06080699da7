"""The shelf on Cloud Storage: `snapshots/<version>` and `current.json` in a bucket.

Objects appear whole, and every write names the generation that it replaces, 0 for none: a snapshot
is never written over, and of many who move the pointer one wins. Snapshots lie there packed where
that pays.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from adapters.gcs.calls import Calls, Deadline
from adapters.gcs.objects import create, fetch, look, read, write
from feed.ports.errors import Conflict, DamagedPointer, NotFound
from feed.ports.shelf import Buffer, Entry, Pointer

SNAPSHOT = "public, max-age=31536000, immutable"
"""Cache-Control of what never changes; `public` opens nothing that the bucket keeps closed"""


class _Document(msgspec.Struct, frozen=True):
    """What `current.json` says."""

    version: str
    size: int
    sha256: str


class GcsShelf:
    """A `Shelf` in a bucket, under an optional prefix."""

    def __init__(
        self, bucket: str, prefix: str = "", client: Callable[[], Any] | None = None
    ) -> None:
        """`client` makes a `storage.Client`; it is called once in each process, when needed."""
        self._calls = Calls(bucket, client)
        self._pointer = "/".join(filter(None, [prefix.strip("/"), "current.json"]))
        self._snapshots = "/".join(filter(None, [prefix.strip("/"), "snapshots/"]))

    def current(self, timeout_s: float) -> Pointer | None:
        """The pointer, or None before the first publication. Raises `DamagedPointer`."""
        try:
            data, generation = self._calls.run(
                timeout_s, lambda bucket, until: read(bucket, self._pointer, until)
            )
        except NotFound:
            return None
        try:
            said = msgspec.json.decode(data, type=_Document)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            reason = f"{self._pointer}: not a pointer: {error}"
            raise DamagedPointer(reason, generation) from error
        return Pointer(said.version, said.size, said.sha256, generation)

    def fetch(
        self, version: str, timeout_s: float, max_bytes: int | None = None, sha256: str = ""
    ) -> Buffer:
        """The bytes of a snapshot, in one buffer of its size, checked while they arrive.

        Raises `NotFound`, `TooLarge`, `Damaged`.
        """
        name = self._name(version)
        return self._calls.run(
            timeout_s, lambda bucket, until: fetch(bucket, name, until, max_bytes, sha256)
        )

    def put(self, version: str, data: Buffer, timeout_s: float) -> None:
        """Store a snapshot, whole or not at all. Raises `Conflict` if the name has other bytes."""
        name = self._name(version)
        view = memoryview(data).cast("B")
        self._calls.run(
            timeout_s, lambda bucket, until: create(bucket, name, view, SNAPSHOT, until)
        )

    def promote(
        self, version: str, size: int, sha256: str, expected_generation: int, timeout_s: float
    ) -> Pointer:
        """Point at a stored version if the pointer is still at `expected_generation`."""
        name = self._name(version)
        said = msgspec.json.encode(_Document(version, size, sha256))

        def work(bucket: Any, until: Deadline) -> int:
            look(bucket, name, until)
            return write(bucket, self._pointer, said, expected_generation, until)

        return Pointer(version, size, sha256, self._calls.run(timeout_s, work))

    def entries(self, timeout_s: float) -> list[Entry]:
        """What is on the shelf, oldest first."""

        def work(bucket: Any, until: Deadline) -> list[Entry]:
            found = bucket.list_blobs(
                prefix=self._snapshots,
                fields="items(name,size,timeCreated),nextPageToken",
                **until.bounds(),
            )
            named = ((blob.name.removeprefix(self._snapshots), blob) for blob in found)
            return [
                Entry(version, blob.size, blob.time_created.timestamp())
                for version, blob in named
                if is_version(version) and until.left_s()
            ]

        listed = self._calls.run(timeout_s, work)
        return sorted(listed, key=lambda entry: (entry.stored_at, entry.version))

    def delete(self, version: str, timeout_s: float) -> None:
        """Remove a version if it is there. Raises `Conflict` if the pointer names it."""
        name = self._name(version)
        pointer = self.current(timeout_s)
        if pointer is not None and pointer.version == version:
            raise Conflict(f"{version} is the current version")
        try:
            self._calls.run(
                timeout_s, lambda bucket, until: bucket.blob(name).delete(**until.bounds())
            )
        except NotFound:
            return

    def _name(self, version: str) -> str:
        if not is_version(version):
            raise NotFound(f"no snapshot {version!r}: not the name of one")
        return self._snapshots + version


def is_version(name: str) -> bool:
    """Whether a version may be called so: one plain name."""
    return bool(name) and not name.startswith(".") and "/" not in name and name.isprintable()
