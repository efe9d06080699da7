"""Stores engagements, profiles and summaries of users in one SQLite file, for one machine.

Every write also records an event, in the same transaction, as Firestore does for its triggers. If a
process is killed between an engagement and the update of the summary, the event remains.

Deleted data are overwritten (`secure_delete`) and the log is emptied. Copies may remain in pages
that SQLite has rearranged, and in the events of the deletion: `purge` removes those, too.
"""

import secrets
import sqlite3
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from adapters.sqlite.connection import Connection
from feed.model.engagement import Engagement, Profile, Summary, SummaryError
from feed.ports.errors import Conflict
from feed.ports.users import RemovedEngagements, StoreCounts, StoredSummary
from feed.summary.document import from_document, to_document

_COLUMNS = ", ".join(Engagement.__struct_fields__)


class PendingEvent(NamedTuple):
    """A write that is not yet reflected in the user's summary."""

    number: int
    uid: str
    engagement_id: str | None
    """the engagement that was written; None: the profile"""


class SqliteStore:
    """A `SummaryStore` in one file, in WAL mode, accessed by a thread of its own."""

    sources = 1

    def __init__(self, path: Path) -> None:
        self.connection = Connection(path)

    async def connect(self) -> None:
        """Does nothing: opening the file is as fast as reading it."""

    # --- summaries ---

    async def read_summary(self, uid: str) -> StoredSummary | None:
        """The summary of a user with its revision; None if there is none."""
        row = await self.connection.read_one(
            "SELECT document, revision FROM summaries WHERE uid = ?", uid
        )
        if row is None:
            return None
        try:
            return StoredSummary(from_document(msgspec.msgpack.decode(row[0])), row[1])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, SummaryError):
            return StoredSummary(None, row[1])

    async def write_summary(self, uid: str, summary: Summary, revision: str | None) -> str:
        """Write a user's summary if its stored revision is still `revision` (None: it has none).

        Returns the new revision. Raises `Conflict`.
        """
        return await self._write(uid, summary, revision, _now_us())

    async def write_seen(self, uid: str, summary: Summary, revision: str | None) -> str:
        """Write what a user saw if the summary's stored revision is still `revision`.

        The archive does not count it as a change. Returns the new revision. Raises `Conflict`.
        """
        return await self._write(uid, summary, revision, None)

    async def _write(
        self, uid: str, summary: Summary, revision: str | None, changed_us: int | None
    ) -> str:
        """Write a summary that changed then; None: for the archive it did not."""
        document = msgspec.msgpack.encode(to_document(summary))
        new = secrets.token_hex(8)

        def write(db: sqlite3.Connection) -> int:
            if revision is None:
                statement = (
                    "INSERT OR IGNORE INTO summaries (uid, document, revision, updated_us) "
                    "VALUES (?, ?, ?, ?)"
                )
                return db.execute(statement, (uid, document, new, changed_us or 0)).rowcount
            statement = (
                "UPDATE summaries SET document = ?, revision = ?, "
                "updated_us = coalesce(?, updated_us) WHERE uid = ? AND revision = ?"
            )
            return db.execute(statement, (document, new, changed_us, uid, revision)).rowcount

        if not await self.connection.write(write):
            raise Conflict(f"the summary is no longer at {revision}")
        return new

    async def delete_summary(self, uid: str, revision: str) -> None:
        """Delete a user's summary if its stored revision is still `revision`. Raises `Conflict`."""
        statement = "DELETE FROM summaries WHERE uid = ? AND revision = ?"
        if not await self.connection.write(
            lambda db: db.execute(statement, (uid, revision)).rowcount
        ):
            raise Conflict(f"the summary is no longer at {revision}")
        await self.connection.empty_log()

    # --- engagements ---

    async def read_engagements(self, uid: str, ids: Sequence[str]) -> dict[str, Engagement | None]:
        """The engagements of these ids as they are now; None for one that does not exist."""
        statement = (
            f"SELECT {_COLUMNS} FROM engagements WHERE uid = ? "  # noqa: S608  # our own columns
            "AND id IN (SELECT value FROM json_each(?))"
        )
        rows = await self.connection.read(statement, uid, msgspec.json.encode(ids).decode())
        return dict.fromkeys(ids) | {row[0]: _engagement(row) for row in rows}

    async def newest_engagements(
        self, uid: str, limit: int, after: tuple[int, str] | None = None
    ) -> list[Engagement]:
        """The newest engagements, at most `limit`, in the order of `engagement.newest_first`.

        With `after`, a timestamp in microseconds and an id, only those behind that position.
        """
        where, values = "uid = ?", [uid]
        if after is not None:
            # The first condition lets the index find the place.
            where += " AND timestamp_us <= ? AND (timestamp_us < ? OR id > ?)"
            values += [after[0], after[0], after[1]]  # type: ignore[list-item]
        statement = (
            f"SELECT {_COLUMNS} FROM engagements WHERE {where} "  # noqa: S608  # our own columns
            "ORDER BY timestamp_us DESC, id LIMIT ?"
        )
        return [_engagement(row) for row in await self.connection.read(statement, *values, limit)]

    async def put_engagement(self, uid: str, engagement: Engagement) -> None:
        """Store an engagement in place of an earlier one of the same id."""
        values = (uid, *msgspec.structs.astuple(engagement))

        def put(db: sqlite3.Connection) -> None:
            statement = (
                f"INSERT OR REPLACE INTO engagements (uid, {_COLUMNS}) "  # noqa: S608  # as above
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            )
            db.execute(statement, values)
            _record(db, uid, [engagement.id])

        await self.connection.write(put)

    async def delete_engagement(self, uid: str, engagement_id: str) -> bool:
        """Delete an engagement; False if it did not exist."""
        statement = "DELETE FROM engagements WHERE uid = ? AND id = ?"
        return await self._delete_one(statement, uid, engagement_id)

    async def delete_engagements(self, uid: str) -> RemovedEngagements:
        """Delete all engagements of a user; returns their ids and the time of the deletion."""

        def delete(db: sqlite3.Connection) -> RemovedEngagements:
            statement = "DELETE FROM engagements WHERE uid = ? RETURNING id"
            ids = [row[0] for row in db.execute(statement, (uid,)).fetchall()]
            _record(db, uid, ids)
            # The file is locked: until now nothing else is written.
            return RemovedEngagements(ids, _now_us())

        removal = await self.connection.write(delete)
        await self.connection.empty_log()
        return removal

    # --- profiles ---

    async def read_profile(self, uid: str) -> Profile:
        """The profile of a user, empty if there is none."""
        row = await self.connection.read_one("SELECT fields FROM profiles WHERE uid = ?", uid)
        return msgspec.json.decode(row[0], type=Profile) if row else Profile()

    async def update_profile(self, uid: str, changes: Mapping[str, Any]) -> Profile:
        """Set some fields of a profile atomically; returns the whole profile."""

        def update(db: sqlite3.Connection) -> Profile:
            row = db.execute("SELECT fields FROM profiles WHERE uid = ?", (uid,)).fetchone()
            before = msgspec.json.decode(row[0], type=Profile) if row else Profile()
            profile = msgspec.structs.replace(before, **changes)
            statement = "INSERT OR REPLACE INTO profiles VALUES (?, ?)"
            db.execute(statement, (uid, msgspec.json.encode(profile)))
            _record(db, uid, [None])
            return profile

        return await self.connection.write(update)

    async def delete_profile(self, uid: str) -> bool:
        """Delete the profile of a user; False if there was none."""
        return await self._delete_one("DELETE FROM profiles WHERE uid = ?", uid)

    # --- all users ---

    async def users(self, limit: int, after: str | None = None) -> list[str]:
        """Ids of users with any stored data, ordered, behind the id `after`."""
        statement = """
            SELECT uid FROM engagements WHERE uid > ?1 UNION
            SELECT uid FROM profiles WHERE uid > ?1 UNION
            SELECT uid FROM summaries WHERE uid > ?1 ORDER BY uid LIMIT ?2
        """
        return [row[0] for row in await self.connection.read(statement, after or "", limit)]

    async def count(self) -> StoreCounts:
        """The numbers of stored profiles, summaries and engagements."""
        tables = ("profiles", "summaries", "engagements")
        counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)  # noqa: S608
        return StoreCounts(*await self.connection.read_one(f"SELECT {counts}"))

    async def purge(self) -> None:
        """Rewrite the file without remains of deleted data; slow for a large file."""
        await self.connection.run(lambda db: db.execute("VACUUM"))
        await self.connection.empty_log()

    # --- events ---

    async def events(self) -> list[PendingEvent]:
        """The pending events, oldest first."""
        rows = await self.connection.read(
            "SELECT number, uid, engagement_id FROM events ORDER BY number"
        )
        return [PendingEvent(*row) for row in rows]

    async def handled(self, events: Sequence[Any]) -> None:
        """Delete these events once the summaries reflect them."""
        numbers = [(event.number,) for event in events]
        await self.connection.write(
            lambda db: db.executemany("DELETE FROM events WHERE number = ?", numbers)
        )

    async def _delete_one(self, statement: str, uid: str, engagement_id: str | None = None) -> bool:
        """Delete an engagement, or else the profile, and record it; False if it did not exist."""
        values = (uid,) if engagement_id is None else (uid, engagement_id)

        def delete(db: sqlite3.Connection) -> bool:
            existed = db.execute(statement, values).rowcount > 0
            if existed:
                _record(db, uid, [engagement_id])
            return existed

        existed = await self.connection.write(delete)
        await self.connection.empty_log()
        return existed


def _now_us() -> int:
    return time.time_ns() // 1000


def _engagement(row: Sequence[Any]) -> Engagement:
    return Engagement(**dict(zip(Engagement.__struct_fields__, row, strict=True)))


def _record(db: sqlite3.Connection, uid: str, engagement_ids: Sequence[str | None]) -> None:
    statement = "INSERT INTO events (uid, engagement_id) VALUES (?, ?)"
    db.executemany(statement, [(uid, one) for one in engagement_ids])
