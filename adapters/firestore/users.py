"""Stores engagements, profiles and summaries of users in Firestore, under `users/{uid}`.

Every query uses the single-field indexes that Firestore maintains by itself: `timestamp` of
`engagements`, ascending and descending. Summaries also have a field `change`, which the composite
index of `firestore.indexes.json` covers for the builder.
"""

import asyncio
import logging
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec
from google.api_core import exceptions
from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.cloud import firestore

from adapters.firestore import documents
from adapters.firestore.client import ReconnectingClient
from adapters.firestore.errors import (
    PRECONDITION_ERRORS,
    translate_conflict,
    translate_errors,
    translate_unstorable,
)
from adapters.firestore.listing import count_documents, list_users
from adapters.firestore.pages import engagement_page
from feed.model.engagement import Engagement, Profile, Summary, SummaryError
from feed.model.timestamps import to_us
from feed.ports.errors import Unstorable
from feed.ports.users import RemovedEngagements, StoreCounts, StoredSummary
from feed.summary.document import from_document, to_document

if TYPE_CHECKING:
    from datetime import datetime

BATCH = 500
"""documents named in one call"""
PAGE = 1000
"""documents returned by one query"""

_SUMMARY = ("summaries", "engagement")

log = logging.getLogger(__name__)


class FirestoreStore:
    """A `SummaryStore` in Firestore. It connects at the first call, hence after any fork.

    Each request is tried once, within `timeout_s` (seconds): the caller decides whether to repeat
    it. A client belongs to the event loop that first uses it; another loop gets its own.
    """

    def __init__(
        self, project: str | None = None, *, database: str = "(default)", timeout_s: float = 5.0
    ) -> None:
        self._project = project
        self._database = database
        self._once: dict[str, Any] = {"retry": None, "timeout": timeout_s}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening: asyncio.Future[firestore.AsyncClient] | None = None

    # --- summaries ---

    async def read_summary(self, uid: str) -> StoredSummary | None:
        """The summary of a user with its revision; None if there is none."""
        with translate_errors("read a summary"):
            snapshot = await (await self._document(uid, *_SUMMARY)).get(**self._once)
        if not snapshot.exists:
            return None
        revision = snapshot.update_time.rfc3339()
        try:
            return StoredSummary(from_document(snapshot.to_dict() or {}), revision)
        except (SummaryError, UnicodeDecodeError, RecursionError) as error:
            log.warning("%s is malformed: %s", snapshot.reference.path, error)
            return StoredSummary(None, revision)

    async def write_summary(self, uid: str, summary: Summary, revision: str | None) -> str:
        """Write a user's summary if its stored revision is still `revision` (None: it has none).

        Returns the new revision. Raises `Conflict`.
        """
        # The archive finds what changed by it.
        change = {"shard": documents.shard_of(uid), "at": firestore.SERVER_TIMESTAMP}
        document = to_document(summary) | {"change": change}
        with (
            translate_errors("write a summary"),
            translate_unstorable(),
            translate_conflict(revision),
        ):
            doc = await self._document(uid, *_SUMMARY)
            if revision is None:
                result = await doc.create(document, **self._once)
            else:
                result = await doc.update(document, option=await self._if(revision), **self._once)
        new: str = result.update_time.rfc3339()
        return new

    async def delete_summary(self, uid: str, revision: str) -> None:
        """Delete a user's summary if its stored revision is still `revision`. Raises `Conflict`."""
        with translate_errors("delete a summary"), translate_conflict(revision):
            doc = await self._document(uid, *_SUMMARY)
            await doc.delete(option=await self._if(revision), **self._once)

    # --- engagements ---

    async def read_engagements(self, uid: str, ids: Sequence[str]) -> dict[str, Engagement | None]:
        """The engagements of these ids as they are now; None for one that does not exist.

        A malformed one, which an app may have written, is None and logged.
        """
        found: dict[str, Engagement | None] = dict.fromkeys(ids)
        names = [one for one in found if documents.is_document_id(one)]
        with translate_errors("read engagements"):
            client, engagements = await self._open(), await self._engagements(uid)
            for start in range(0, len(names), BATCH):
                named = [engagements.document(one) for one in names[start : start + BATCH]]
                async for snapshot in client.get_all(named, **self._once):
                    found[snapshot.id] = (
                        documents.parse_engagement(snapshot) if snapshot.exists else None
                    )
        return found

    async def newest_engagements(
        self, uid: str, limit: int, after: documents.Position | None = None
    ) -> list[Engagement]:
        """The newest engagements, at most `limit`, in the order of `engagement.newest_first`.

        With `after`, only those behind that position. Malformed ones are logged and left out.
        """
        found: list[Engagement] = []
        at: datetime | None = None
        with translate_errors("list engagements"):
            engagements = await self._engagements(uid)
            while (wanted := min(limit - len(found), PAGE)) > 0:
                page = await engagement_page(engagements, wanted, after, at, self._once)
                found += [one for one in map(documents.parse_engagement, page) if one]
                if len(page) < wanted:
                    break
                at, after = at or page[0].read_time, documents.position_of(page[-1])
        return found

    async def put_engagement(self, uid: str, engagement: Engagement) -> None:
        """Store an engagement in place of an earlier one of the same id. Raises `Unstorable`."""
        if not documents.is_document_id(engagement.id):
            raise Unstorable(f"no document of Firestore can be named {engagement.id[:40]!r}")
        with translate_errors("record an engagement"), translate_unstorable():
            doc = (await self._engagements(uid)).document(engagement.id)
            await doc.set(documents.engagement_fields(engagement), **self._once)

    async def delete_engagement(self, uid: str, engagement_id: str) -> bool:
        """Delete an engagement; False if it did not exist."""
        if not documents.is_document_id(engagement_id):
            return False
        with translate_errors("remove an engagement"):
            doc = (await self._engagements(uid)).document(engagement_id)
            option = (await self._open()).write_option(exists=True)
            try:
                await doc.delete(option=option, **self._once)
            except exceptions.NotFound:
                return False
            return True

    async def delete_engagements(self, uid: str) -> RemovedEngagements:
        """Delete all engagements that a user has when the call begins, malformed ones included.

        All reads are as of that moment, so the call ends however fast more are written.
        """
        ids: list[str] = []
        with translate_errors("remove engagements"):
            at = (await (await self._document(uid)).get(field_paths=[], **self._once)).read_time
            client, engagements = await self._open(), await self._engagements(uid)
            rest = engagements.select([]).order_by("__name__").limit(BATCH)
            while page := await rest.get(**self._once, read_time=at):
                batch = client.batch()
                for snapshot in page:
                    batch.delete(snapshot.reference)
                await batch.commit(**self._once)
                ids += [snapshot.id for snapshot in page]
                rest = rest.start_after(page[-1])
        return RemovedEngagements(ids, to_us(at))

    # --- profiles ---

    async def read_profile(self, uid: str) -> Profile:
        """The profile of a user, empty if there is none; malformed fields are empty."""
        with translate_errors("read a profile"):
            return documents.parse_profile(await (await self._document(uid)).get(**self._once))

    async def update_profile(self, uid: str, changes: Mapping[str, Any]) -> Profile:
        """Set some fields of a profile atomically; returns the whole profile."""
        with translate_errors("change a profile"), translate_unstorable():
            values = msgspec.to_builtins(dict(changes))
            await (await self._document(uid)).set(values, merge=True, **self._once)
        return await self.read_profile(uid)

    async def delete_profile(self, uid: str) -> bool:
        """Delete the fields of a profile; False if there were none.

        The document is deleted if no field of the app is left in it.
        """
        with translate_errors("remove a profile"):
            doc = await self._document(uid)
            snapshot = await doc.get(**self._once)
            fields = set(snapshot.to_dict() or {})
            if not fields & documents.PROFILE_FIELDS:
                return False
            if fields <= documents.PROFILE_FIELDS and await self._delete_unchanged(snapshot):
                return True
            with suppress(exceptions.NotFound):  # an app may remove the document meanwhile
                await doc.update(
                    dict.fromkeys(documents.PROFILE_FIELDS, firestore.DELETE_FIELD), **self._once
                )
                if not (left := await doc.get(**self._once)).to_dict():
                    await self._delete_unchanged(left)
            return True

    async def purge(self) -> None:
        """Does nothing: this store has no files of its own."""

    # --- all users ---

    async def users(self, limit: int, after: str | None = None) -> list[str]:
        """Ids of users with any document, ordered, at most `limit`, behind the id `after`.

        Costs one query and one document read for each.
        """
        with translate_errors("list users"):
            return await list_users(await self._open(), limit, after, self._once)

    async def count(self) -> StoreCounts:
        """The numbers of stored documents. Costs one document read for each 1,000 documents."""
        with translate_errors("count"):
            return await count_documents(await self._open())

    # --- the connection ---

    async def connect(self) -> None:
        """Start connecting, so that the first read need not wait for it. Reads nothing."""
        with translate_errors("connect"):
            client = await self._open()
            channel = client._firestore_api.transport.grpc_channel  # noqa: SLF001  # no other way
            channel.get_state(try_to_connect=True)

    async def close(self) -> None:
        """Close the connection. The next call opens a new one."""
        if self._opening is not None and self._loop is asyncio.get_running_loop():
            with translate_errors("close"):
                client = await self._open()
                self._opening = None
                await client._firestore_api.transport.close()  # noqa: SLF001  # as above

    def _open(self) -> Awaitable[firestore.AsyncClient]:
        """The client of this event loop. Made in a thread: finding credentials may block."""
        loop, opening = asyncio.get_running_loop(), self._opening
        if opening is None or self._loop is not loop or _failed(opening):
            client: type[firestore.AsyncClient] = ReconnectingClient
            made = asyncio.to_thread(client, project=self._project, database=self._database)
            self._loop, self._opening = loop, asyncio.ensure_future(made)
            opening = self._opening
        return asyncio.shield(opening)

    async def _document(self, uid: str, *path: str) -> firestore.AsyncDocumentReference:
        if not documents.is_document_id(uid):
            raise Unstorable("no document of Firestore can have this user's id")
        return (await self._open()).document("users", uid, *path)

    async def _engagements(self, uid: str) -> firestore.AsyncCollectionReference:
        found: firestore.AsyncCollectionReference
        found = (await self._document(uid)).collection("engagements")
        return found

    async def _if(self, revision: str) -> Any:
        updated = DatetimeWithNanoseconds.from_rfc3339(revision)  # type: ignore[no-untyped-call]
        return (await self._open()).write_option(last_update_time=updated)

    async def _delete_unchanged(self, snapshot: documents.Snapshot) -> bool:
        """Delete a document; False if it did not exist or has changed since it was read."""
        if not snapshot.exists:  # without an update time there is no condition
            return False
        unchanged = (await self._open()).write_option(last_update_time=snapshot.update_time)
        try:
            await snapshot.reference.delete(option=unchanged, **self._once)
        except PRECONDITION_ERRORS:
            return False
        return True


def _failed(opening: asyncio.Future[Any]) -> bool:
    return opening.done() and (opening.cancelled() or opening.exception() is not None)
