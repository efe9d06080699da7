"""Reads all users' summaries from a SQLite file, for the builder."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

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
        if not self._path.exists():
            return
        try:
            db = sqlite3.connect(f"{self._path.resolve().as_uri()}?mode=ro", uri=True)
            try:
                found = db.execute("SELECT document FROM summaries ORDER BY uid")
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
