"""Stores conversations of users in the SQLite file of users."""

import secrets
import sqlite3
from collections.abc import Sequence

import msgspec

from adapters.sqlite.connection import Connection
from feed.ports.conversations import StoredConversation
from feed.ports.errors import Conflict
from feed.ports.language_model import Turn


class SqliteConversations:
    """A `Conversations` in the file that a connection opens.

    Each write also deletes what has expired, of all users.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def read(self, uid: str, conversation_id: str, now_us: int) -> StoredConversation | None:
        """A user's conversation, without turns if it has expired; None if there is none."""
        row = await self._connection.read_one(
            "SELECT turns, expires_us, revision FROM conversations WHERE uid = ? AND id = ?",
            uid,
            conversation_id,
        )
        if row is None:
            return None
        turns, expires_us, revision = row
        current = (
            msgspec.msgpack.decode(turns, type=tuple[Turn, ...]) if expires_us > now_us else ()
        )
        return StoredConversation(current, revision)

    async def write(
        self,
        uid: str,
        conversation_id: str,
        turns: Sequence[Turn],
        *,
        now_us: int,
        expires_us: int,
        revision: str | None,
    ) -> str:
        """Write a conversation if its stored revision is still `revision` (None: it has none).

        Returns the new revision. Raises `Conflict`.
        """
        data, new = msgspec.msgpack.encode(turns), secrets.token_hex(8)

        def write(db: sqlite3.Connection) -> int:
            expired = "DELETE FROM conversations WHERE expires_us <= ? AND NOT (uid = ? AND id = ?)"
            db.execute(expired, (now_us, uid, conversation_id))
            if revision is None:
                statement = "INSERT OR IGNORE INTO conversations VALUES (?, ?, ?, ?, ?)"
                return db.execute(statement, (uid, conversation_id, data, expires_us, new)).rowcount
            statement = (
                "UPDATE conversations SET turns = ?, expires_us = ?, revision = ? "
                "WHERE uid = ? AND id = ? AND revision = ?"
            )
            values = (data, expires_us, new, uid, conversation_id, revision)
            return db.execute(statement, values).rowcount

        if not await self._connection.write(write):
            raise Conflict(f"the conversation is no longer at {revision}")
        return new

    async def delete_all(self, uid: str) -> int:
        """Delete all conversations of a user; returns their number."""
        statement = "DELETE FROM conversations WHERE uid = ?"
        count = await self._connection.write(lambda db: db.execute(statement, (uid,)).rowcount)
        await self._connection.empty_log()
        return count
