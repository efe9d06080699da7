"""Reads some documents of each source, to see whether they are understood."""

import asyncio
from typing import Any

from google.cloud import firestore

from adapters.firestore.connection import Connection
from adapters.firestore.errors import translate_errors
from adapters.firestore.reads import query_documents
from adapters.firestore.refusals import Refusals
from adapters.firestore.schema.schema import Schema
from adapters.firestore.sources import Source, api_path, sources_of

TIMEOUT_S = 30.0


async def sample_documents(project: str | None, schema: Schema, limit: int) -> tuple[int, Refusals]:
    """Read up to `limit` documents of each source of engagements: how many, and what is refused.

    In a collection of all users half of them are the newest, and half the first by id: these may
    lack the time. Raises `Unavailable`.
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
    queries: list[Any]
    if source.place.is_of_user:
        queries = [client.collection_group(source.place.collection).limit(limit)]
    else:
        collection = client.collection(source.place.text.rpartition("/")[0])
        newest = collection.order_by(api_path(source.time.field), direction="DESCENDING")
        queries = [newest.limit(limit - limit // 2), collection.limit(limit // 2)]
    pages = await asyncio.gather(*(query_documents(query, once) for query in queries))
    found = {one.path: one for page in pages for one in page}
    sample = [one for path, one in found.items() if source.place.match(path)]
    for one in sample:
        source.check(one)
    return len(sample)
