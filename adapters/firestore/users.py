"""Stores engagements, profiles and summaries of users in Firestore, where a schema says.

What Earshot keeps lies under one collection of each user, by default `users/{uid}/earshot`. Of the
app's documents it writes none, and deletes only engagements that the schema gives it. Summaries
have a field `change`, which a composite index covers for the builder.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from google.api_core import exceptions
from google.cloud import firestore

from adapters.firestore import documents, newest
from adapters.firestore.connection import Connection, check_user
from adapters.firestore.errors import translate_conflict, translate_errors, translate_unstorable
from adapters.firestore.listing import count_documents, list_users
from adapters.firestore.reads import get_documents
from adapters.firestore.refusals import Refusals
from adapters.firestore.schema.schema import PLAIN, Schema
from adapters.firestore.sources import Source, path_of, sources_of
from feed.model.engagement import Engagement, Profile, Summary, SummaryError
from feed.model.timestamps import to_us
from feed.ports.errors import Unstorable
from feed.ports.users import RemovedEngagements, StoreCounts, StoredSummary
from feed.summary.document import from_document, to_document

BATCH = 500
"""documents named in one call"""

NEVER_US = -(2**63)
"""before every time"""

log = logging.getLogger(__name__)


class FirestoreStore:
    """A `SummaryStore` in Firestore. It connects at the first call, hence after any fork.

    Each request is tried once, within `timeout_s` (seconds): the caller decides whether to repeat
    it. A client belongs to the event loop that first uses it; another loop gets its own.
    """

    def __init__(
        self,
        project: str | None = None,
        schema: Schema = PLAIN,
        refusals: Refusals | None = None,
        *,
        timeout_s: float = 5.0,
    ) -> None:
        self.schema = schema
        self.refusals = refusals or Refusals()
        """documents that were not understood"""
        self._sources = sources_of(schema, self.refusals)
        self._own = self._sources[0]
        self._summary = schema.earshot.document("summary")
        self._profile = schema.earshot.document("profile")
        self._deleted = schema.earshot.document("deleted")
        self.connection = Connection(project, schema.database, timeout_s)
        self._once = self.connection.once

    @property
    def sources(self) -> int:
        """The number of collections that engagements of a user are read from."""
        return len(self._sources)

    # --- summaries ---

    async def read_summary(self, uid: str) -> StoredSummary | None:
        """The summary of a user with its revision; None if there is none."""
        with translate_errors("read a summary"):
            doc = await self.connection.document(self._summary, uid)
            snapshot = await doc.get(**self._once)
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
        return await self._write(uid, to_document(summary) | {"change": change}, revision)

    async def write_seen(self, uid: str, summary: Summary, revision: str | None) -> str:
        """Write what a user saw if the summary's stored revision is still `revision`.

        The archive does not count it as a change. Returns the new revision. Raises `Conflict`.
        """
        document = to_document(summary) if revision is None else {"seen": summary.seen}
        return await self._write(uid, document, revision)

    async def _write(self, uid: str, document: dict[str, Any], revision: str | None) -> str:
        with (
            translate_errors("write a summary"),
            translate_unstorable(),
            translate_conflict(revision),
        ):
            doc = await self.connection.document(self._summary, uid)
            if revision is None:
                result = await doc.create(document, **self._once)
            else:
                option = await self.connection.unchanged_since(revision)
                result = await doc.update(document, option=option, **self._once)
        new: str = result.update_time.rfc3339()
        return new

    async def delete_summary(self, uid: str, revision: str) -> None:
        """Delete a user's summary if its stored revision is still `revision`. Raises `Conflict`."""
        with translate_errors("delete a summary"), translate_conflict(revision):
            doc = await self.connection.document(self._summary, uid)
            option = await self.connection.unchanged_since(revision)
            await doc.delete(option=option, **self._once)

    # --- engagements ---

    async def read_engagements(self, uid: str, ids: Sequence[str]) -> dict[str, Engagement | None]:
        """The engagements of these ids as they are now; None for one that does not exist.

        One that is not understood is None and counted; so is, uncounted, one of another user.
        """
        check_user(uid)
        found: dict[str, Engagement | None] = dict.fromkeys(ids)
        with translate_errors("read engagements"):
            client = await self.connection.open()
            named: dict[str, tuple[Source, str]] = {}
            for one in found:
                for source in self._sources:
                    if path := path_of(source, uid, one):
                        named[path] = source, one
            deleted_us = NEVER_US
            if any(not source.owned for source, _ in named.values()):
                deleted_us = await self._deleted_us(uid)
            paths = list(named)
            for start in range(0, len(paths), BATCH):
                batch = paths[start : start + BATCH]
                for document in await get_documents(client, batch, self._once):
                    source, name = named[document.path]
                    since_us = NEVER_US if source.owned else deleted_us
                    if source.is_of(document, uid):
                        engagement = source.parse(document)
                        if engagement and newest.is_newer(engagement, document, since_us):
                            found[name] = engagement
        return found

    async def newest_engagements(
        self, uid: str, limit: int, after: documents.Position | None = None
    ) -> list[Engagement]:
        """The newest engagements, at most `limit`, in the order of `engagement.newest_first`.

        With `after`, only those behind that position. What is not understood is counted and left
        out.
        """
        check_user(uid)
        with translate_errors("list engagements"):
            client = await self.connection.open()
            deleted_us = NEVER_US if self.schema.owns_all else await self._deleted_us(uid)
            sources = [(one, NEVER_US if one.owned else deleted_us) for one in self._sources]
            return await newest.newest_of_all(sources, client, uid, limit, after, self._once)

    async def put_engagement(self, uid: str, engagement: Engagement) -> None:
        """Store an engagement in place of an earlier one of the same id. Raises `Unstorable`.

        It is stored in Earshot's own collection, in which an id has no slash.
        """
        check_user(uid)
        with translate_errors("record an engagement"), translate_unstorable():
            path = path_of(self._own, uid, engagement.id)
            if path is None:
                raise Unstorable(f"no document of Firestore can be named {engagement.id[:40]!r}")
            doc = (await self.connection.open()).document(path)
            await doc.set(documents.engagement_fields(engagement), **self._once)

    async def delete_engagement(self, uid: str, engagement_id: str) -> bool:
        """Delete an engagement; False if it did not exist.

        Raises `Unstorable` for one in a document of the app that is not to be deleted.
        """
        check_user(uid)
        with translate_errors("remove an engagement"):
            client = await self.connection.open()
            for source in self._sources:
                if path := path_of(source, uid, engagement_id):
                    return await self._delete_one(source, uid, client.document(path))
        return False

    async def delete_engagements(self, uid: str) -> RemovedEngagements:
        """Delete all engagements that a user has when the call begins, malformed ones included.

        All reads are as of that moment, so the call ends however fast more are written. Where the
        app keeps documents that are not to be deleted, the moment is stored, and what is older is
        left out from then on.
        """
        check_user(uid)
        ids: list[str] = []
        with translate_errors("remove engagements"):
            client = await self.connection.open()
            doc = await self.connection.document(self._deleted, uid)
            if self.schema.owns_all:
                at = (await doc.get(field_paths=[], **self._once)).read_time
            else:
                at = (await doc.set({"at": firestore.SERVER_TIMESTAMP}, **self._once)).update_time
            for source in self._sources:
                if not source.owned:
                    continue
                rest = source.documents(client, uid).select([]).order_by("__name__").limit(BATCH)
                while page := await rest.get(**self._once, read_time=at):
                    batch = client.batch()
                    for snapshot in page:
                        batch.delete(snapshot.reference)
                    await batch.commit(**self._once)
                    ids += [source.prefix + snapshot.id for snapshot in page]
                    rest = rest.start_after(page[-1])
        return RemovedEngagements(ids, to_us(at))

    # --- profiles ---

    async def read_profile(self, uid: str) -> Profile:
        """The profile of a user, empty if there is none; malformed fields are empty.

        A field that the app keeps, by the schema, counts instead of what the API stored.
        """
        check_user(uid)
        with translate_errors("read a profile"):
            client, table = await self.connection.open(), self.schema.profile
            own, app = self._profile.fill(uid=uid), table and table.place.fill(uid=uid)
            read = await get_documents(client, [own, app] if app else [own], self._once)
        found = {one.path: one for one in read}
        profile = documents.parse_profile(found.get(own))
        if table is None or app not in found:
            return profile
        return documents.with_preferences(profile, table, found[app], self.refusals)

    async def update_profile(self, uid: str, changes: Mapping[str, Any]) -> Profile:
        """Set some fields of a profile atomically; returns the whole profile."""
        with translate_errors("change a profile"), translate_unstorable():
            values = msgspec.to_builtins(dict(changes))
            doc = await self.connection.document(self._profile, uid)
            await doc.set(values, merge=True, **self._once)
        return await self.read_profile(uid)

    async def delete_profile(self, uid: str) -> bool:
        """Delete what the API stored of a profile; False if there was nothing."""
        with translate_errors("remove a profile"):
            return await self._delete(await self.connection.document(self._profile, uid))

    async def purge(self) -> None:
        """Does nothing: this store has no files of its own."""

    # --- all users ---

    async def users(self, limit: int, after: str | None = None) -> list[str]:
        """Ids of users with any document, ordered, at most `limit`, behind the id `after`.

        Costs one query and one document read for each, and as many for each source of the app.
        """
        with translate_errors("list users"):
            client = await self.connection.open()
            return await list_users(client, self.schema, limit, after, self._once)

    async def count(self) -> StoreCounts:
        """The numbers of stored documents. Costs one document read for each 1,000 documents."""
        with translate_errors("count"):
            return await count_documents(await self.connection.open(), self.schema)

    # --- the connection ---

    async def connect(self) -> None:
        """Start connecting, so that the first read need not wait for it. Reads nothing."""
        await self.connection.connect()

    async def close(self) -> None:
        """Close the connection. The next call opens a new one."""
        await self.connection.close()

    async def _deleted_us(self, uid: str) -> int:
        """When a user's data were last deleted, in microseconds since 1970."""
        doc = await self.connection.document(self._deleted, uid)
        snapshot = await doc.get(**self._once)
        return to_us(snapshot.get("at")) if snapshot.exists else NEVER_US

    async def _delete_one(
        self, source: Source, uid: str, doc: firestore.AsyncDocumentReference
    ) -> bool:
        if not source.place.is_of_user:
            found = await get_documents(await self.connection.open(), [doc.path], self._once)
            if not found or not source.is_of(found[0], uid):
                return False
        if not source.owned:
            raise Unstorable("the app keeps this engagement, and Earshot may not delete it")
        return await self._delete(doc)

    async def _delete(self, doc: firestore.AsyncDocumentReference) -> bool:
        """Delete a document; False if it did not exist."""
        option = (await self.connection.open()).write_option(exists=True)
        try:
            await doc.delete(option=option, **self._once)
        except exceptions.NotFound:
            return False
        return True
