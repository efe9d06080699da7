"""Reads episodes from a Firestore collection: all of them, or those that changed."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeAlias, TypeVar

from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.cloud.firestore import (
    Client,
    CollectionReference,
    DocumentReference,
    DocumentSnapshot,
    FieldFilter,
    GeoPoint,
    Query,
)
from google.cloud.firestore_v1.vector import Vector

from adapters.firestore.errors import translate_errors
from feed.model.timestamps import rfc3339, to_us
from feed.ports.episodes import SourceProblem, SourceRecord

T = TypeVar("T")
Snapshot: TypeAlias = "DocumentSnapshot[Any]"

_EARLIEST = datetime.min.replace(tzinfo=UTC)
is_transient = if_exception_type(
    exceptions.Aborted,
    exceptions.GatewayTimeout,
    exceptions.InternalServerError,
    exceptions.ServiceUnavailable,
    exceptions.TooManyRequests,
)
"""whether an error of Firestore's client may be gone by the next attempt"""


class CollectionChanges(NamedTuple):
    """What changed in a collection since a time."""

    records: list[SourceRecord]
    """new or changed documents, in the order of `FirestoreEpisodes.read`"""
    deleted: list[str]
    """ids of known documents that no longer exist, sorted"""


class FirestoreEpisodes:
    """An `EpisodeSource` over one collection. It connects at the first read."""

    def __init__(
        self,
        project: str | None = None,
        *,
        database: str = "(default)",
        collection: str = "episodes",
        page_size: int = 300,
        timeout_s: float = 30.0,
        patience_s: float = 60.0,
    ) -> None:
        """Configure the source.

        `timeout_s` limits each attempt to read a page of `page_size` documents, `patience_s` all
        attempts together. Both are seconds.
        """
        self._project = project
        self._database = database
        self.collection = self._name = collection
        self._page_size = page_size
        self._once: dict[str, Any] = {"retry": None, "timeout": timeout_s}
        self._patience_s = patience_s

    def read(self) -> Iterator[SourceRecord | SourceProblem]:
        """Yield every document as a record named `<collection>/<id>`, ordered by id."""
        for snapshot in self._pages(self._collection.order_by("__name__")):
            yield self._record(snapshot)

    def undated(self) -> int:
        """The number of documents without a Timestamp `updated_at`.

        Costs one document read for each 1,000 documents.
        """
        dated = self._collection.where(filter=FieldFilter("updated_at", ">=", _EARLIEST))
        return self._count(self._collection) - self._count(dated)

    def changed_since(self, updated_at: datetime, known_ids: Collection[str]) -> CollectionChanges:
        """The documents that changed after a time.

        A document has changed if its field `updated_at`, a Timestamp, is later. If the number of
        documents then does not add up, all ids are listed, which finds deleted documents and those
        added without that field.

        Args:
            updated_at: A time somewhat before the last read began: a write may become visible some
                seconds after the time in its `updated_at`.
            known_ids: Ids of all documents that were read, including those rejected as episodes.

        Costs one document read for each change, one for each 1,000 documents, and, if they are
        listed, one for each document.
        """
        known = set(known_ids)
        later = self._collection.where(filter=FieldFilter("updated_at", ">", updated_at))
        changed = {one.id: one for one in self._pages(later.order_by("updated_at"))}
        deleted: set[str] = set()
        if self._count(self._collection) != len(known | changed.keys()):
            list_users = self._collection.select([]).order_by("__name__")
            present = {one.id for one in self._pages(list_users)}
            deleted = known - present
            changed |= {one.id: one for one in self._documents(present - known - changed.keys())}
            changed = {name: one for name, one in changed.items() if name in present}
        return CollectionChanges(
            [self._record(changed[name]) for name in sorted(changed)], sorted(deleted)
        )

    def _pages(self, query: Query) -> Iterator[Snapshot]:
        query = query.limit(self._page_size)
        while True:
            page = self._patiently(partial(query.get, **self._once))
            yield from page
            if len(page) < self._page_size:
                return
            query = query.start_after(page[-1])

    def _count(self, query: Query | CollectionReference) -> int:
        count = query.count()
        return int(self._patiently(partial(count.get, **self._once))[0][0].value)

    def _documents(self, ids: Collection[str]) -> Iterator[Snapshot]:
        references = [self._collection.document(name) for name in sorted(ids)]
        for start in range(0, len(references), self._page_size):
            batch = references[start : start + self._page_size]
            yield from self._patiently(partial(self._existing, batch))

    def _existing(self, references: list[DocumentReference]) -> list[Snapshot]:
        return [one for one in self._client.get_all(references, **self._once) if one.exists]

    def _patiently(self, call: Callable[[], T]) -> T:
        with translate_errors(f"read the collection {self._name}"):
            return Retry(is_transient, initial=0.25, timeout=self._patience_s)(call)()

    @cached_property
    def _client(self) -> Client:
        with translate_errors("connect"):
            return Client(project=self._project, database=self._database)

    @property
    def _collection(self) -> CollectionReference:
        return self._client.collection(self._name)

    def _record(self, snapshot: Snapshot) -> SourceRecord:
        fields = _plain(snapshot.to_dict() or {})
        if fields.get("id") is None:
            fields["id"] = snapshot.id
        return SourceRecord(f"{self._name}/{snapshot.id}", fields)


def _plain(value: Any) -> Any:
    """A Firestore value as a JSON value: timestamps as RFC 3339, references as paths."""
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | Vector):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return rfc3339(to_us(value))
    if isinstance(value, DocumentReference):
        return value.path
    if isinstance(value, GeoPoint):
        return {"latitude": value.latitude, "longitude": value.longitude}
    return value
