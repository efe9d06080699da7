"""Reads a user's newest engagements from all sources."""

import asyncio
from collections.abc import Sequence
from typing import Any

from google.cloud import firestore

from adapters.firestore.documents import Position
from adapters.firestore.pages import Documents, engagement_page
from adapters.firestore.reads import Document
from adapters.firestore.schema.values import field_at
from adapters.firestore.sources import Source, api_path
from adapters.firestore.windows import latest_us, nearly_ordered, query_until
from feed.model.engagement import Engagement, newest_first

PAGE = 1000
"""documents returned by one query"""


async def newest_of_all(
    sources: Sequence[tuple[Source, int]],
    client: firestore.AsyncClient,
    uid: str,
    limit: int,
    after: Position | None,
    once: dict[str, Any],
) -> list[Engagement]:
    """The newest engagements of a user, at most `limit`, behind the position `after`.

    Args:
        sources: Each with the time of the user's deletion, in microseconds since 1970: what is
            older is left out.
        client: The client of this event loop.
        uid: The user.
        limit: The number wanted; fewer are returned only at the end.
        after: A timestamp in microseconds and an id; None: at the newest.
        once: Arguments of each request: its timeout, and no retry.
    """
    lists = await asyncio.gather(
        *(_of_source(*source, client, uid, limit, after, once) for source in sources)
    )
    return sorted((one for found in lists for one in found), key=newest_first)[:limit]


def is_newer(engagement: Engagement, document: Document, deleted_us: int) -> bool:
    """Whether an engagement took place, and its document was written, after a deletion."""
    return engagement.timestamp_us > deleted_us and document.updated_us > deleted_us


async def _of_source(
    source: Source,
    deleted_us: int,
    client: firestore.AsyncClient,
    uid: str,
    limit: int,
    after: Position | None,
    once: dict[str, Any],
) -> list[Engagement]:
    read = _in_order if source.time.unit == "timestamp" else _nearly_in_order
    return await read(source, deleted_us, client, uid, limit, after, once)


async def _in_order(
    source: Source,
    deleted_us: int,
    client: firestore.AsyncClient,
    uid: str,
    limit: int,
    after: Position | None,
    once: dict[str, Any],
) -> list[Engagement]:
    documents = Documents(source.documents(client, uid), source.time.field, source.prefix)
    found: list[Engagement] = []
    at = None
    while (wanted := min(limit - len(found), PAGE)) > 0:
        page = await engagement_page(documents, wanted, after, at, once)
        for document in page:
            one = source.parse(document)
            if one and is_newer(one, document, deleted_us):
                found.append(one)
        if len(page) < wanted:
            break
        at, after = at or page[0].read_at, documents.position(page[-1])
        if after[0] <= deleted_us:
            break
    return found


async def _nearly_in_order(
    source: Source,
    deleted_us: int,
    client: firestore.AsyncClient,
    uid: str,
    limit: int,
    after: Position | None,
    once: dict[str, Any],
) -> list[Engagement]:
    time = source.time
    query = query_until(source.documents(client, uid), api_path(time.field), time.unit, after)
    behind = None if after is None else (-after[0], after[1])
    found: list[Engagement] = []
    async for page in nearly_ordered(query, time.field, min(limit + 1, PAGE), once):
        for document in page:
            one = source.parse(document)
            if one is None or not is_newer(one, document, deleted_us):
                continue
            if behind is None or newest_first(one) > behind:
                found.append(one)
        if not page:
            break
        last = field_at(page[-1].fields, time.field)
        latest = latest_us(last, time.unit)
        found.sort(key=newest_first)
        if latest <= deleted_us or (len(found) >= limit and found[limit - 1].timestamp_us > latest):
            break
    return found[:limit]
