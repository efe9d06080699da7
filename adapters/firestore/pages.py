"""Reads pages of engagements, newest first, those of equal times by id.

No index of Firestore has that order: a descending index has ids descending, too.
"""

from datetime import UTC, datetime
from typing import Any

from google.cloud import firestore

from adapters.firestore.documents import Position, Snapshot, is_document_id, newest_first
from feed.model.timestamps import from_us, to_us

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)


async def engagement_page(
    engagements: firestore.AsyncCollectionReference,
    limit: int,
    after: Position | None,
    at: datetime | None,
    once: dict[str, Any],
) -> list[Snapshot]:
    """The next documents in the order of `newest_first`, all as of one read time.

    Documents of equal times are sorted here; if the limit cuts through a group of them, that group
    is read by id.

    Args:
        engagements: The collection of one user.
        limit: The number of documents wanted; fewer are returned only at the end.
        after: The position behind which the page begins; None: at the newest.
        at: The read time; None: now.
        once: Arguments of each request: its timeout, and no retry.
    """
    page: list[Snapshot] = []
    older = ("<=", _LATEST)  # excludes values that are no Timestamp
    if after is not None:
        instant = from_us(min(max(after[0], to_us(_EARLIEST)), to_us(_LATEST)))
        page = await _of_instant(engagements, instant, limit, after[1], at, once)
        older = ("<", instant)
    if (wanted := limit - len(page)) > 0:
        query = engagements.where(filter=firestore.FieldFilter("timestamp", *older))
        query = query.order_by("timestamp", direction="DESCENDING").limit(wanted + 1)
        found = await query.get(**once, read_time=at)
        cut = found.pop().get("timestamp") if len(found) > wanted else None
        whole = [one for one in found if cut is None or one.get("timestamp") > cut]
        page += sorted(whole, key=newest_first)
        if cut is not None and len(page) < limit:
            at = at or found[0].read_time
            page += await _of_instant(engagements, cut, limit - len(page), "", at, once)
    return page


async def _of_instant(
    engagements: firestore.AsyncCollectionReference,
    instant: datetime,
    limit: int,
    after: str,
    at: datetime | None,
    once: dict[str, Any],
) -> list[Snapshot]:
    """Documents of one timestamp whose ids come after `after`, ordered by id."""
    query = engagements.where(filter=firestore.FieldFilter("timestamp", "==", instant))
    query = query.order_by("__name__").limit(limit)
    if is_document_id(after):
        query = query.start_after({"__name__": after})
    found = await query.get(**once, read_time=at)
    return [one for one in found if one.id > after]
