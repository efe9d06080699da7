"""Stores conversations of users in the SQLite file of users."""

import secrets
import sqlite3
from collections.abc import Sequence

import msgspec

from adapters.sqlite.connection import Connection
from feed.ports.conversations import ListedConversation, StoredConversation
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
        return StoredConversation(_decode(turns) if expires_us > now_us else (), revision)

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

    async def page(self, uid: str, limit: int, after: str = "") -> list[ListedConversation]:
        """The conversations of a user by id, behind the id `after`, also those that have expired.

        Fewer than `limit` are the last.
        """
        statement = (
            "SELECT id, turns, expires_us FROM conversations WHERE uid = ? AND id > ? "
            "ORDER BY id LIMIT ?"
        )
        rows = await self._connection.read(statement, uid, after, limit)
        return [ListedConversation(name, _decode(turns), at_us) for name, turns, at_us in rows]

    async def delete_all(self, uid: str) -> int:
        """Delete all conversations of a user; returns their number."""
        statement = "DELETE FROM conversations WHERE uid = ?"
        count = await self._connection.write(lambda db: db.execute(statement, (uid,)).rowcount)
        await self._connection.empty_log()
        return count


def _decode(turns: bytes) -> tuple[Turn, ...]:
    return msgspec.msgpack.decode(turns, type=tuple[Turn, ...])
