"""The catalog loader: from what lies on a shelf to a catalog that is ready to rank.

What the pointer names is taken if it is sound. A process that holds no catalog takes the newest
sound one that lies beside it instead. What was found unusable is not fetched again until the
pointer, or what is stored under its name, has changed.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from feed.catalog.catalog import Catalog
from feed.model.degradation import Degradation
from feed.ports.errors import Damaged, NotFound, TooLarge, Unavailable
from feed.ports.shelf import Buffer, Entry, Pointer, Shelf
from feed.scenarios.scenario import Scenario
from feed.snapshot.codec import SnapshotError, decode
from functions.serving.rankers import Rankers
from functions.telemetry import log, log_error

FETCH_S = 120.0
"""deadline for fetching the snapshot that the pointer names"""
LIST_S = 5.0
"""deadline for listing the shelf"""
SEARCH_S = 60.0
"""deadline for a search among all snapshots, every fetch included"""
MAX_TRIES = 10
"""how many snapshots one search fetches"""
RESERVE_BYTES = 160 * 2**20
"""what the process needs beside its catalogs"""


class UnusableError(Exception):
    """A snapshot cannot be served from; `cause` is what answers say of it."""

    def __init__(self, cause: Degradation, reason: str) -> None:
        super().__init__(reason)
        self.cause = cause


@dataclass(frozen=True)
class Held:
    """A catalog ready to rank."""

    catalog: Catalog
    rankers: Rankers
    """by scenario"""
    size: int
    """bytes"""


class CatalogLoader:
    """Loads catalogs from one shelf, within the memory that there is."""

    def __init__(
        self,
        shelf: Shelf,
        scenarios: Mapping[str, Scenario],
        *,
        expected: Collection[str] = (),
        memory_limit: int | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`expected` are the scenarios that a catalog is made ready for before it is returned."""
        self._shelf = shelf
        self._scenarios = scenarios
        self._expected = expected
        self._memory_limit = memory_limit
        self._monotonic = monotonic
        self._failed: tuple[Pointer, Entry | None, Degradation, str] | None = None
        """the last pointer whose snapshot was unusable, what lay there, and why; no exception is
        kept, for its frames would keep the snapshot's bytes"""
        self._unusable: set[Entry] = set()
        """what a search found unusable"""

    def load(self, pointer: Pointer, held: Held | None) -> Held:
        """The catalog that the pointer names, to be held beside `held` until it is swapped in.

        Raises `UnusableError`, and `Unavailable` where a later try may succeed.
        """
        entry = None
        if self._failed and self._failed[0] == pointer:
            _, before, cause, reason = self._failed
            entry = self._entry(pointer.version)
            if entry == before:
                raise UnusableError(cause, reason)
        try:
            self._check_room(pointer, held)
            return self._fetched(pointer.version, FETCH_S, pointer)
        except UnusableError as error:
            self._failed = pointer, entry, error.cause, str(error)
            raise

    def search(self, pointer: Pointer | None) -> Held | None:
        """The newest catalog on the shelf that is sound by its own checksum, if there is any.

        The one that the pointer names comes first, since it may be the pointer that is wrong, then
        what is older; what is newer was rolled back, or is not published yet. One that cannot be
        read keeps no other from being found. Raises `Unavailable` where none can be found for that.
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
                return self._fetched(entry.version, left_s)
            except UnusableError as error:
                self._unusable.add(entry)
                log(
                    "ERROR",
                    "a snapshot cannot be used",
                    version=entry.version,
                    reason=str(error),
                )
            except Unavailable as error:
                unavailable = error
        if unavailable:
            raise unavailable
        return None

    def _fetched(self, version: str, timeout_s: float, pointer: Pointer | None = None) -> Held:
        """A snapshot as a catalog, checked against the pointer that names it, if one does."""
        try:
            return self._decoded(version, self._bytes(version, timeout_s, pointer), pointer)
        except Unavailable:
            raise
        except (SnapshotError, Damaged, TooLarge, NotFound) as error:
            raise UnusableError(Degradation.CATALOG_BROKEN, f"{version}: {error}") from None
        except Exception as error:  # noqa: BLE001  # whatever it is, another catalog may be sound
            log_error("loading a snapshot failed", error)
            reason = f"{version}: {type(error).__name__}: {error}"
            raise UnusableError(Degradation.CATALOG_BROKEN, reason) from None

    def _bytes(self, version: str, timeout_s: float, pointer: Pointer | None) -> Buffer:
        if pointer is not None:
            data = self._shelf.fetch(version, timeout_s, pointer.size, pointer.sha256)
            if len(data) != pointer.size:
                raise SnapshotError(f"{len(data)} bytes, and the pointer says {pointer.size}")
            return data
        limit = self._memory_limit
        room = None if limit is None else max(0, limit - RESERVE_BYTES)
        return self._shelf.fetch(version, timeout_s, room)

    def _decoded(self, version: str, data: Buffer, pointer: Pointer | None) -> Held:
        catalog = decode(data, summed=bool(pointer and pointer.sha256))
        if catalog.version != version:
            raise SnapshotError(f"it is {catalog.version}")
        rankers = Rankers(catalog, self._scenarios, self._expected)
        log("INFO", "catalog loaded", version=version, episodes=len(catalog))
        return Held(catalog, rankers, len(data))

    def _check_room(self, pointer: Pointer, held: Held | None) -> None:
        needed = RESERVE_BYTES + pointer.size + (held.size if held else 0)
        if self._memory_limit is not None and needed > self._memory_limit:
            raise UnusableError(
                Degradation.CATALOG_TOO_LARGE,
                f"{pointer.version}: {needed} bytes are needed and {self._memory_limit} allowed",
            )

    def _entry(self, version: str) -> Entry | None:
        return next((e for e in self._shelf.entries(LIST_S) if e.version == version), None)
