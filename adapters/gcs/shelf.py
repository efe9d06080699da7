"""The shelf in Cloud Storage: objects `snapshots/<version>` and the pointer `current.json`.

Every write names the generation that it replaces (0: none), so a snapshot is never overwritten, and
of concurrent promotions one succeeds. The search index of a snapshot is `indexes/<version>`; both
are stored compressed where that pays. Texts of its episodes are `notes/<version>` and
`transcripts/<version>`, stored as they are, since they are read by range.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec

from adapters.gcs.calls import BucketCalls, Deadline
from adapters.gcs.compression import compress
from adapters.gcs.objects import copy, create, fetch, fetch_range, load_metadata, read, write
from feed.model.stored_texts import TextKind
from feed.ports.errors import Conflict, DamagedPointer, NotFound
from feed.ports.shelf import Buffer, LookTimes, ShelfEntry, ShelfPointer

CACHE_CONTROL = "public, max-age=31536000, immutable"
"""of snapshots, which never change; `public` does not override the bucket's permissions"""


class _PointerDocument(msgspec.Struct, frozen=True):
    """The content of `current.json`."""

    version: str
    size: int
    sha256: str
    looks: LookTimes | None = None


class GcsShelf:
    """A `Shelf` in a bucket, under an optional prefix."""

    def __init__(
        self, bucket: str, prefix: str = "", client: Callable[[], Any] | None = None
    ) -> None:
        """`client` makes the `storage.Client`, once per process, at the first call."""
        self._calls = BucketCalls(bucket, client)
        self._pointer = "/".join(filter(None, [prefix.strip("/"), "current.json"]))
        self._snapshots = "/".join(filter(None, [prefix.strip("/"), "snapshots/"]))
        self._indexes = "/".join(filter(None, [prefix.strip("/"), "indexes/"]))
        self._texts = {
            kind: "/".join(filter(None, [prefix.strip("/"), f"{kind}/"])) for kind in TextKind
        }

    def current(self, timeout_s: float) -> ShelfPointer | None:
        """The pointer to the current snapshot; None before the first promotion.

        Raises `DamagedPointer`.
        """
        try:
            data, generation = self._calls.run(
                timeout_s, lambda bucket, until: read(bucket, self._pointer, until)
            )
        except NotFound:
            return None
        try:
            stored = msgspec.json.decode(data, type=_PointerDocument)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            reason = f"{self._pointer}: not a pointer: {error}"
            raise DamagedPointer(reason, generation) from error
        return ShelfPointer(stored.version, stored.size, stored.sha256, generation, stored.looks)

    def fetch(
        self, version: str, timeout_s: float, max_bytes: int | None = None, sha256: str = ""
    ) -> Buffer:
        """The bytes of a snapshot, in one buffer of their size.

        Raises `NotFound`, `TooLarge` before more than `max_bytes` are read, and `Damaged` if the
        object is incomplete or has another SHA-256 than `sha256` (hexadecimal, "" for any).
        """
        return self._fetch(self._name(version), timeout_s, max_bytes, sha256)

    def fetch_index(
        self, version: str, timeout_s: float, max_bytes: int | None, sha256: str
    ) -> Buffer:
        """The bytes of a version's search index, in one buffer of their size.

        Raises `NotFound`, `TooLarge` before more than `max_bytes` are read, and `Damaged` if the
        object is incomplete or has another SHA-256 than `sha256`, in hexadecimal.
        """
        return self._fetch(self._name(version, self._indexes), timeout_s, max_bytes, sha256)

    def _fetch(self, name: str, timeout_s: float, max_bytes: int | None, sha256: str) -> Buffer:
        return self._calls.run(
            timeout_s, lambda bucket, until: fetch(bucket, name, until, max_bytes, sha256)
        )

    def put(self, version: str, data: Buffer, timeout_s: float) -> None:
        """Store a snapshot atomically. Raises `Conflict` if the version exists with other bytes."""
        self._put(self._name(version), data, timeout_s)

    def put_index(self, version: str, data: Buffer, timeout_s: float) -> None:
        """Store the search index of a version atomically.

        Raises `Conflict` if the version has an index of other bytes.
        """
        self._put(self._name(version, self._indexes), data, timeout_s)

    def put_texts(self, kind: TextKind, version: str, data: Buffer, timeout_s: float) -> None:
        """Store texts of a version's episodes atomically.

        Raises `Conflict` if the version has others of this kind.
        """
        self._put(self._name(version, self._texts[kind]), data, timeout_s, is_compressible=False)

    def copy_texts(self, kind: TextKind, source: str, version: str, timeout_s: float) -> None:
        """Give a version the texts of another one, copied within Cloud Storage.

        Raises `NotFound` if `source` has none, and `Conflict` if `version` has others.
        """
        one, other = (self._name(name, self._texts[kind]) for name in (source, version))
        self._calls.run(timeout_s, lambda bucket, until: copy(bucket, one, other, until))

    def fetch_texts(
        self, kind: TextKind, version: str, start: int, end: int, timeout_s: float
    ) -> bytes:
        """The bytes `start` to `end` of a version's texts, without `end`.

        Raises `NotFound`, and `Damaged` if the object ends before `end`.
        """
        name = self._name(version, self._texts[kind])
        return self._calls.run(
            timeout_s, lambda bucket, until: fetch_range(bucket, name, start, end, until)
        )

    def _put(
        self, name: str, data: Buffer, timeout_s: float, *, is_compressible: bool = True
    ) -> None:
        view = memoryview(data).cast("B")

        def work(bucket: Any, until: Deadline) -> None:
            frame = compress(view) if is_compressible else None
            create(bucket, name, view, frame, CACHE_CONTROL, until)

        self._calls.run(timeout_s, work)

    def promote(
        self,
        version: str,
        size: int,
        sha256: str,
        expected_generation: int,
        timeout_s: float,
        looks: LookTimes | None = None,
    ) -> ShelfPointer:
        """Move the pointer to a stored version if it is still at `expected_generation` (0: none).

        Raises `Conflict` if it is not, `NotFound` if the version is not stored.
        """
        name = self._name(version)
        data = msgspec.json.encode(_PointerDocument(version, size, sha256, looks))

        def work(bucket: Any, until: Deadline) -> int:
            load_metadata(bucket, name, until)
            return write(bucket, self._pointer, data, expected_generation, until)

        return ShelfPointer(version, size, sha256, self._calls.run(timeout_s, work), looks)

    def entries(self, timeout_s: float) -> list[ShelfEntry]:
        """The stored snapshots, oldest first."""

        def work(bucket: Any, until: Deadline) -> list[ShelfEntry]:
            found = bucket.list_blobs(
                prefix=self._snapshots,
                fields="items(name,size,timeCreated),nextPageToken",
                **until.limits(),
            )
            named = ((blob.name.removeprefix(self._snapshots), blob) for blob in found)
            return [
                ShelfEntry(version, blob.size, blob.time_created.timestamp())
                for version, blob in named
                if is_version(version) and until.left_s()
            ]

        listed = self._calls.run(timeout_s, work)
        return sorted(listed, key=lambda entry: (entry.stored_at, entry.version))

    def delete(self, version: str, timeout_s: float) -> None:
        """Remove a version with its index and texts. Raises `Conflict` for the current one."""
        name = self._name(version)
        pointer = self.current(timeout_s)
        if pointer is not None and pointer.version == version:
            raise Conflict(f"{version} is the current version")
        beside = (self._name(version, folder) for folder in (self._indexes, *self._texts.values()))
        for stored in (*beside, name):
            with suppress(NotFound):
                self._delete(stored, timeout_s)

    def _delete(self, name: str, timeout_s: float) -> None:
        self._calls.run(timeout_s, lambda bucket, until: bucket.blob(name).delete(**until.limits()))

    def _name(self, version: str, folder: str = "") -> str:
        if not is_version(version):
            raise NotFound(f"no snapshot {version!r}: expected a plain file name")
        return (folder or self._snapshots) + version


def is_version(name: str) -> bool:
    """Whether a text can be the name of a version: one plain file name."""
    return bool(name) and not name.startswith(".") and "/" not in name and name.isprintable()
