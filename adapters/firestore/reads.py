"""Reads documents straight from Firestore's answers.

Google's client makes a snapshot of each document: the answer wrapped, a reference parsed, the
fields copied. That takes five times as long as the transport, and whoever reads hundreds of
engagements needs only an id, the fields and the time of the last change.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from google.cloud import firestore
from google.cloud.firestore_v1._helpers import decode_value
from google.cloud.firestore_v1.async_query import AsyncQuery

from feed.model.timestamps import from_us

_SCALARS = frozenset(
    {"boolean_value", "integer_value", "double_value", "string_value", "bytes_value"}
)


class Document(NamedTuple):
    """A document that exists."""

    path: str
    """below the database"""
    fields: dict[str, Any]
    updated_us: int
    """time of the last change, microseconds since 1970"""
    read_at: datetime
    """a time at which the documents read with it were so, too, if a query read them"""

    @property
    def id(self) -> str:
        """The id of the document."""
        return self.path.rpartition("/")[2]


class DocumentReference(NamedTuple):
    """A field's value that refers to a document."""

    path: str
    """below the database; the full name if it is in another database"""

    @property
    def id(self) -> str:
        """The id of the document."""
        return self.path.rpartition("/")[2]


async def query_documents(
    query: AsyncQuery, once: Mapping[str, Any], at: datetime | None = None
) -> list[Document]:
    """The documents that a query finds.

    Args:
        query: The query, with a limit.
        once: Arguments of the request: its timeout, and no retry.
        at: The read time; None: now.
    """
    client = query._client  # noqa: SLF001  # no other way to the raw answers
    request, _, _ = query._prep_stream(read_time=at)  # noqa: SLF001
    stream = await client._firestore_api.run_query(  # noqa: SLF001
        request=request,
        metadata=client._rpc_metadata,  # noqa: SLF001
        **once,
    )
    return [one async for one in _documents(client, stream, "document")]


async def get_documents(
    client: firestore.AsyncClient, paths: Iterable[str], once: Mapping[str, Any]
) -> list[Document]:
    """Those of the documents at some paths that exist, in any order.

    `once` are the arguments of the request: its timeout, and no retry.
    """
    database = client._database_string  # noqa: SLF001  # no other way to the raw answers
    names = [f"{database}/documents/{path}" for path in paths]
    stream = await client._firestore_api.batch_get_documents(  # noqa: SLF001
        request={"database": database, "documents": names},
        metadata=client._rpc_metadata,  # noqa: SLF001
        **once,
    )
    return [one async for one in _documents(client, stream, "found")]


def decode_fields(client: Any, fields: Any) -> dict[str, Any]:
    """The fields of a document or a map, from its message."""
    return {name: _decoded(client, value) for name, value in fields.items()}


async def _documents(client: Any, stream: Any, field: str) -> AsyncIterator[Document]:
    read_at = None
    async for answer in stream:
        message = type(answer).pb(answer)
        if not message.HasField(field):
            continue
        found = getattr(message, field)
        if read_at is None:
            read_at = from_us(_us(message.read_time))
        path = found.name.partition("/documents/")[2]
        yield Document(path, decode_fields(client, found.fields), _us(found.update_time), read_at)


def _decoded(client: Any, value: Any) -> Any:
    kind = value.WhichOneof("value_type")
    if kind in _SCALARS:
        return getattr(value, kind)
    if kind == "timestamp_value":
        return from_us(_us(value.timestamp_value))
    if kind == "map_value":
        return decode_fields(client, value.map_value.fields)
    if kind == "array_value":
        return [_decoded(client, one) for one in value.array_value.values]
    if kind == "reference_value":
        prefix = f"{client._database_string}/documents/"  # noqa: SLF001  # as above
        return DocumentReference(value.reference_value.removeprefix(prefix))
    return decode_value(value, client)


def _us(timestamp: Any) -> int:
    """Microseconds since 1970 of a timestamp's message."""
    us: int = timestamp.seconds * 1_000_000 + timestamp.nanos // 1000
    return us
