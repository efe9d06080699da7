"""Catalog loader: fetches a snapshot from a shelf and makes it ready to rank.

The snapshot that the shelf's pointer names is loaded if it is sound. A process without a catalog
may search the shelf for the newest sound snapshot instead. An unusable snapshot is not fetched
again until the pointer, or the file that it names, has changed.
"""

import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from feed.model.degradation import Degradation
from feed.ports.errors import Damaged, NotFound, TooLarge, Unavailable
from feed.ports.shelf import Buffer, Shelf, ShelfEntry, ShelfPointer
from feed.scenarios.scenario import Scenario
from feed.snapshot.codec import SnapshotError, decode
from functions.serving.loaded_catalog import LoadedCatalog, Rankers
from functions.telemetry import log, log_error

FETCH_S = 120.0
"""deadline for fetching the snapshot that the pointer names"""
LIST_S = 5.0
"""deadline for listing the shelf"""
SEARCH_S = 60.0
"""deadline for a search among all snapshots, every fetch included"""
MAX_TRIES = 10
"""snapshots that one search fetches at most"""
RESERVE_BYTES = 160 * 2**20
"""memory that the process needs besides its catalogs"""

_MEMORY_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),  # control groups v2
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),  # v1
)
_UNLIMITED_BYTES = 1 << 60


class UnusableError(Exception):
    """A snapshot cannot be used. `cause` is the degradation that answers name."""

    def __init__(self, cause: Degradation, reason: str) -> None:
        super().__init__(reason)
        self.cause = cause


def memory_limit_bytes() -> int | None:
    """Return the memory limit of this process's control group, or None if it has none."""
    for path in _MEMORY_LIMITS:
        try:
            text = path.read_text().strip()
        except OSError:
            continue
        if text.isdigit() and int(text) < _UNLIMITED_BYTES:
            return int(text)
    return None


class CatalogLoader:
    """Loads catalogs from one shelf, within a memory limit."""

    def __init__(
        self,
        shelf: Shelf,
        scenarios: Mapping[str, Scenario],
        *,
        expected: Collection[str] = (),
        memory_limit: int | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Load catalogs whose rankers for the scenarios in `expected` are ready.

        `memory_limit` is in bytes; None is no limit.
        """
        self._shelf = shelf
        self._scenarios = scenarios
        self._expected = expected
        self._memory_limit = memory_limit
        self._monotonic = monotonic
        self._failed: tuple[ShelfPointer, ShelfEntry | None, Degradation, str] | None = None
        """the last pointer to an unusable snapshot, its directory entry, and why it was unusable;
        the exception itself would keep the snapshot's bytes in memory"""
        self._unusable: set[ShelfEntry] = set()
        """snapshots that a search found unusable"""

    def load(self, pointer: ShelfPointer, current: LoadedCatalog | None) -> LoadedCatalog:
        """Return the catalog that the pointer names, within the memory that `current` leaves.

        Raises `UnusableError`, and `Unavailable` where a later try may succeed.
        """
        entry = None
        if self._failed and self._failed[0] == pointer:
            _, failed_entry, cause, reason = self._failed
            entry = self._entry(pointer.version)
            if entry == failed_entry:
                raise UnusableError(cause, reason)
        try:
            self._check_memory(pointer, current)
            return self._fetch(pointer.version, FETCH_S, pointer)
        except UnusableError as error:
            self._failed = pointer, entry, error.cause, str(error)
            raise

    def search(self, pointer: ShelfPointer | None) -> LoadedCatalog | None:
        """Return the newest catalog on the shelf that is sound by its own checksum, or None.

        The one that the pointer names is tried first, since the pointer itself may be wrong, then
        older ones, then newer ones, which were rolled back or are not published yet. A snapshot
        that cannot be read does not end the search. Raises `Unavailable` if no snapshot is sound
        and some could not be read.
        """
        deadline = self._monotonic() + SEARCH_S
        entries = set(self._shelf.entries(LIST_S))
        self._unusable &= entries
        named = pointer.version if pointer else None
        candidates = list(entries - self._unusable)
        candidates.sort(
            key=lambda e: (named is None or e.version <= named, e.version), reverse=True
        )
        unavailable: Unavailable | None = None
        for entry in candidates[:MAX_TRIES]:
            left_s = deadline - self._monotonic()
            if left_s <= 0:
                raise Unavailable(f"no sound snapshot found within {SEARCH_S:g} s")
            try:
                return self._fetch(entry.version, left_s)
            except UnusableError as error:
                self._unusable.add(entry)
                log(
                    "ERROR",
                    "a snapshot on the shelf cannot be used",
                    version=entry.version,
                    reason=str(error),
                )
            except Unavailable as error:
                unavailable = error
        if unavailable:
            raise unavailable
        return None

    def _fetch(
        self, version: str, timeout_s: float, pointer: ShelfPointer | None = None
    ) -> LoadedCatalog:
        """Fetch and decode a snapshot, checked against the pointer that names it, if one does."""
        try:
            return self._decode(version, self._bytes(version, timeout_s, pointer), pointer)
        except Unavailable:
            raise
        except (SnapshotError, Damaged, TooLarge, NotFound) as error:
            raise UnusableError(Degradation.CATALOG_BROKEN, f"{version}: {error}") from None
        except Exception as error:  # noqa: BLE001  # another catalog may be sound
            log_error("loading a snapshot failed", error)
            reason = f"{version}: {type(error).__name__}: {error}"
            raise UnusableError(Degradation.CATALOG_BROKEN, reason) from None

    def _bytes(self, version: str, timeout_s: float, pointer: ShelfPointer | None) -> Buffer:
        if pointer is not None:
            data = self._shelf.fetch(version, timeout_s, pointer.size, pointer.sha256)
            if len(data) != pointer.size:
                raise SnapshotError(f"expected {pointer.size} bytes, got {len(data)}")
            return data
        limit = self._memory_limit
        max_bytes = None if limit is None else max(0, limit - RESERVE_BYTES)
        return self._shelf.fetch(version, timeout_s, max_bytes)

    def _decode(self, version: str, data: Buffer, pointer: ShelfPointer | None) -> LoadedCatalog:
        catalog = decode(data, is_verified=bool(pointer and pointer.sha256))
        if catalog.version != version:
            raise SnapshotError(f"the file holds version {catalog.version}")
        rankers = Rankers(catalog, self._scenarios, self._expected)
        log("INFO", "catalog loaded", version=version, episodes=len(catalog))
        return LoadedCatalog(catalog, rankers, len(data))

    def _check_memory(self, pointer: ShelfPointer, current: LoadedCatalog | None) -> None:
        needed = RESERVE_BYTES + pointer.size + (current.size_bytes if current else 0)
        if self._memory_limit is not None and needed > self._memory_limit:
            raise UnusableError(
                Degradation.CATALOG_TOO_LARGE,
                f"{pointer.version}: needs {needed} bytes, {self._memory_limit} are allowed",
            )

    def _entry(self, version: str) -> ShelfEntry | None:
        return next((e for e in self._shelf.entries(LIST_S) if e.version == version), None)
