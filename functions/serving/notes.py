"""Notes: the full notes of episodes, of which each is read from the shelf when it is needed.

Their index is fetched by the first request that needs notes, and held: 16 bytes for each episode.
Notes that were read are kept, up to a number of bytes. Requests for the same ones share one read.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from feed.catalog.catalog import Catalog
from feed.model.card import Card
from feed.model.degradation import Degradation
from feed.ports.errors import Damaged, NotFound, Unavailable
from feed.ports.shelf import Shelf
from functions.serving.degradation_log import DegradationLog
from functions.serving.loaded_catalog import LoadedCatalog
from functions.telemetry import Metrics, Use

if TYPE_CHECKING:  # no session needs them
    from feed.search.passages import Passage
    from feed.snapshot.notes import NotesIndex

FETCH_S = 5.0
"""deadline for one read from the shelf"""
WAIT_S = 2.0
"""how long a request waits for the notes that it needs"""
RETRY_S = 30.0
"""time after a failure in which the index is not fetched again"""
CACHE_BYTES = 16 * 2**20
"""notes that are kept, compressed"""
MAX_READS = 8
"""reads from the shelf under way at once"""
MAX_WAITING = 64
"""notes that are read or wait to be; more would keep a slow shelf busy for requests long gone"""
PASSAGES = 2
"""passages of one episode"""
_CACHE = "notes"
"""name of the cache in the metrics"""


@dataclass(frozen=True)
class Passages:
    """The passages of some episodes."""

    by_row: list[list["Passage"]]
    """in the order of the rows, of each the best first; at least one of an episode with a text"""
    degraded: tuple[Degradation, ...]
    """`notes_unavailable` where cards stand in for notes that could not be read"""


class NotesReader:
    """Reads the notes of the catalog's episodes."""

    def __init__(
        self,
        shelf: Shelf,
        degradations: DegradationLog,
        metrics: Metrics,
        *,
        cache_bytes: int = CACHE_BYTES,
        wait_s: float = WAIT_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Hold nothing yet. `cache_bytes` bounds what is kept, `wait_s` what a request waits."""
        self._shelf = shelf
        self._degradations = degradations
        self._metrics = metrics
        self._cache_bytes = cache_bytes
        self._wait_s = wait_s
        self._monotonic = monotonic
        # Its own: while the shelf is slow, reads would occupy the threads that all share.
        self._threads = ThreadPoolExecutor(MAX_READS, "notes")
        self._use("")
        metrics.caches[_CACHE] = lambda: Use(self._kept_bytes, cache_bytes, "bytes")

    def _use(self, sha256: str) -> None:
        """Forget the notes of other catalogs than those whose index has this SHA-256."""
        self._sha256 = sha256
        self._index: asyncio.Task[NotesIndex | None] | None = None
        self._failed_at = float("-inf")
        self._frames: OrderedDict[int, bytes] = OrderedDict()
        self._kept_bytes = 0
        self._reading: dict[int, asyncio.Task[bytes | None]] = {}

    async def read(
        self, loaded: LoadedCatalog, rows: Collection[int]
    ) -> tuple[dict[int, bytes], tuple[Degradation, ...]]:
        """Return the JSON of `feed.snapshot.notes.Notes` by row, and what went wrong.

        Rows without notes are left out, and so are those that could not be read in time.
        """
        stored = loaded.catalog.notes
        if stored is None or not rows:
            return {}, ()
        if stored.sha256 != self._sha256:  # versions with the same notes share them
            self._use(stored.sha256)
        deadline = self._monotonic() + self._wait_s
        index = await self._of(self._index_task(loaded.catalog), deadline)
        if index is None:
            return {}, (Degradation.NOTES_UNAVAILABLE,)
        wanted = [row for row in dict.fromkeys(rows) if index.place(row)]
        tasks = {row: self._task(loaded.catalog.version, index, row) for row in wanted}
        found: dict[int, bytes] = {}
        for row, task in tasks.items():
            data = await self._of(task, deadline)
            if data is not None:
                found[row] = data
        lost = len(found) < len(wanted)
        return found, (Degradation.NOTES_UNAVAILABLE,) if lost else ()

    async def passages(
        self,
        loaded: LoadedCatalog,
        rows: Sequence[int],
        terms: frozenset[str],
        count: int = PASSAGES,
    ) -> Passages:
        """Return the best passages of some episodes for the terms of a query.

        They are parts of the notes, or of the insight or description on the card where an episode
        has no notes, or they could not be read in time. `terms` are folded as
        `feed.search.words.terms_of` folds them, and `count` is the most passages of one episode.
        """
        from feed.search.passages import best_passages  # noqa: PLC0415
        from feed.search.texts import body  # noqa: PLC0415
        from feed.snapshot.notes import Notes  # noqa: PLC0415

        found, degraded = await self.read(loaded, rows)
        by_row = []
        for row in rows:
            if row in found:
                text = msgspec.json.decode(found[row], type=Notes).text
            else:
                text = body(msgspec.json.decode(loaded.catalog.cards.raw(row), type=Card))
            by_row.append(best_passages(text, terms, count))
            await asyncio.sleep(0)  # each takes a millisecond or so: others may go between
        return Passages(by_row, degraded)

    def _index_task(self, catalog: Catalog) -> "asyncio.Task[NotesIndex | None] | None":
        """Return the task that fetches the index; None shortly after it has failed."""
        if self._index is not None and self._index.done() and _failed(self._index):
            self._index, self._failed_at = None, self._monotonic()
        if self._index is None and self._monotonic() - self._failed_at >= RETRY_S:
            self._index = asyncio.create_task(self._read_index(catalog))
        return self._index

    async def _read_index(self, catalog: Catalog) -> "NotesIndex | None":
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._fetch_index, catalog)

    def _task(
        self, version: str, index: "NotesIndex", row: int
    ) -> asyncio.Task[bytes | None] | None:
        """Return the task that reads the notes of a row, which may be under way already.

        None if too many are being read.
        """
        if row not in self._reading:
            if row not in self._frames and len(self._reading) >= MAX_WAITING:
                return None
            task = asyncio.create_task(self._read(version, index, row))
            self._reading[row] = task
            reading = self._reading
            task.add_done_callback(lambda _: reading.pop(row, None))
        return self._reading[row]

    async def _read(self, version: str, index: "NotesIndex", row: int) -> bytes | None:
        from feed.snapshot.notes import NotesError, decode_frame  # noqa: PLC0415

        frames, frame = self._frames, self._frames.get(row)
        self._metrics.count_lookup(_CACHE, hit=frame is not None)
        try:
            if frame is None:
                loop = asyncio.get_running_loop()
                frame = await loop.run_in_executor(self._threads, self._fetch, version, index, row)
                if frames is self._frames:  # no other catalog came meanwhile
                    self._keep(row, frame)
            else:
                frames.move_to_end(row)
            return decode_frame(frame)
        except (Damaged, NotFound, Unavailable, NotesError) as error:
            reason = f"notes of {version}, row {row}: {error}"
            self._degradations.explain(Degradation.NOTES_UNAVAILABLE, reason)
            return None

    def _keep(self, row: int, frame: bytes) -> None:
        if row not in self._frames:
            self._frames[row] = frame
            self._kept_bytes += len(frame)
        while self._kept_bytes > self._cache_bytes:
            _, oldest = self._frames.popitem(last=False)
            self._kept_bytes -= len(oldest)

    def _fetch(self, version: str, index: "NotesIndex", row: int) -> bytes:
        place = index.place(row)
        assert place is not None  # noqa: S101  # for the type checker
        frame = self._shelf.fetch_notes(version, *place, FETCH_S)
        index.check(row, frame)
        return frame

    def _fetch_index(self, catalog: Catalog) -> "NotesIndex | None":
        from feed.snapshot.notes import NotesError, decode_index, index_size  # noqa: PLC0415

        stored, rows = catalog.notes, len(catalog)
        assert stored is not None  # noqa: S101  # for the type checker
        try:
            data = self._shelf.fetch_notes(catalog.version, 0, index_size(rows), FETCH_S)
            return decode_index(data, rows, stored.sha256)
        except (Damaged, NotFound, Unavailable, NotesError) as error:
            reason = f"notes of {catalog.version}: {error}"
            self._degradations.explain(Degradation.NOTES_UNAVAILABLE, reason)
            return None

    async def _of(self, task: asyncio.Task[Any] | None, deadline: float) -> Any:
        """Return the result of a task, None if it is not there by the deadline; it goes on."""
        if task is None:
            return None
        if not task.done():
            left_s = max(0.0, deadline - self._monotonic())
            await asyncio.wait([task], timeout=left_s)
        if not task.done():
            self._degradations.explain(Degradation.NOTES_UNAVAILABLE, "the shelf is too slow")
            return None
        return task.result()


def _failed(fetching: "asyncio.Task[NotesIndex | None]") -> bool:
    return fetching.exception() is not None or fetching.result() is None
