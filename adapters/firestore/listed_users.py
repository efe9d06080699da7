"""Lists all users with the ids of their engagements, by one ordered query for each collection.

A query for each user is cheap where there are indexes. The emulator has none: each query searches
every document, so a pass with some queries for each user takes time by the square of their number.
Here each collection is searched once, and a user's engagements are read by their ids.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Any, NamedTuple, TypeVar

from google.cloud import firestore

from adapters.firestore.connection import Connection
from adapters.firestore.documents import Position, is_document_id
from adapters.firestore.errors import translate_errors
from adapters.firestore.reads import decode_fields
from adapters.firestore.refusals import Refusals
from adapters.firestore.schema.engagements import EngagementTable, UserField
from adapters.firestore.schema.paths import PathPattern
from adapters.firestore.schema.schema import Schema
from adapters.firestore.schema.values import Refusal
from adapters.firestore.sources import api_path
from adapters.firestore.users import FirestoreStore
from feed.model.engagement import Engagement, newest_first
from feed.ports.users import StoredSummary

STREAM_S = 3600.0

T = TypeVar("T")

_Listed = tuple[str, list[str]]
"""a user's id, and ids of engagements"""


class _Documents(NamedTuple):
    """Documents of one kind."""

    query: Any
    """in the order of users"""
    place: PathPattern
    table: EngagementTable | None
    """what names the user; None where the path does"""
    prefix: str | None
    """what the ids of engagements begin with; None if they are no engagements"""


class ListedUsersStore(FirestoreStore):
    """A store in which `users` also finds the ids of engagements, for `newest_engagements`.

    Costs one document read more for each document of every user. Holds the ids of the users listed
    last, so memory does not grow with their number.
    """

    def __init__(
        self, project: str, schema: Schema, refusals: Refusals, *, timeout_s: float
    ) -> None:
        super().__init__(project, schema, refusals, timeout_s=timeout_s)
        self._streams = Connection(project, schema.database, STREAM_S)
        self._listing: AsyncGenerator[_Listed, None] | None = None
        self._after: str | None = None
        self._ids: dict[str, list[str]] = {}
        self._in_summary: dict[str, list[str]] = {}

    async def users(self, limit: int, after: str | None = None) -> list[str]:
        """Ids of users with any document, ordered, at most `limit`, behind the id `after`."""
        with translate_errors("list users"):
            if self._listing is None or after != self._after:
                await self._restart(after)
            found: dict[str, list[str]] = {}
            listing, self._listing = self._listing, None  # a listing that fails is not used again
            assert listing is not None  # noqa: S101
            while len(found) < limit:
                one = await _next(listing)
                if one is None:
                    break
                found[one[0]] = one[1]
        self._listing = listing
        self._after = next(reversed(found), after)
        # The users before these may still be worked on.
        recent = list(self._ids)[-limit:]
        self._ids = {uid: self._ids[uid] for uid in recent} | found
        self._in_summary = {uid: ids for uid, ids in self._in_summary.items() if uid in self._ids}
        return list(found)

    async def read_summary(self, uid: str) -> StoredSummary | None:
        """The summary of a user with its revision; None if there is none."""
        stored = await super().read_summary(uid)
        held = stored.summary.engagements if stored and stored.summary else ()
        self._in_summary[uid] = [one.id for one in held]
        return stored

    async def newest_engagements(
        self, uid: str, limit: int, after: Position | None = None
    ) -> list[Engagement]:
        """The newest engagements as they are now, of those listed and those in the summary.

        One that was added after the listing is in the summary, or its own event adds it. A user who
        was not listed lately is asked for by a query. A limit of 1 gives any one.
        """
        if uid not in self._ids:
            return await super().newest_engagements(uid, limit, after)
        ids = list(dict.fromkeys([*self._ids[uid], *self._in_summary.get(uid, ())]))
        if limit == 1 and after is None:
            ids = ids[:1]
        read = await self.read_engagements(uid, ids)
        found = sorted((one for one in read.values() if one), key=newest_first)
        if after is not None:
            found = [one for one in found if newest_first(one) > (-after[0], after[1])]
        return found[:limit]

    async def close(self) -> None:
        """Close the connections."""
        await self._end()
        await self._streams.close()
        await super().close()

    async def _restart(self, after: str | None) -> None:
        await self._end()
        client = await self._streams.open()
        queries = self._queries(client, after)
        self._listing = _merged([_named(client, one) for one in queries])

    async def _end(self) -> None:
        if self._listing is not None:
            await self._listing.aclose()
            self._listing = None

    def _queries(self, client: firestore.AsyncClient, after: str | None) -> list[_Documents]:
        """A query for each kind of document, in the order of users, with how to read it."""
        own = self.schema.earshot
        every = own.document("{id}")
        found = [
            _Documents(_below(client, every, after), every, None, None),
            _Documents(_below(client, own.engagement, after), own.engagement, None, ""),
        ]
        for one in self.schema.engagements:
            query = _below(client, one.place, after)
            if not one.place.is_of_user:
                query = _naming(client, one, after)
            found.append(_Documents(query, one.place, one, one.engagement_id("")))
        if table := self.schema.profile:
            query = client.collection(table.place.segments[0]).order_by("__name__").select([])
            if after is not None:
                query = query.start_after({"__name__": table.place.fill(uid=after)})
            found.append(_Documents(query, table.place, None, None))
        return found


