"""The results of a model in the build cache, so that no episode is paid for twice.

They lie in segments of compressed JSON Lines, of which only the last one is written again. A
segment that is lost costs its own results.
"""

import logging
import re
import threading
import zlib
from collections.abc import Iterator

import msgspec

from catalog_builder.enrichment.models.answer import Answer
from feed.ports.builds import BuildCache

SEGMENT = 1_000
"""results in a segment: about 200 KB"""
MAX_BYTES = 1 << 26
"""of a segment that is decompressed"""
_GAP = 3
"""missing segments in a row after which there are no more"""

log = logging.getLogger(__name__)


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one question to the model."""

    key: str
    """of the content that the model was asked about"""
    answer: Answer | None = None
    reason: str = ""
    """why there is no answer, although the model was asked twice"""


class StoredResults:
    """The results of one model."""

    def __init__(self, cache: BuildCache, model: str) -> None:
        """Read the results that are stored."""
        self._cache = cache
        self._name = re.sub(r"[^a-z0-9.]+", "-", model.lower())
        self._by_key: dict[str, Result] = {}
        self._number = 0
        self._segment: list[Result] = []
        self._is_saved = True
        self._saving = threading.Lock()
        decoder = msgspec.json.Decoder(Result)
        for number, lines in self._segments():
            found = [decoder.decode(line) for line in lines.splitlines()]
            self._by_key.update((one.key, one) for one in found)
            self._number, self._segment = number, found
        if len(self._segment) >= SEGMENT:
            self._number, self._segment = self._number + 1, []

    def get(self, key: str) -> Result | None:
        """Returns the result for a content's key."""
        return self._by_key.get(key)

    def add(self, result: Result) -> None:
        """Keeps a result; `save` stores it."""
        if len(self._segment) >= SEGMENT:
            self.save()
            self._number, self._segment = self._number + 1, []
        self._by_key[result.key] = result
        self._segment.append(result)
        self._is_saved = False

    def save(self) -> None:
        """Stores what was added, from any thread.

        A failure is logged; then the results are paid for again.
        """
        with self._saving:  # one after the other, or an older one might win
            if self._is_saved:
                return
            self._is_saved = True
            lines = b"\n".join(map(msgspec.json.encode, self._segment))
            self._cache.save(self._file(self._number), zlib.compress(lines))

    def __iter__(self) -> Iterator[Result]:
        """Yields all results, in the order in which they came."""
        return iter(self._by_key.values())

    def _segments(self) -> Iterator[tuple[int, bytes]]:
        number = missing = 0
        while missing < _GAP:
            data = self._cache.load(self._file(number))
            missing = 0 if data else missing + 1
            if data:
                try:
                    yield number, zlib.decompressobj().decompress(data, MAX_BYTES)
                except (zlib.error, msgspec.DecodeError) as error:
                    log.warning("a segment of enrichment cannot be read: %s", error)
            number += 1

    def _file(self, number: int) -> str:
        return f"enrichment-{self._name}-{number:05d}"
