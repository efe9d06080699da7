"""Reads pages of engagements, newest first, those of equal times by id.

No index of Firestore has that order: a descending index has ids descending, too.
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from google.cloud import firestore
from google.cloud.firestore_v1.async_query import AsyncQuery

from adapters.firestore.documents import Position, is_document_id
from adapters.firestore.reads import Document, query_documents
from adapters.firestore.schema.values import field_at
from adapters.firestore.sources import api_path
from feed.model.timestamps import from_us, to_us

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)


class Start(NamedTuple):
    """Where the documents of one instant begin."""

    name: str = ""
    """an id; empty: at the first"""
    inclusive: bool = True
    """whether the document of that id belongs to them"""


class Documents(NamedTuple):
    """The documents of a user in one source."""

    query: AsyncQuery
    time: str
    """the path of the field with the time, a Timestamp"""
    prefix: str
    """what the ids of engagements begin with, before the id of the document"""

    @property
    def field(self) -> str:
        """The path of the field with the time, as queries take it."""
        return api_path(self.time)

    def instant(self, document: Document) -> datetime:
        """The time of a document."""
        instant: datetime = field_at(document.fields, self.time)
        return instant

    def position(self, document: Document) -> Position:
        """The position of a document in `newest_first` order."""
        return to_us(self.instant(document)), self.prefix + document.id

    def newest_first(self, document: Document) -> Position:
        """Sort key, in the order of `feed.model.engagement.newest_first`."""
        timestamp_us, name = self.position(document)
        return -timestamp_us, name


async def engagement_page(
    documents: Documents,
    limit: int,
    after: Position | None,
    at: datetime | None,
    once: dict[str, Any],
) -> list[Document]:
    """The next documents in the order of `newest_first`, all as of one read time.

    Documents of equal times are sorted here; if the limit cuts through a group of them, that group
    is read by id.

    Args:
        documents: The documents of one user.
        limit: The number of documents wanted; fewer are returned only at the end.
        after: The position behind which the page begins; None: at the newest.
        at: The read time; None: now.
        once: Arguments of each request: its timeout, and no retry.
    """
    page: list[Document] = []
    older = ("<=", _LATEST)  # excludes values that are no Timestamp
    if after is not None:
        instant = from_us(min(max(after[0], to_us(_EARLIEST)), to_us(_LATEST)))
        start = start_after(documents.prefix, after[1])
        page = await _of_instant(documents, instant, limit, start, at, once)
        older = ("<", instant)
    if (wanted := limit - len(page)) > 0:
        query = documents.query.where(filter=firestore.FieldFilter(documents.field, *older))
        query = query.order_by(documents.field, direction="DESCENDING").limit(wanted + 1)
        found = await query_documents(query, once, at)
        cut = documents.instant(found.pop()) if len(found) > wanted else None
        whole = [one for one in found if cut is None or documents.instant(one) > cut]
        page += sorted(whole, key=documents.newest_first)
        if cut is not None and len(page) < limit:
            at = at or found[0].read_at
            page += await _of_instant(documents, cut, limit - len(page), Start(), at, once)
    return page


def start_after(prefix: str, engagement_id: str) -> Start | None:
    """The first document of a source whose engagement comes after an id; None: there is none.

    `prefix` and the document's id make the engagement's. An id of another source, `name/id`, lies
    behind all ids up to `name/`, and before those from `name0` on, since a 0 follows the slash.
    """
    if not engagement_id.startswith(prefix):
        return Start() if engagement_id < prefix else None
    name, slash, _ = engagement_id.removeprefix(prefix).partition("/")
    return Start(f"{name}0", inclusive=True) if slash else Start(name, inclusive=False)


async def _of_instant(
    documents: Documents,
    instant: datetime,
    limit: int,
    start: Start | None,
    at: datetime | None,
    once: dict[str, Any],
) -> list[Document]:
    """Documents of one time from an id on, ordered by id."""
    if start is None:
        return []
    query = documents.query.where(filter=firestore.FieldFilter(documents.field, "==", instant))
    query = query.order_by("__name__").limit(limit)
    name, inclusive = start
    if is_document_id(name):
        query = (query.start_at if inclusive else query.start_after)({"__name__": name})
    found = await query_documents(query, once, at)
    return [one for one in found if one.id > name or (inclusive and one.id == name)]
