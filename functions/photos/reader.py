"""The reader of photos: decodes each in a thread, reads it once, and keeps what it says.

One thread decodes, so that all photos together take one core and the memory of one picture, and the
event loop goes on. The limits of `functions.photos.picture` bound the time of each, which is why no
process of its own is needed, which could be killed but takes longer to start than a photo to read.
"""

import asyncio
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from feed.model.degradation import Degradation
from feed.ports.errors import Unavailable
from feed.ports.language_model import Blocked, LanguageModel
from functions.photos.local_reading import NAME, read_locally
from functions.photos.model_reading import read_by_model
from functions.photos.picture import encoded, small_picture
from functions.photos.reading import Reading
from functions.problems import ProblemError
from functions.serving.degradation_log import DegradationLog
from functions.serving.timed_cache import TimedCache
from functions.telemetry import Metrics, Timings

KEPT_S = 3600.0
MAX_KEPT = 500
MAX_AT_ONCE = 8
"""photos that an instance receives and reads at once, each of which it holds in memory"""
RETRY_AFTER_S = 2

Read = tuple[Reading, str, tuple[Degradation, ...]]
"""what a photo says, what read it, and why it was not the model, if so"""


class PhotoReader:
    """Reads photos, by a model where there is one. Equal photos at one time share one reading."""

    def __init__(
        self,
        model: LanguageModel | None,
        timeout_s: float,
        metrics: Metrics,
        degradations: DegradationLog,
    ) -> None:
        """Keep no reading yet. `timeout_s` is how long the model may take."""
        self._timeout_s = timeout_s
        self._model = model
        self._degradations = degradations
        self._kept: TimedCache[Read] = TimedCache(
            "photos", metrics, ttl_s=KEPT_S, max_entries=MAX_KEPT
        )
        self._under_way: dict[str, asyncio.Task[Read]] = {}
        self._decoder = ThreadPoolExecutor(1, "photos")
        self._places_taken = 0

    @contextmanager
    def place(self, timings: Timings) -> Iterator[None]:
        """Take a place for one photo. Raises `ProblemError` 503 if all are taken."""
        if self._places_taken >= MAX_AT_ONCE:
            timings.refusal = "this instance already reads as many photos as it can: try again soon"
            raise ProblemError(
                503,
                "overloaded",
                timings.refusal,
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        self._places_taken += 1
        try:
            yield
        finally:
            self._places_taken -= 1

    async def read(self, data: bytes) -> Read:
        """Return what a photo says. Raises `PictureError` if the bytes are no acceptable picture.

        A reading goes on when its caller is gone: it is kept for the next one.
        """
        key = hashlib.sha256(data).hexdigest()
        if (kept := self._kept.get(key)) is not None:
            return kept
        if (task := self._under_way.get(key)) is None:
            task = asyncio.create_task(self._read(key, data))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(task)

    def _forget(self, key: str, done: asyncio.Task[Read]) -> None:
        del self._under_way[key]
        if not done.cancelled():
            done.exception()  # seen here, should every caller be gone

    async def _read(self, key: str, data: bytes) -> Read:
        loop = asyncio.get_running_loop()
        reading, jpeg = await loop.run_in_executor(
            self._decoder, _decode, data, self._model is not None
        )
        read: Read = reading, NAME, ()
        if self._model is not None:
            try:
                read = await read_by_model(self._model, jpeg, self._timeout_s), self._model.name, ()
            except Unavailable as error:
                is_blocked = isinstance(error, Blocked)
                cause = Degradation.MODEL_BLOCKED if is_blocked else Degradation.MODEL_UNAVAILABLE
                self._degradations.explain(cause, str(error))
                return reading, NAME, (cause,)
        self._kept.put(key, read)
        return read


def _decode(data: bytes, for_model: bool) -> tuple[Reading, bytes]:
    """Return the local reading of a picture, and its JPEG for a model."""
    picture = small_picture(data)
    return read_locally(picture), encoded(picture) if for_model else b""
