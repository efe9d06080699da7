"""Reads all users' summaries from a SQLite file, for the builder."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from adapters.sqlite.file import has_update_times
from feed.model.engagement import Summary, SummaryError
from feed.ports.errors import Unavailable
from feed.summary.document import from_document

PAGE = 500
"""rows read at once"""


class SqliteArchive:
    """A `SummaryArchive` over the file of an `SqliteStore`; a missing file has no summaries."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def summaries(self) -> Iterator[Summary]:
        """Yield every summary that can be decoded. Raises `Unavailable`."""
        return self._read(0)

    def changed_since(self, us: int) -> Iterator[Summary]:
        """Yield the summaries written at or after `us`, microseconds since 1970.

        Yields all of a file that only an earlier version used. Raises `Unavailable`.
        """
        return self._read(us)

    def _read(self, since_us: int) -> Iterator[Summary]:
        if not self._path.exists():
            return
        try:
            db = sqlite3.connect(f"{self._path.resolve().as_uri()}?mode=ro", uri=True)
            try:
                where = f"WHERE updated_us >= {since_us}" if has_update_times(db) else ""
                statement = f"SELECT document FROM summaries {where} ORDER BY uid"  # noqa: S608
                found = db.execute(statement)  # a number is all that was put into it
                while rows := found.fetchmany(PAGE):
                    yield from filter(None, map(_summary, rows))
            finally:
                db.close()
        except sqlite3.Error as error:
            raise Unavailable(f"{self._path}: {error}") from error


def _summary(row: tuple[bytes]) -> Summary | None:
    try:
        return from_document(msgspec.msgpack.decode(row[0]))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, SummaryError):
        return None  # its writer rebuilds it
