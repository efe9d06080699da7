"""Writes engagements of many users at once, each only if it is not stored yet."""

from collections.abc import Iterable, Sequence
from typing import Any

from google.cloud import firestore
from google.cloud.firestore_v1 import _helpers
from grpc import StatusCode

from adapters.firestore.connection import Connection
from adapters.firestore.documents import engagement_fields, is_document_id
from adapters.firestore.errors import translate_errors
from adapters.firestore.schema.schema import Schema
from feed.model.engagement import Engagement
from feed.model.timestamps import to_us
from feed.ports.errors import Unavailable

OK, ALREADY_EXISTS = StatusCode.OK.value[0], StatusCode.ALREADY_EXISTS.value[0]
BATCH = 500
"""documents in one call"""
DELETED = "older than the deletion of the user's data"
NO_USER = "user_id can be no id"


class HistoryWriter:
    """Writes to Earshot's own collection, within `timeout_s` (seconds) for each call."""

    def __init__(self, project: str | None, schema: Schema, *, timeout_s: float) -> None:
        self._schema = schema
        self._connection = Connection(project, schema.database, timeout_s)

    async def create(self, some: Sequence[tuple[str, Engagement]]) -> list[str | None]:
        """Store up to `BATCH` engagements of users that are not stored yet.

        Returns for each why it is left out; an empty text for one that was already stored, or
        comes twice; None for one that is new. Where the app's documents outlive a deletion, what is
        older than that is left out. Raises `Unavailable`: some may be stored then.
        """
        results: list[str | None] = [None if is_document_id(uid) else NO_USER for uid, _ in some]
        with translate_errors("write engagements"):
            client = await self._connection.open()
            users = {uid for (uid, _), refused in zip(some, results, strict=True) if not refused}
            deleted_us = await self._deleted_us(client, users)
            writes: dict[str, Any] = {}
            places: list[int] = []
            for number, (uid, one) in enumerate(some):
                if results[number]:
                    continue
                if one.timestamp_us <= deleted_us.get(uid, one.timestamp_us - 1):
                    results[number] = DELETED
                    continue
                path = self._schema.earshot.engagement.fill(uid=uid, id=one.id)
                if path in writes:
                    results[number] = ""
                    continue
                full = f"{client._database_string}/documents/{path}"  # noqa: SLF001
                writes[path] = _helpers.pbs_for_create(full, engagement_fields(one))[0]
                places.append(number)
            if writes:
                statuses = await self._write(client, list(writes.values()))
                for number, code in zip(places, statuses, strict=True):
                    results[number] = "" if code == ALREADY_EXISTS else None
        return results

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def _write(self, client: firestore.AsyncClient, writes: list[Any]) -> list[int]:
        answer = await client._firestore_api.batch_write(  # noqa: SLF001  # no public way
            request={"database": client._database_string, "writes": writes},  # noqa: SLF001
            metadata=client._rpc_metadata,  # noqa: SLF001
            **self._connection.once,
        )
        codes = [one.code for one in answer.status]
        if others := set(codes) - {OK, ALREADY_EXISTS}:
            codes_found = ", ".join(map(str, sorted(others)))
            raise Unavailable(f"Firestore cannot write engagements: gRPC status {codes_found}")
        return codes

    async def _deleted_us(
        self, client: firestore.AsyncClient, users: Iterable[str]
    ) -> dict[str, int]:
        """When the data of those users who deleted them were deleted, in microseconds."""
        if self._schema.owns_all:
            return {}
        place = self._schema.earshot.document("deleted")
        owners = {place.fill(uid=uid): uid for uid in users}
        references = [client.document(path) for path in owners]
        found = {}
        async for one in client.get_all(references, **self._connection.once):
            if one.exists:
                found[owners[one.reference.path]] = to_us(one.get("at"))
        return found
