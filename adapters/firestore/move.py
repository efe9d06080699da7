"""Moves what earlier versions of Earshot stored of users to the place where it is now.

They kept the profile in fields of `users/{uid}`, and the summary in
`users/{uid}/summaries/engagement`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import msgspec
from google.cloud import firestore

from adapters.firestore.connection import Connection
from adapters.firestore.documents import Snapshot
from adapters.firestore.errors import PRECONDITION_ERRORS, translate_errors
from adapters.firestore.schema.paths import PathPattern
from adapters.firestore.schema.schema import Schema
from adapters.firestore.users import FirestoreStore
from feed.model.engagement import Profile, Summary, SummaryError
from feed.ports.errors import Conflict
from feed.summary.document import from_document
from feed.summary.writer import refresh_summary

AT_ONCE = 20
"""users that are moved at the same time"""
PAGE = 300
TIMEOUT_S = 30.0
OLD_SUMMARY = PathPattern("users/{uid}/summaries/engagement")
_FIELDS = Profile.__struct_fields__


@dataclass
class Moved:
    """What a run has done."""

    profiles: int = 0
    summaries: int = 0
    left: int = 0
    """documents that another writer changed meanwhile: the next run moves them"""


async def move(project: str | None, schema: Schema) -> Moved:
    """Move all profiles and summaries of earlier versions. Can be run again at any time.

    Of `users/{uid}` only the fields of a profile are removed, and the document if it has no other.
    Raises `Unavailable`.
    """
    mover = _Mover(project, schema)
    with translate_errors("move the data of users"):
        client = await mover.connection.open()
        every = client.collection("users").order_by("__name__")
        await _for_each(mover.pages(every), mover.move_profile)
        every = client.collection_group("summaries").order_by("__name__")
        await _for_each(mover.pages(every), mover.move_summary)
    await mover.store.close()
    await mover.connection.close()
    return mover.moved


async def _for_each(
    pages: AsyncIterator[list[Snapshot]], work: Callable[[Snapshot], Coroutine[Any, Any, None]]
) -> None:
    async for page in pages:
        for start in range(0, len(page), AT_ONCE):
            await asyncio.gather(*map(work, page[start : start + AT_ONCE]))


class _Mover:
    """Moves the documents of one user after another."""

    def __init__(self, project: str | None, schema: Schema) -> None:
        self.store = FirestoreStore(project, schema, timeout_s=TIMEOUT_S)
        self.connection = Connection(project, schema.database, TIMEOUT_S)
        self.moved = Moved()
        self._profile = schema.earshot.document("profile")

    async def pages(self, query: Any) -> AsyncIterator[list[Snapshot]]:
        """Yield the documents of a query in pages."""
        query = query.limit(PAGE)
        while page := await query.get(**self.connection.once):
            yield page
            query = query.start_after(page[-1])

    async def move_profile(self, user: Snapshot) -> None:
        """Copy the fields of a profile to its own document, unless there, then remove them."""
        fields = user.to_dict() or {}
        old = {name: fields[name] for name in _FIELDS if name in fields}
        if not old:
            return
        new = await self.connection.document(self._profile, user.id)
        there = (await new.get(**self.connection.once)).to_dict() or {}
        missing = {name: value for name, value in old.items() if name not in there}
        if missing:
            await new.set(missing, merge=True, **self.connection.once)
        none_left = old.keys() == fields.keys()
        removal = user.reference.delete if none_left else _removal(user, old)
        if await self._unless_changed(user, removal):
            self.moved.profiles += 1

    async def move_summary(self, old: Snapshot) -> None:
        """Copy a summary, for its next writer to complete, or rebuild one already there."""
        found = OLD_SUMMARY.match(old.reference.path)
        if found is None:
            return  # a collection of the app
        uid = found["uid"]
        if await self.store.read_summary(uid) is None and (summary := _summary(old)):
            try:
                incomplete = msgspec.structs.replace(summary, incomplete=True)
                await self.store.write_summary(uid, incomplete, None)
            except Conflict:
                await refresh_summary(self.store, uid, profile=True, rebuild=True)
        else:
            await refresh_summary(self.store, uid, profile=True, rebuild=True)
        if await self._unless_changed(old, old.reference.delete):
            self.moved.summaries += 1

    async def _unless_changed(self, old: Snapshot, write: Callable[..., Any]) -> bool:
        client = await self.connection.open()
        option = client.write_option(last_update_time=old.update_time)
        try:
            await write(option=option, **self.connection.once)
        except PRECONDITION_ERRORS:
            self.moved.left += 1
            return False
        return True


def _removal(user: Snapshot, names: dict[str, Any]) -> Callable[..., Any]:
    def remove(**arguments: Any) -> Any:
        return user.reference.update(dict.fromkeys(names, firestore.DELETE_FIELD), **arguments)

    return remove


def _summary(old: Snapshot) -> Summary | None:
    try:
        return from_document(old.to_dict() or {})
    except (SummaryError, UnicodeDecodeError, RecursionError):
        return None
