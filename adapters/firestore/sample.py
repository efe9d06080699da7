"""Reads some documents of each source, to see whether they are understood."""

import asyncio
from typing import Any

from google.cloud import firestore

from adapters.firestore.connection import Connection
from adapters.firestore.errors import translate_errors
from adapters.firestore.refusals import Refusals
from adapters.firestore.schema.schema import Schema
from adapters.firestore.sources import Source, api_path, sources_of

TIMEOUT_S = 30.0


async def sample_documents(project: str | None, schema: Schema, limit: int) -> tuple[int, Refusals]:
    """Read up to `limit` documents of each source of engagements: how many, and what is refused.

    In a collection of all users they are the newest. Raises `Unavailable`.
    """
    connection, refusals = Connection(project, schema.database, TIMEOUT_S), Refusals()
    with translate_errors("read engagements"):
        client = await connection.open()
        counts = await asyncio.gather(
            *(
                _sample(client, source, limit, connection.once)
                for source in sources_of(schema, refusals)
            )
        )
    await connection.close()
    return sum(counts), refusals


async def _sample(
    client: firestore.AsyncClient, source: Source, limit: int, once: dict[str, Any]
) -> int:
    query: Any
    if source.place.is_of_user:
        query = client.collection_group(source.place.collection).limit(limit)
    else:
        collection = client.collection(source.place.text.rpartition("/")[0])
        newest = collection.order_by(api_path(source.time.field), direction="DESCENDING")
        query = newest.limit(limit)
    found = [one for one in await query.get(**once) if source.place.match(one.reference.path)]
    for snapshot in found:
        source.check(snapshot)
    return len(found)
