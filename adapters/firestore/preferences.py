"""Brings summaries up to date with the preferences of an app, whose writes send no event."""

import asyncio
from typing import Any

from adapters.firestore.connection import Connection
from adapters.firestore.documents import Snapshot
from adapters.firestore.errors import translate_errors
from adapters.firestore.schema.schema import Schema
from adapters.firestore.users import FirestoreStore
from feed.model.engagement import SummaryError, with_profile
from feed.summary.document import from_document
from feed.summary.writer import Unsettled, refresh_summary

PAGE = 300
AT_ONCE = 20
TIMEOUT_S = 30.0


async def refresh_preferences(project: str | None, schema: Schema) -> int:
    """Update the summaries whose user has other preferences by now. Returns how many there were.

    Costs three document reads for each user with a summary. Raises `Unavailable`.
    """
    store = FirestoreStore(project, schema, timeout_s=TIMEOUT_S)
    connection = Connection(project, schema.database, TIMEOUT_S)
    place, changed = schema.earshot.document("summary"), 0
    with translate_errors("read preferences"):
        client = await connection.open()
        query: Any = client.collection_group(place.collection).order_by("__name__").limit(PAGE)
        while page := await query.get(**connection.once):
            found = [(place.match(one.reference.path), one) for one in page]
            users = [(ids["uid"], one) for ids, one in found if ids]
            for start in range(0, len(users), AT_ONCE):
                batch = users[start : start + AT_ONCE]
                changed += sum(await asyncio.gather(*(_refresh(store, *one) for one in batch)))
            query = query.start_after(page[-1])
    await store.close()
    await connection.close()
    return changed


async def _refresh(store: FirestoreStore, uid: str, snapshot: Snapshot) -> bool:
    """Update one summary; False if it had the user's preferences, or others are writing it."""
    try:
        summary = from_document(snapshot.to_dict() or {})
    except (SummaryError, UnicodeDecodeError, RecursionError):
        return False  # its next writer rebuilds it
    if with_profile(summary, await store.read_profile(uid)) == summary:
        return False
    try:
        await refresh_summary(store, uid, profile=True)
    except Unsettled:
        return False  # each of those writers reads the preferences, too
    return True
