"""The results of a model in the build cache, so that no episode is paid for twice.

They lie in segments of compressed JSON Lines, of which only the last one is written again. A
segment that is lost costs its own results. Two runs may write to one: what the other has stored is
kept.
"""

import logging
import os
import re
import threading
import zlib
from collections.abc import Iterator

import msgspec

from catalog_builder.enrichment.models.answer import Answer
from feed.ports.builds import BuildCache

SEGMENT = 1_000
"""results that a run writes to a segment: about 200 KB"""
ATTEMPTS = 3
"""to store a segment"""
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


_DECODER = msgspec.json.Decoder(Result)


class StoredResults:
    """The results of one model."""

    def __init__(self, cache: BuildCache, model: str) -> None:
        """Read the results that are stored."""
        self._cache = cache
        self._name = re.sub(r"[^a-z0-9.]+", "-", model.lower())
        self._by_key: dict[str, Result] = {}
        self._number = 0
        self._segment: list[Result] = []
        """results of this run that no earlier segment has"""
        self._is_saved = True
        self._saving = threading.Lock()
        number = missing = 0
        while missing < _GAP:
            found = self._load(number)
            missing = 0 if found else missing + 1
            self._by_key |= found
            if found:
                self._number = number + (len(found) >= SEGMENT)
            number += 1

    def get(self, key: str) -> Result | None:
        """Returns the result for a content's key."""
        return self._by_key.get(key)

    def add(self, result: Result) -> None:
        """Keeps a result; `save` stores it."""
        self._by_key[result.key] = result
        self._segment.append(result)
        self._is_saved = False

    def can_store(self) -> bool:
        """Whether the cache keeps what is saved; otherwise each run would pay again."""
        name = f"enrichment-{self._name}-check"
        before = self._cache.load(name)
        self._cache.save(name, os.urandom(8))
        after = self._cache.load(name)  # perhaps another run's
        return after is not None and after != before

    def save(self) -> None:
        """Stores what was added, from any thread.

        What cannot be stored is logged and tried again with the next call.
        """
        with self._saving:  # one after the other, or an older one might win
            while not self._is_saved:
                self._is_saved = True
                part = self._segment[:SEGMENT]
                if not self._store({one.key: one for one in part}):
                    self._is_saved = False
                    log.warning("%d answers of a model cannot be stored", len(self._segment))
                    return
                if len(part) == SEGMENT:
                    self._number, self._is_saved = self._number + 1, False
                    del self._segment[:SEGMENT]

    def _store(self, results: dict[str, Result]) -> bool:
        """Adds results to the present segment; returns whether it has them then."""
        for _ in range(ATTEMPTS):
            stored = self._load(self._number)
            if results.keys() <= stored.keys():
                return True
            lines = b"\n".join(map(msgspec.json.encode, (stored | results).values()))
            self._cache.save(self._file(self._number), zlib.compress(lines))
        return False

    def __iter__(self) -> Iterator[Result]:
        """Yields all results, in the order in which they came."""
        return iter(self._by_key.values())

    def _load(self, number: int) -> dict[str, Result]:
        """The results in a segment, by key; none if there is no such segment, or a damaged one."""
        data = self._cache.load(self._file(number))
        try:
            lines = zlib.decompressobj().decompress(data or b"", MAX_BYTES).splitlines()
            return {one.key: one for one in map(_DECODER.decode, lines)}
        except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
            log.warning("a segment of enrichment cannot be read: %s", error)
            return {}

    def _file(self, number: int) -> str:
        return f"enrichment-{self._name}-{number:05d}"
