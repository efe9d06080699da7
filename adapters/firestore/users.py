"""Users in Firestore: engagements, profiles and summaries, under `users/{uid}`.

Every query here is served by the indexes that Firestore keeps by itself for each field: of
`engagements` the one of `timestamp` is needed, ascending and descending, and no composite one.
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

from adapters.firestore.client import ReconnectingClient
from adapters.firestore.documents import (
    PROFILE,
    Place,
    Snapshot,
    engagement_of,
    fields_of,
    is_name,
    place_of,
    profile_of,
)
from adapters.firestore.errors import LOST, conditional, edge, storable
from adapters.firestore.listing import counted, listed
from adapters.firestore.pages import page_of
from feed.model.engagement import Engagement, Profile, Summary, SummaryError
from feed.model.timestamps import to_us
from feed.ports.errors import Unstorable
from feed.ports.users import Counts, Removal, Stored
from feed.summary.document import from_document, to_document

if TYPE_CHECKING:
    from datetime import datetime

BATCH = 500
"""how many documents one call names"""
PAGE = 1000
"""how many documents one query gives"""

_SUMMARY = ("summaries", "engagement")

log = logging.getLogger(__name__)


class FirestoreStore:
    """A `SummaryStore` in Firestore. Nothing is opened before the first call, so it can be forked.

    Each request takes `timeout_s` at most and is tried once: who calls knows whether to try again.
    The client belongs to the event loop that first uses it; another loop gets another.
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

    async def read_summary(self, uid: str) -> Stored | None:
        """The summary, or None if there is none."""
        with edge("read a summary"):
            snapshot = await (await self._at(uid, *_SUMMARY)).get(**self._once)
        if not snapshot.exists:
            return None
        revision = snapshot.update_time.rfc3339()
        try:
            return Stored(from_document(snapshot.to_dict() or {}), revision)
        except (SummaryError, UnicodeDecodeError, RecursionError) as error:
            log.warning("%s is malformed: %s", snapshot.reference.path, error)
            return Stored(None, revision)

    async def write_summary(self, uid: str, summary: Summary, revision: str | None) -> str:
        """Write on condition that the stored revision is still `revision`.

        A write that changes nothing leaves the revision as it is.
        """
        document = to_document(summary)
        with edge("write a summary"), storable(), conditional(revision):
            place = await self._at(uid, *_SUMMARY)
            if revision is None:
                result = await place.create(document, **self._once)
            else:
                result = await place.update(document, option=await self._if(revision), **self._once)
        new: str = result.update_time.rfc3339()
        return new

    async def delete_summary(self, uid: str, revision: str) -> None:
        """Delete on the same condition."""
        with edge("delete a summary"), conditional(revision):
            place = await self._at(uid, *_SUMMARY)
            await place.delete(option=await self._if(revision), **self._once)

    # --- engagements ---

    async def read_engagements(self, uid: str, ids: Sequence[str]) -> dict[str, Engagement | None]:
        """The engagements named, each as it is now; None for one that does not exist.

        One that is malformed, as an app may have written it, counts as none and is logged.
        """
        found: dict[str, Engagement | None] = dict.fromkeys(ids)
        names = [one for one in found if is_name(one)]
        with edge("read engagements"):
            client, engagements = await self._open(), await self._engagements(uid)
            for start in range(0, len(names), BATCH):
                named = [engagements.document(one) for one in names[start : start + BATCH]]
                async for snapshot in client.get_all(named, **self._once):
                    found[snapshot.id] = engagement_of(snapshot) if snapshot.exists else None
        return found

    async def newest_engagements(
        self, uid: str, limit: int, after: Place | None = None
    ) -> list[Engagement]:
        """The newest that exist, in the order of `engagement.newest_first`; malformed ones not."""
        found: list[Engagement] = []
        at: datetime | None = None
        with edge("list engagements"):
            engagements = await self._engagements(uid)
            while (wanted := min(limit - len(found), PAGE)) > 0:
                page = await page_of(engagements, wanted, after, at, self._once)
                found += [one for one in map(engagement_of, page) if one]
                if len(page) < wanted:
                    break
                at, after = at or page[0].read_time, place_of(page[-1])
        return found

    async def put_engagement(self, uid: str, engagement: Engagement) -> None:
        """Record an engagement. The same `id` again replaces it."""
        if not is_name(engagement.id):
            raise Unstorable(f"no document of Firestore can be named {engagement.id[:40]!r}")
        with edge("record an engagement"), storable():
            place = (await self._engagements(uid)).document(engagement.id)
            await place.set(fields_of(engagement), **self._once)

    async def delete_engagement(self, uid: str, engagement_id: str) -> bool:
        """Remove one; False if it was not there."""
        if not is_name(engagement_id):
            return False
        with edge("remove an engagement"):
            return await self._delete((await self._engagements(uid)).document(engagement_id))

    async def delete_engagements(self, uid: str) -> Removal:
        """Remove all of a user's, malformed ones too, as of the moment at which this begins.

        Reads that one moment, so it ends however fast more are written.
        """
        ids: list[str] = []
        with edge("remove engagements"):
            at = (await (await self._at(uid)).get(field_paths=[], **self._once)).read_time
            client, engagements = await self._open(), await self._engagements(uid)
            rest = engagements.select([]).order_by("__name__").limit(BATCH)
            while page := await rest.get(**self._once, read_time=at):
                batch = client.batch()
                for snapshot in page:
                    batch.delete(snapshot.reference)
                await batch.commit(**self._once)
                ids += [snapshot.id for snapshot in page]
                rest = rest.start_after(page[-1])
        return Removal(ids, to_us(at))

    # --- profiles ---

    async def read_profile(self, uid: str) -> Profile:
        """The profile; an empty one if there is none. A malformed field of it counts as empty."""
        with edge("read a profile"):
            return profile_of(await (await self._at(uid)).get(**self._once))

    async def update_profile(self, uid: str, changes: Mapping[str, Any]) -> Profile:
        """Set some fields of the profile in one step; returns all of it."""
        with edge("change a profile"), storable():
            values = msgspec.to_builtins(dict(changes))
            await (await self._at(uid)).set(values, merge=True, **self._once)
        return await self.read_profile(uid)

    async def delete_profile(self, uid: str) -> bool:
        """Remove the profile's fields, and the document if it has no others; False if it had none.

        What an app keeps in that document stays.
        """
        with edge("remove a profile"):
            place = await self._at(uid)
            snapshot = await place.get(**self._once)
            fields = set(snapshot.to_dict() or {})
            if not fields & PROFILE:
                return False
            if fields <= PROFILE and await self._delete_unchanged(snapshot):
                return True
            with suppress(exceptions.NotFound):  # an app may remove the document meanwhile
                await place.update(dict.fromkeys(PROFILE, firestore.DELETE_FIELD), **self._once)
                if not (left := await place.get(**self._once)).to_dict():
                    await self._delete_unchanged(left)
            return True

    async def purge(self) -> None:
        """Nothing: Firestore keeps no file of ours."""

    # --- all users ---

    async def users(self, limit: int, after: str | None = None) -> list[str]:
        """Everybody of whom there is anything, also of other kinds, in order of id.

        Costs one query and one read for each.
        """
        with edge("list users"):
            return await listed(await self._open(), limit, after, self._once)

    async def count(self) -> Counts:
        """How much there is. Costs one read for each 1,000 counted."""
        with edge("count"):
            return await counted(await self._open())

    # --- the connection ---

    async def connect(self) -> None:
        """Begin the connection, so that the first read finds it open. Reads nothing."""
        with edge("connect"):
            client = await self._open()
            channel = client._firestore_api.transport.grpc_channel  # noqa: SLF001  # no other way
            channel.get_state(try_to_connect=True)

    async def close(self) -> None:
        """Close the connection. The next call opens another."""
        if self._opening is not None and self._loop is asyncio.get_running_loop():
            with edge("close"):
                client = await self._open()
                self._opening = None
                await client._firestore_api.transport.close()  # noqa: SLF001  # as above

    def _open(self) -> Awaitable[firestore.AsyncClient]:
        """The client of this loop. Its credentials are looked for in a thread: that may block."""
        loop, opening = asyncio.get_running_loop(), self._opening
        if opening is None or self._loop is not loop or _failed(opening):
            make: type[firestore.AsyncClient] = ReconnectingClient
            made = asyncio.to_thread(make, project=self._project, database=self._database)
            self._loop, self._opening = loop, asyncio.ensure_future(made)
            opening = self._opening
        return asyncio.shield(opening)

    async def _at(self, uid: str, *path: str) -> firestore.AsyncDocumentReference:
        if not is_name(uid):
            raise Unstorable("no document of Firestore can have this user's id")
        return (await self._open()).document("users", uid, *path)

    async def _engagements(self, uid: str) -> firestore.AsyncCollectionReference:
        found: firestore.AsyncCollectionReference
        found = (await self._at(uid)).collection("engagements")
        return found

    async def _if(self, revision: str) -> Any:
        updated = DatetimeWithNanoseconds.from_rfc3339(revision)  # type: ignore[no-untyped-call]
        return (await self._open()).write_option(last_update_time=updated)

    async def _delete_unchanged(self, snapshot: Snapshot) -> bool:
        """Remove a document; False if it was not there, or was written after it was read."""
        if not snapshot.exists:  # the condition would be none
            return False
        unchanged = (await self._open()).write_option(last_update_time=snapshot.update_time)
        try:
            await snapshot.reference.delete(option=unchanged, **self._once)
        except LOST:
            return False
        return True

    async def _delete(self, place: firestore.AsyncDocumentReference) -> bool:
        option = (await self._open()).write_option(exists=True)
        try:
            await place.delete(option=option, **self._once)
        except exceptions.NotFound:
            return False
        return True


def _failed(opening: asyncio.Future[Any]) -> bool:
    return opening.done() and (opening.cancelled() or opening.exception() is not None)
