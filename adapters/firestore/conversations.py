"""Stores conversations of users in Firestore, below Earshot's own documents.

They are in a collection of a name that no app has, `earshot_conversations`, below
`users/{uid}/earshot/conversations`. So a full pass over the collections `earshot` does not read
them, and the policy that deletes what has expired (TTL) touches no document of an app.
"""

import logging
from collections.abc import Sequence
from typing import Any

import msgspec
from google.cloud import firestore

from adapters.firestore.connection import Connection, check_user
from adapters.firestore.errors import translate_conflict, translate_errors, translate_unstorable
from adapters.firestore.schema.schema import Schema
from feed.model.timestamps import from_us, to_us
from feed.ports.conversations import ListedConversation, StoredConversation
from feed.ports.language_model import Turn

PAGE = 300
"""documents that are deleted in one call"""

log = logging.getLogger(__name__)


class _StoredTurn(msgspec.Struct, frozen=True):
    role: str
    text: str


class FirestoreConversations:
    """A `Conversations` over the connection of the store of users."""

    def __init__(self, connection: Connection, schema: Schema) -> None:
        self._connection = connection
        self._place = schema.earshot.conversation
        self._once = connection.once

    async def read(self, uid: str, conversation_id: str, now_us: int) -> StoredConversation | None:
        """A user's conversation, without turns if it has expired; None if there is none."""
        with translate_errors("read a conversation"):
            snapshot = await (await self._document(uid, conversation_id)).get(**self._once)
        if not snapshot.exists:
            return None
        turns, expires_us = _decode(snapshot)
        is_current = expires_us is not None and expires_us > now_us
        return StoredConversation(turns if is_current else (), snapshot.update_time.rfc3339())

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
        del now_us  # a policy of the database deletes what has expired
        document = {
            "turns": [{"role": one.role, "text": one.text} for one in turns],
            "expires_at": from_us(expires_us),
        }
        with (
            translate_errors("write a conversation"),
            translate_unstorable(),
            translate_conflict(revision),
        ):
            doc = await self._document(uid, conversation_id)
            if revision is None:
                result = await doc.create(document, **self._once)
            else:
                option = await self._connection.unchanged_since(revision)
                result = await doc.update(document, option=option, **self._once)
        new: str = result.update_time.rfc3339()
        return new

    async def page(self, uid: str, limit: int, after: str = "") -> list[ListedConversation]:
        """The conversations of a user by id, behind the id `after`, also those that have expired.

        Fewer than `limit` are the last. Costs one document read for each, and one if there are
        none. What is malformed has no turns.
        """
        with translate_errors("list conversations"):
            query = (await self._collection(uid)).order_by("__name__").limit(limit)
            if after:
                query = query.start_after({"__name__": await self._document(uid, after)})
            found = await query.get(**self._once)
        return [ListedConversation(one.id, *_decode(one)) for one in found]

    async def delete_all(self, uid: str) -> int:
        """Delete all conversations that a user has when the call begins; returns their number."""
        count = 0
        with translate_errors("remove conversations"):
            client, every = await self._connection.open(), await self._collection(uid)
            rest = every.select([]).order_by("__name__").limit(PAGE)
            while page := await rest.get(**self._once):
                batch = client.batch()
                for snapshot in page:
                    batch.delete(snapshot.reference)
                await batch.commit(**self._once)
                count += len(page)
                rest = rest.start_after(page[-1])
        return count

    async def _collection(self, uid: str) -> firestore.AsyncCollectionReference:
        check_user(uid)
        client = await self._connection.open()
        return client.collection(self._place.fill(uid=uid).rpartition("/")[0])

    async def _document(self, uid: str, conversation_id: str) -> firestore.AsyncDocumentReference:
        check_user(uid)
        client = await self._connection.open()
        return client.document(self._place.fill(uid=uid, id=conversation_id))


def _decode(snapshot: Any) -> tuple[tuple[Turn, ...], int | None]:
    """The turns of a document and when it expires; neither where they are malformed."""
    fields = snapshot.to_dict() or {}
    try:
        stored = msgspec.convert(fields["turns"], list[_StoredTurn])
        turns = tuple(msgspec.convert((one.role, one.text), Turn) for one in stored)
        return turns, to_us(fields["expires_at"])
    except (KeyError, AttributeError, TypeError, msgspec.ValidationError) as error:
        log.warning("%s is malformed: %s", snapshot.reference.path, error)
        return (), None
