"""The order of engagements, which no index of Firestore has: by time, equal times by id."""

from datetime import UTC, datetime
from typing import Any

from google.cloud import firestore

from adapters.firestore.documents import Place, Snapshot, is_name, newest_first
from feed.model.timestamps import from_us, to_us

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)


async def page_of(
    engagements: firestore.AsyncCollectionReference,
    limit: int,
    after: Place | None,
    at: datetime | None,
    once: dict[str, Any],
) -> list[Snapshot]:
    """The next documents in the order of `newest_first`, all as of one instant.

    Firestore's own index of a descending field has ids descending, too. So documents of equal
    times are put in order here, and where the limit cuts through some, those are read by id.
    `once` is how each request is made: its timeout, and no retry.
    """
    page: list[Snapshot] = []
    older = ("<=", _LATEST)  # leaves out what is no Timestamp
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
    """Documents of this time whose ids come after one, by id."""
    query = engagements.where(filter=firestore.FieldFilter("timestamp", "==", instant))
    query = query.order_by("__name__").limit(limit)
    if is_name(after):
        query = query.start_after({"__name__": after})
    found = await query.get(**once, read_time=at)
    return [one for one in found if one.id > after]
