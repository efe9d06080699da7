"""Reads the newest engagements of a source whose times are numbers or texts.

The order in which Firestore has them is only nearly that of time: two numbers may be one
microsecond, and a text with a time zone may be hours off. So documents are read until none of the
rest can be newer than those wanted.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from google.cloud import firestore
from google.cloud.firestore_v1.async_query import AsyncQuery

from adapters.firestore.documents import Position
from adapters.firestore.reads import Document, query_documents
from adapters.firestore.schema.values import PER_UNIT_US, Refusal, TimeUnit, field_at, instant_us
from feed.model.timestamps import DAY_US, LAST_US, from_us

ISO_MARGIN_US = 2 * DAY_US
"""no ISO time is so far from the midnight, in UTC, of the day that it begins with"""
_LAST_TEXT = "9999-12-32"


def query_until(
    query: AsyncQuery, field: str, unit: TimeUnit, after: Position | None
) -> AsyncQuery:
    """A query for the documents that may come after a position, the newest first, nearly in order.

    Values of another type than the unit's are left out.
    """
    until_us = LAST_US if after is None else min(after[0], LAST_US)
    bound: Any
    if unit == "iso":
        past_us = until_us + ISO_MARGIN_US
        bound = _LAST_TEXT if past_us > LAST_US else from_us(past_us).date().isoformat()
    else:
        bound = (until_us + 2) / PER_UNIT_US[unit]
    query = query.where(filter=firestore.FieldFilter(field, "<=", bound))
    return query.order_by(field, direction="DESCENDING")


def with_time(query: Any, field: str, unit: TimeUnit) -> Any:
    """A query for the documents that have a time of a unit, right or not."""
    if unit != "timestamp":
        return query_until(query, field, unit, None)
    latest = datetime.max.replace(tzinfo=UTC)
    return query.where(filter=firestore.FieldFilter(field, "<=", latest)).order_by(field)


def latest_us(value: Any, unit: TimeUnit) -> int:
    """The latest instant that a value behind this one can be, in microseconds since 1970."""
    try:
        if unit == "iso":
            return instant_us(str(value)[:10], unit, "") + ISO_MARGIN_US
        return instant_us(value, unit, "")
    except Refusal:
        return LAST_US


async def nearly_ordered(
    query: AsyncQuery, path: str, page_size: int, once: dict[str, Any]
) -> AsyncIterator[list[Document]]:
    """Yield the documents of a query in pages, all as of the first one's read time.

    The query is ordered by the field at `path`, descending.
    """
    at = None
    query = query.order_by("__name__", direction="DESCENDING")
    while True:
        page = await query_documents(query.limit(page_size), once, at)
        yield page
        if len(page) < page_size:
            return
        at, last = at or page[0].read_at, page[-1]
        query = query.start_after([field_at(last.fields, path), last.id])
