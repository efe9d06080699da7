"""Episodes from a collection in Firestore: all of them, or those that changed since."""

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

from adapters.firestore.errors import edge
from feed.model.timestamps import rfc3339, to_us
from feed.ports.episodes import Problem, Record

T = TypeVar("T")
Snapshot: TypeAlias = "DocumentSnapshot[Any]"

_EARLIEST = datetime.min.replace(tzinfo=UTC)
PASSING = if_exception_type(
    exceptions.Aborted,
    exceptions.GatewayTimeout,
    exceptions.InternalServerError,
    exceptions.ServiceUnavailable,
    exceptions.TooManyRequests,
)
"""what may be over by the next try"""


class Changes(NamedTuple):
    """What happened to a collection since a time. Ids are those of documents."""

    records: list[Record]
    """new or changed, in the order of `FirestoreEpisodes.read`"""
    deleted: list[str]
    """known ids that no longer exist, in order"""


class FirestoreEpisodes:
    """An `EpisodeSource` over one collection. Nothing is opened before the first read.

    Each page may take `timeout_s`, and is tried again until `patience_s` have passed.
    """

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
        self._project = project
        self._database = database
        self.collection = self._name = collection
        self._page_size = page_size
        self._once: dict[str, Any] = {"retry": None, "timeout": timeout_s}
        self._patience_s = patience_s

    def read(self) -> Iterator[Record | Problem]:
        """Yield every document as a record named `episodes/<id>`, in the order of ids."""
        for snapshot in self._pages(self._collection.order_by("__name__")):
            yield self._record(snapshot)

    def undated(self) -> int:
        """How many documents carry no Timestamp `updated_at`. One read for each 1,000 counted."""
        dated = self._collection.where(filter=FieldFilter("updated_at", ">=", _EARLIEST))
        return self._count(self._collection) - self._count(dated)

    def changed_since(self, updated_at: datetime, known_ids: Collection[str]) -> Changes:
        """What changed after `updated_at`, of a collection that had the documents `known_ids`.

        A change is a document whose field `updated_at`, a Timestamp, is later. Where the number of
        documents is then not what it should be, their ids are listed: so what was deleted is found,
        and what was added without that field. Pass the ids of every document that was read, those
        refused as episodes too, and a time somewhat before the last read began: a write may become
        visible some seconds after the time that it carries.

        Costs one document read for each change, one for each 1,000 documents counted, and, where
        they are listed, one for each document.
        """
        known = set(known_ids)
        later = self._collection.where(filter=FieldFilter("updated_at", ">", updated_at))
        changed = {one.id: one for one in self._pages(later.order_by("updated_at"))}
        deleted: set[str] = set()
        if self._count(self._collection) != len(known | changed.keys()):
            listed = self._collection.select([]).order_by("__name__")
            present = {one.id for one in self._pages(listed)}
            deleted = known - present
            changed |= {one.id: one for one in self._named(present - known - changed.keys())}
            changed = {name: one for name, one in changed.items() if name in present}
        return Changes([self._record(changed[name]) for name in sorted(changed)], sorted(deleted))

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

    def _named(self, ids: Collection[str]) -> Iterator[Snapshot]:
        places = [self._collection.document(name) for name in sorted(ids)]
        for start in range(0, len(places), self._page_size):
            batch = places[start : start + self._page_size]
            yield from self._patiently(partial(self._existing, batch))

    def _existing(self, places: list[DocumentReference]) -> list[Snapshot]:
        return [one for one in self._client.get_all(places, **self._once) if one.exists]

    def _patiently(self, call: Callable[[], T]) -> T:
        with edge(f"read the collection {self._name}"):
            return Retry(PASSING, initial=0.25, timeout=self._patience_s)(call)()

    @cached_property
    def _client(self) -> Client:
        with edge("connect"):
            return Client(project=self._project, database=self._database)

    @property
    def _collection(self) -> CollectionReference:
        return self._client.collection(self._name)

    def _record(self, snapshot: Snapshot) -> Record:
        fields = _plain(snapshot.to_dict() or {})
        if fields.get("id") is None:
            fields["id"] = snapshot.id
        return Record(f"{self._name}/{snapshot.id}", fields)


def _plain(value: Any) -> Any:
    """A Firestore value as JSON would have it: instants as RFC 3339, references as paths."""
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
