"""Episodes in Firestore, of which only what changed since the last reading is read again."""

import logging
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from adapters.firestore.episodes import FirestoreEpisodes
from feed.ports.builds import Copies
from feed.ports.episodes import Problem, Record

MARGIN = timedelta(minutes=10)
"""a write may become visible some time after the time that it carries"""
_VERSION = 1

log = logging.getLogger(__name__)


class _Remembered(msgspec.Struct, frozen=True, array_like=True):
    """The whole of a collection as it was read."""

    version: int
    collection: str
    read_at: datetime
    """when the reading began, by this machine's clock"""
    records: dict[str, dict[str, Any]]
    """by document id"""


class RememberedEpisodes:
    """An `EpisodeSource` over a collection, and a copy of how it was last read.

    Every document has to carry a Timestamp `updated_at` that its writers set on every change. Where
    one does not, nobody could tell what changed, so everything is read, and a log line says so.
    """

    def __init__(
        self,
        source: FirestoreEpisodes,
        copies: Copies,
        *,
        full: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`full` reads everything, and remembers it."""
        self._source = source
        self._copies = copies
        self._full = full
        self._clock = clock

    def read(self) -> Iterator[Record | Problem]:
        """Yield every document as a record named `episodes/<id>`, in the order of ids."""
        began = self._clock()
        records = None if self._full else self._changed()
        if records is None:
            found = (one for one in self._source.read() if isinstance(one, Record))
            records = {_id(one): dict(one.fields) for one in found}
        self._copies.keep(self._copy, _packed(_Remembered(_VERSION, self._name, began, records)))
        for name in sorted(records):
            yield Record(f"{self._name}/{name}", records[name])

    def _changed(self) -> dict[str, dict[str, Any]] | None:
        """The records remembered, brought up to date; None where everything has to be read."""
        kept = self._copies.load(self._copy)
        before = _unpacked(kept) if kept is not None else None
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

    @property
    def _name(self) -> str:
        return self._source.collection

    @property
    def _copy(self) -> str:
        return f"firestore-{self._name.replace('/', '-')}.msgpack.z"


def _id(record: Record) -> str:
    """The document's id, at the end of where it was read."""
    return record.where.rpartition("/")[2]


def _packed(remembered: _Remembered) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(remembered), 1)


def _unpacked(data: bytes) -> _Remembered | None:
    try:
        return msgspec.msgpack.decode(zlib.decompress(data), type=_Remembered)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("what was remembered cannot be read: %s", error)
        return None
