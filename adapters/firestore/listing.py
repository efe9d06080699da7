"""Lists the ids of all users, and counts their documents.

A user with engagements may have no document of their own. Listing documents with `show_missing`
finds such users, but always begins at the first one, so that a job with a budget would never get
past those already done. Therefore each query here asks for the first document of any kind behind
the last user.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from google.cloud import firestore

from adapters.firestore.connection import Connection
from adapters.firestore.documents import SHARDS, is_document_id
from adapters.firestore.errors import translate_errors
from adapters.firestore.schema.engagements import EngagementTable, UserField
from adapters.firestore.schema.schema import Schema
from adapters.firestore.schema.values import Refusal
from adapters.firestore.sources import api_path
from adapters.firestore.windows import with_time
from feed.ports.users import StoreCounts

COUNT_S = 60.0
"""limit of one count; Firestore itself gives up then"""

_Next = Callable[[str | None], Awaitable[str | None]]
"""finds the first user behind an id; None: there is none"""


async def list_users(
    client: firestore.AsyncClient,
    schema: Schema,
    limit: int,
    after: str | None,
    once: dict[str, Any],
) -> list[str]:
    """At most `limit` ids of users behind the id `after`, in order.

    `once` are the arguments of each request: its timeout, and no retry. Costs one query and one
    document read for each user, in each collection of users and each source that names them.
    """
    searches: list[_Next] = [
        partial(_first_below, client.collection(root), once) for root in _roots(schema)
    ]
    searches += [
        partial(_first_named, client, one, once)
        for one in schema.engagements
        if not one.place.is_of_user
    ]
    firsts = await asyncio.gather(*(search(after) for search in searches))
    found: list[str] = []
    while len(found) < limit:
        rest = [one for one in firsts if one is not None]
        if not rest:
            break
        uid = min(rest)
        if is_document_id(uid):  # numeric ids of documents imported from Datastore are not
            found.append(uid)
        if len(found) < limit:
            firsts = await asyncio.gather(
                *(
                    search(uid) if first == uid else _known(first)
                    for search, first in zip(searches, firsts, strict=True)
                )
            )
    return found


def _roots(schema: Schema) -> list[str]:
    """The collections whose documents have the ids of users."""
    places = [schema.earshot.engagement, schema.earshot.document("summary")]
    places += [one.place for one in schema.engagements if one.place.is_of_user]
    places += [schema.profile.place] if schema.profile else []
    return sorted({place.segments[0] for place in places})


async def _first_below(
    users: firestore.AsyncCollectionReference, once: dict[str, Any], after: str | None
) -> str | None:
    """The smallest id behind `after` with any document at or below it."""
    first = users.recursive().select(["__name__"]).limit(1)
    if after is not None:
        # The smallest id behind `after`; the documents under `after` come before it.
        first = first.start_at({"__name__": users.document(f"{after}\0")})
    page = await first.get(**once)
    return page[0].reference.path.split("/")[1] if page else None


async def _first_named(
    client: firestore.AsyncClient, table: EngagementTable, once: dict[str, Any], after: str | None
) -> str | None:
    """The smallest id behind `after` that a document of a source names."""
    field, value = api_path(table.user_field), after or ""
    bound: Any = value
    if isinstance(table.user, UserField):
        bound = client.document(table.user.collection, value or "\1")
    where = firestore.FieldFilter(field, ">", bound)
    query = client.collection(table.place.text.rpartition("/")[0]).where(filter=where)
    page = await query.order_by(field).select([field]).limit(1).get(**once)
    try:
        return table.user_of(page[0].to_dict() or {}) if page else None
    except Refusal:
        return None


async def _known(first: str | None) -> str | None:
    return first


async def count_documents(client: firestore.AsyncClient, schema: Schema) -> StoreCounts:
    """The numbers of profiles, summaries and engagements.

    Collections of the same names elsewhere in the database are included. What is no summary of
    Earshot's own documents counts as a profile.
    """

    async def count(documents: Any) -> int:
        rows = await documents.count().get(retry=None, timeout=COUNT_S)
        return int(rows[0][0].value)

    own = client.collection_group(schema.earshot.document("summary").collection)
    shards = firestore.FieldFilter("change.shard", "in", list(range(SHARDS)))
    engagements: list[Any] = [client.collection_group(schema.earshot.engagement.collection)]
    engagements += [
        client.collection_group(one.place.collection)
        if one.place.is_of_user
        else client.collection(one.place.text.rpartition("/")[0])
        for one in schema.engagements
    ]
    counts = [own, own.where(filter=shards).order_by("change.at"), *engagements]
    everything, summaries, *rest = await asyncio.gather(*map(count, counts))
    return StoreCounts(profiles=everything - summaries, summaries=summaries, engagements=sum(rest))


async def count_unlisted(
    project: str | None, schema: Schema, timeout_s: float, *, times: bool
) -> list[tuple[str, str, int]]:
    """Documents in collections of all users that no query for a user finds.

    They name no user, or, with `times`, have no time in the unit of the schema. Returns source,
    field and number. Costs one document read for each 1,000 documents, three times. Raises
    `Unavailable`.
    """
    connection, found = Connection(project, schema.database, timeout_s), []

    async def count(query: Any) -> int:
        return int((await query.count().get(**connection.once))[0][0].value)

    with translate_errors("count"):
        client = await connection.open()
        for one in schema.engagements:
            if one.place.is_of_user:
                continue
            every = client.collection(one.place.text.rpartition("/")[0])
            bound: Any = "\0"
            if isinstance(one.user, UserField):
                bound = client.document(one.user.collection, "\1")
            where = firestore.FieldFilter(api_path(one.user_field), ">=", bound)
            number = await count(every)
            found.append(
                (one.source, one.user_field, number - await count(every.where(filter=where)))
            )
            if not times:
                continue
            timed = with_time(every, api_path(one.time.field), one.time.unit)
            found.append((one.source, one.time.field, number - await count(timed)))
    await connection.close()
    return found
