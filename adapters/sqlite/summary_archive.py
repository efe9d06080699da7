"""Reads all users' summaries from a SQLite file, for the builder."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from adapters.sqlite.file import has_update_times
from feed.model.engagement import Summary, SummaryError
from feed.ports.errors import Unavailable
from feed.ports.users import SummaryPage
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

    def page(self, position: str = "") -> SummaryPage:
        """Read the summaries of at most `PAGE` users behind a user id. Raises `Unavailable`."""
        statement = "SELECT document, uid FROM summaries WHERE uid > ? ORDER BY uid LIMIT ?"
        rows: list[tuple[bytes, str]] = []
        with self._open() as db:
            if db is not None:
                rows = db.execute(statement, (position, PAGE)).fetchall()
        found = [(row[1], summary) for row in rows if (summary := _summary(row)) is not None]
        return SummaryPage(found, len(rows), rows[-1][1] if len(rows) == PAGE else "")

    def count_reads(self) -> int:
        """The number of summaries. Raises `Unavailable`."""
        with self._open() as db:
            return 0 if db is None else db.execute("SELECT count(*) FROM summaries").fetchone()[0]

    def _read(self, since_us: int) -> Iterator[Summary]:
        with self._open() as db:
            if db is None:
                return
            where = f"WHERE updated_us >= {since_us}" if has_update_times(db) else ""
            statement = f"SELECT document FROM summaries {where} ORDER BY uid"  # noqa: S608
            found = db.execute(statement)  # a number is all that was put into it
            while rows := found.fetchmany(PAGE):
                yield from filter(None, map(_summary, rows))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection | None]:
        """A context with the file, opened to be read; None where it does not exist."""
        if not self._path.exists():
            yield None
            return
        try:
            with closing(
                sqlite3.connect(f"{self._path.resolve().as_uri()}?mode=ro", uri=True)
            ) as db:
                yield db
        except sqlite3.Error as error:
            raise Unavailable(f"{self._path}: {error}") from error


def _summary(row: Sequence[Any]) -> Summary | None:
    try:
        return from_document(msgspec.msgpack.decode(row[0]))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, SummaryError):
        return None  # its writer rebuilds it
