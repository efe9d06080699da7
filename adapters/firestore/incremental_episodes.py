"""Reads episodes from Firestore incrementally: only those that changed since the last build."""

import logging
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from adapters.firestore.episodes import FirestoreEpisodes
from feed.ports.builds import BuildCache
from feed.ports.episodes import SourceProblem, SourceRecord

MARGIN = timedelta(minutes=10)
"""a write may become visible so long after the time in its `updated_at`"""
_VERSION = 1

log = logging.getLogger(__name__)


class _CollectionCopy(msgspec.Struct, frozen=True, array_like=True):
    """All documents of a collection, as they were last read."""

    version: int
    collection: str
    read_at: datetime
    """when that read began, by this machine's clock"""
    records: dict[str, dict[str, Any]]
    """fields by document id"""


class IncrementalEpisodes:
    """An `EpisodeSource` over a collection that reads only what changed since its last read.

    Every document needs a Timestamp `updated_at` that is set on every change. If one lacks it, the
    whole collection is read, and a log line says so.
    """

    def __init__(
        self,
        source: FirestoreEpisodes,
        cache: BuildCache,
        *,
        full: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """With `full`, read the whole collection, whatever is stored in `cache`."""
        self._source = source
        self._name = source.collection
        self._copy = f"firestore-{self._name.replace('/', '-')}.msgpack.z"
        self._cache = cache
        self._full = full
        self._clock = clock

    def read(self) -> Iterator[SourceRecord | SourceProblem]:
        """Yield every document as a record named `<collection>/<id>`, ordered by id."""
        began = self._clock()
        records = None if self._full else self._changed()
        if records is None:
            found = (one for one in self._source.read() if isinstance(one, SourceRecord))
            records = {_id(one): dict(one.fields) for one in found}
        copy = _CollectionCopy(_VERSION, self._name, began, records)
        self._cache.save(self._copy, zlib.compress(msgspec.msgpack.encode(copy), 1))
        for name in sorted(records):
            yield SourceRecord(f"{self._name}/{name}", records[name])

    def _changed(self) -> dict[str, dict[str, Any]] | None:
        """The stored documents with all changes; None if the whole collection has to be read."""
        data = self._cache.load(self._copy)
        before = _decode(data) if data is not None else None
        if before is None or (before.version, before.collection) != (_VERSION, self._name):
            return None
        if undated := self._source.undated():
            log.warning(
                "%s: %d documents have no Timestamp updated_at: everything is read",
                self._name,
                undated,
            )
            return None
        changes = self._source.changed_since(before.read_at - MARGIN, before.records.keys())
        records = {
            name: fields for name, fields in before.records.items() if name not in changes.deleted
        }
        return records | {_id(one): dict(one.fields) for one in changes.records}


def _id(record: SourceRecord) -> str:
    """The id of a record's document: the last part of its path."""
    return record.where.rpartition("/")[2]


def _decode(data: bytes) -> _CollectionCopy | None:
    try:
        return msgspec.msgpack.decode(zlib.decompress(data), type=_CollectionCopy)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("the stored copy of the collection cannot be decoded: %s", error)
        return None
