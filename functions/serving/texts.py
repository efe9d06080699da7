"""Texts of episodes, notes and transcripts, of which each is read from the shelf when it is needed.

Their index is fetched by the first request that needs one, and held: 16 bytes for each episode.
Texts that were read are kept, up to a number of bytes. Requests for the same ones share one read.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from feed.catalog.catalog import Catalog
from feed.model.degradation import Degradation
from feed.model.stored_texts import TextKind
from feed.ports.errors import Damaged, NotFound, Unavailable
from feed.ports.shelf import Shelf
from functions.serving.degradation_log import DegradationLog
from functions.serving.loaded_catalog import LoadedCatalog
from functions.telemetry import Metrics, Use

if TYPE_CHECKING:  # no session needs them
    from feed.snapshot.texts import TextIndex

FETCH_S = 5.0
"""deadline for one read from the shelf"""
WAIT_S = 2.0
"""how long a request waits for the texts that it needs"""
RETRY_S = 30.0
"""time after a failure in which the index is not fetched again"""
CACHE_BYTES = 16 * 2**20
"""texts of one kind that are kept, compressed"""
MAX_READS = 8
"""reads from the shelf under way at once"""
MAX_WAITING = 64
"""texts that are read or wait to be; more would keep a slow shelf busy for requests long gone"""
UNAVAILABLE = {
    TextKind.NOTES: Degradation.NOTES_UNAVAILABLE,
    TextKind.TRANSCRIPTS: Degradation.TRANSCRIPTS_UNAVAILABLE,
}
"""what says that texts of a kind could not be read"""


class TextReader:
    """Reads the texts of one kind of the catalog's episodes."""

    def __init__(
        self,
        kind: TextKind,
        shelf: Shelf,
        degradations: DegradationLog,
        metrics: Metrics,
        *,
        cache_bytes: int = CACHE_BYTES,
        wait_s: float = WAIT_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Hold nothing yet. `cache_bytes` bounds what is kept, `wait_s` what a request waits."""
        self._kind = kind
        self._unavailable = UNAVAILABLE[kind]
        self._shelf = shelf
        self._degradations = degradations
        self._metrics = metrics
        self._cache_bytes = cache_bytes
        self._wait_s = wait_s
        self._monotonic = monotonic
        # Its own: while the shelf is slow, reads would occupy the threads that all share.
        self._threads = ThreadPoolExecutor(MAX_READS, kind)
        self._use("")
        metrics.caches[kind] = lambda: Use(self._kept_bytes, cache_bytes, "bytes")

    def _use(self, sha256: str) -> None:
        """Forget the texts of other catalogs than those whose index has this SHA-256."""
        self._sha256 = sha256
        self._index: asyncio.Task[TextIndex | None] | None = None
        self._failed_at = float("-inf")
        self._frames: OrderedDict[int, bytes] = OrderedDict()
        self._kept_bytes = 0
        self._reading: dict[int, asyncio.Task[bytes | None]] = {}

    async def read(
        self, loaded: LoadedCatalog, rows: Collection[int], wait_s: float | None = None
    ) -> tuple[dict[int, bytes], tuple[Degradation, ...]]:
        """Return the JSON of `Notes` or `Transcript` by row, and what went wrong.

        Rows without a text are left out, and so are those that could not be read in time:
        `wait_s` seconds, by default those of the reader. They are read on, for later requests.
        """
        stored = loaded.catalog.texts(self._kind)
        if stored is None or not rows:
            return {}, ()
        if stored.sha256 != self._sha256:  # versions with the same texts share them
            self._use(stored.sha256)
        deadline = self._monotonic() + (self._wait_s if wait_s is None else wait_s)
        index = await self._of(self._index_task(loaded.catalog), deadline)
        if index is None:
            return {}, (self._unavailable,)
        wanted = [row for row in dict.fromkeys(rows) if index.place(row)]
        tasks = {row: self._task(loaded.catalog.version, index, row) for row in wanted}
        found: dict[int, bytes] = {}
        for row, task in tasks.items():
            data = await self._of(task, deadline)
            if data is not None:
                found[row] = data
        lost = len(found) < len(wanted)
        return found, (self._unavailable,) if lost else ()

    def _index_task(self, catalog: Catalog) -> "asyncio.Task[TextIndex | None] | None":
        """Return the task that fetches the index; None shortly after it has failed."""
        if self._index is not None and self._index.done() and _failed(self._index):
            self._index, self._failed_at = None, self._monotonic()
        if self._index is None and self._monotonic() - self._failed_at >= RETRY_S:
            self._index = asyncio.create_task(self._read_index(catalog))
        return self._index

    async def _read_index(self, catalog: Catalog) -> "TextIndex | None":
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._fetch_index, catalog)

    def _task(
        self, version: str, index: "TextIndex", row: int
    ) -> asyncio.Task[bytes | None] | None:
        """Return the task that reads the text of a row, which may be under way already.

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

    async def _read(self, version: str, index: "TextIndex", row: int) -> bytes | None:
        from feed.snapshot.texts import TextError, decode_frame  # noqa: PLC0415

        frames, frame = self._frames, self._frames.get(row)
        self._metrics.count_lookup(self._kind, hit=frame is not None)
        try:
            if frame is None:
                loop = asyncio.get_running_loop()
                frame = await loop.run_in_executor(self._threads, self._fetch, version, index, row)
                if frames is self._frames:  # no other catalog came meanwhile
                    self._keep(row, frame)
            else:
                frames.move_to_end(row)
            return decode_frame(frame)
        except (Damaged, NotFound, Unavailable, TextError) as error:
            reason = f"{self._kind} of {version}, row {row}: {error}"
            self._degradations.explain(self._unavailable, reason)
            return None

    def _keep(self, row: int, frame: bytes) -> None:
        if row not in self._frames:
            self._frames[row] = frame
            self._kept_bytes += len(frame)
        while self._kept_bytes > self._cache_bytes:
            _, oldest = self._frames.popitem(last=False)
            self._kept_bytes -= len(oldest)

    def _fetch(self, version: str, index: "TextIndex", row: int) -> bytes:
        place = index.place(row)
        assert place is not None  # noqa: S101  # for the type checker
        frame = self._shelf.fetch_texts(self._kind, version, *place, FETCH_S)
        index.check(row, frame)
        return frame

    def _fetch_index(self, catalog: Catalog) -> "TextIndex | None":
        from feed.snapshot.texts import TextError, decode_index, index_size  # noqa: PLC0415

        stored, rows = catalog.texts(self._kind), len(catalog)
        assert stored is not None  # noqa: S101  # for the type checker
        try:
            data = self._shelf.fetch_texts(
                self._kind, catalog.version, 0, index_size(rows), FETCH_S
            )
            return decode_index(data, rows, stored.sha256)
        except (Damaged, NotFound, Unavailable, TextError) as error:
            reason = f"{self._kind} of {catalog.version}: {error}"
            self._degradations.explain(self._unavailable, reason)
            return None

    async def _of(self, task: asyncio.Task[Any] | None, deadline: float) -> Any:
        """Return the result of a task, None if it is not there by the deadline; it goes on."""
        if task is None:
            return None
        if not task.done():
            left_s = max(0.0, deadline - self._monotonic())
            await asyncio.wait([task], timeout=left_s)
        if not task.done():
            self._degradations.explain(self._unavailable, "the shelf is too slow")
            return None
        return task.result()


def _failed(fetching: "asyncio.Task[TextIndex | None]") -> bool:
    return fetching.exception() is not None or fetching.result() is None