def _below(client: firestore.AsyncClient, place: PathPattern, after: str | None) -> Any:
    query = client.collection_group(place.collection).order_by("__name__").select([])
    if after is None:
        return query
    return query.start_at({"__name__": client.document(place.fill(uid=f"{after}\0", id="0"))})


def _naming(client: firestore.AsyncClient, table: EngagementTable, after: str | None) -> Any:
    field, bound = api_path(table.user_field), after or ""
    user: Any = bound
    if isinstance(table.user, UserField):
        user = client.document(table.user.collection, bound or "\1")
    collection = client.collection(table.place.text.rpartition("/")[0])
    where = firestore.FieldFilter(field, ">", user)
    return collection.where(filter=where).order_by(field).select([field])


async def _named(client: Any, documents: _Documents) -> AsyncGenerator[_Listed, None]:
    """Yield each user of some documents, with the ids of the engagements in them.

    The client's own `stream` would take twice the time, for objects that are not needed here.
    """
    query, place, table, prefix = documents
    request, _, named = query._prep_stream(None, None, STREAM_S)  # noqa: SLF001  # see above
    call = client._firestore_api.run_query  # noqa: SLF001  # see above
    stream = await call(request=request, metadata=client._rpc_metadata, **named)  # noqa: SLF001
    last, ids = "", list[str]()
    try:
        async for answer in stream:
            document = type(answer).pb(answer).document
            path = document.name.partition("/documents/")[2]
            found = place.match(path)
            if found is None:
                continue
            try:
                uid = found.get("uid") or _user(client, table, document)
            except Refusal:
                continue
            if uid != last:
                if is_document_id(last):
                    yield last, ids
                last, ids = uid, []
            if prefix is not None:
                ids.append(prefix + path.rpartition("/")[2])
        if is_document_id(last):
            yield last, ids
    finally:
        stream.cancel()


def _user(client: Any, table: EngagementTable | None, document: Any) -> str:
    if table is None:
        raise Refusal("the path names no user")
    return table.user_of(decode_fields(client, document.fields))


async def _merged(
    streams: Sequence[AsyncGenerator[_Listed, None]],
) -> AsyncGenerator[_Listed, None]:
    """Yield each user with the ids of all streams, which are in the order of users."""
    heads = [await _next(stream) for stream in streams]
    while any(heads):
        uid = min(head[0] for head in heads if head)
        ids: list[str] = []
        for number, head in enumerate(heads):
            if head and head[0] == uid:
                ids += head[1]
                heads[number] = await _next(streams[number])
        yield uid, ids


async def _next(items: AsyncGenerator[T, None]) -> T | None:
    """Return the next item; None after the last."""
    async for one in items:
        return one
    return None
