"""Reads episodes from Firestore: all documents, those that changed, and how many there are."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property, partial
from typing import Any, TypeAlias, TypeVar

import msgspec
from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.cloud.firestore import (
    Client,
    CollectionGroup,
    CollectionReference,
    DocumentReference,
    DocumentSnapshot,
    FieldFilter,
    Query,
)
from google.cloud.firestore_v1.field_path import FieldPath

from adapters.firestore.errors import translate_errors
from adapters.firestore.plain import plain
from adapters.firestore.schema.episodes import EpisodesTable
from adapters.firestore.schema.paths import PathPattern
from adapters.firestore.schema.values import Refusal, field_at
from adapters.firestore.update_times import Mark, UpdateTimes
from feed.ports.episodes import NotesKeeper, SourceProblem, SourceRecord

T = TypeVar("T")
Snapshot: TypeAlias = "DocumentSnapshot[Any]"

is_transient = if_exception_type(
    exceptions.Aborted,
    exceptions.GatewayTimeout,
    exceptions.InternalServerError,
    exceptions.ServiceUnavailable,
    exceptions.TooManyRequests,
)
"""whether an error of Firestore's client may be gone by the next attempt"""


class StoredEpisode(msgspec.Struct, frozen=True, array_like=True):
    """A document as it was read."""

    fields: dict[str, Any] | None
    """those of an episode, not yet validated; None if it is not published, or refused"""
    updated: Mark | None
    """when it last changed; None if it does not say so"""
    refused: str = ""
    """why its fields cannot be converted"""
    is_ours: bool = True
    """whether it is where the app has episodes; a collection group may have others"""
    notes_digest: str = ""
    """of its notes, if a `NotesKeeper` has them; otherwise they are the field `notes`"""

    def record(self, path: str) -> SourceRecord | SourceProblem | None:
        """What a source yields for the document; None if it is not published."""
        if self.refused:
            return SourceProblem(path, self.refused)
        if self.fields is None:
            return None
        return SourceRecord(path, self.fields, notes_digest=self.notes_digest)


Documents = dict[str, StoredEpisode]
"""Documents by path."""


class FirestoreEpisodes:
    """An `EpisodeSource` over a collection or a collection group; connects at the first read."""

    def __init__(
        self,
        project: str | None = None,
        *,
        database: str = "(default)",
        collection: str = "episodes",
        table: EpisodesTable | None = None,
        page_size: int = 300,
        timeout_s: float = 30.0,
        patience_s: float = 60.0,
        notes: NotesKeeper | None = None,
    ) -> None:
        """Configure the source.

        With `table` it reads the app's own documents as that says, without it those of
        `collection`, whose fields are an episode's. `timeout_s` limits each attempt to read a page
        of `page_size` documents, `patience_s` all attempts together. Both are seconds. `notes`
        takes the notes of each document as it is read; without it they are a field like others.
        """
        self._project = project
        self._database = database
        self._table = table
        self.place = table.place if table else PathPattern(f"{collection}/{{id}}")
        self.updates = UpdateTimes((table or EpisodesTable()).updated)
        self._page_size = page_size
        self._once: dict[str, Any] = {"retry": None, "timeout": timeout_s}
        self._patience_s = patience_s
        self.notes = notes
        self.series_names: dict[str, str] = {}
        """names of series by the path of their document, as far as they were read"""

    @property
    def identity(self) -> str:
        """What a copy of the documents depends on: another text, and it cannot be used."""
        table = msgspec.json.encode(self._table).decode() if self._table else ""
        return f"{self._database} {self.place.text} {table}"

    def read(self) -> Iterator[SourceRecord | SourceProblem]:
        """Yield every episode as a record named by its path, in the order of paths."""
        return self.records(self.documents())

    def records(
        self, documents: Iterable[tuple[str, StoredEpisode]]
    ) -> Iterator[SourceRecord | SourceProblem]:
        """Yield each episode of these documents, and a note of how many are left out, and why."""
        left_out: Counter[str] = Counter()
        for path, one in documents:
            if (record := one.record(path)) is not None:
                yield record
            else:
                left_out["do not meet the condition" if one.is_ours else "are elsewhere"] += 1
        for reason, count in left_out.items():
            note = f"documents left out because they {reason}: {count:,}"
            yield SourceProblem(self.place.text, note, is_note=True)

    def documents(self) -> Iterator[tuple[str, StoredEpisode]]:
        """Yield every document, in the order of paths. Costs a read for each."""
        return self._stored(self._pages(self._collection.order_by("__name__")))

    def updated_after(self, mark: Mark, until: Mark | None = None) -> Documents:
        """The documents that changed after a time, and not after `until`.

        Costs a read for each, and one if there are none.
        """
        query = self._updated(mark, until).order_by(_quoted(self.updates.name))
        return dict(self._stored(self._pages(query)))

    def count_updated(self, after: Mark, until: Mark) -> int:
        """How many documents last changed after one time, and not after another.

        Like every count, it costs a read for each 1,000 of them, and one if there are none.
        """
        return self._count(self._updated(after, until))

    def count_between(self, first: str | None, end: str | None) -> int:
        """How many documents there are from one path up to another, which does not count."""
        return self._count(self._between(first, end))

    def paths_between(self, first: str | None, end: str | None) -> set[str]:
        """The paths of the documents from one path up to another. Costs a read for each."""
        return {one.reference.path for one in self._pages(self._between(first, end).select([]))}

    def at_paths(self, paths: Collection[str]) -> Documents:
        """The documents that exist at these paths. Costs a read for each path."""
        return dict(self._stored(self._at(sorted(paths), None)))

    def _updated(self, after: Mark, until: Mark | None) -> Query:
        name, value = _quoted(self.updates.name), self.updates.value
        query = self._collection.where(filter=FieldFilter(name, ">", value(after)))
        if until is not None:
            query = query.where(filter=FieldFilter(name, "<=", value(until)))
        return query

    def _between(self, first: str | None, end: str | None) -> Query:
        query = self._collection.order_by("__name__")
        if first is not None:
            query = query.start_at({"__name__": self._client.document(first)})
        if end is not None:
            query = query.end_before({"__name__": self._client.document(end)})
        return query

    def _pages(self, query: Query) -> Iterator[Snapshot]:
        query = query.limit(self._page_size)
        while True:
            page = self._patiently(partial(query.get, **self._once))
            yield from page
            if len(page) < self._page_size:
                return
            query = query.start_after(page[-1])

    def _count(self, query: Query) -> int:
        get: Callable[[], Any] = partial(query.count().get, **self._once)
        return int(self._patiently(get)[0][0].value)

    def _at(self, paths: list[str], field: str | None) -> Iterator[Snapshot]:
        references = [self._client.document(one) for one in paths]
        for start in range(0, len(references), self._page_size):
            batch = references[start : start + self._page_size]
            yield from self._patiently(partial(self._existing, batch, field))

    def _existing(self, references: list[DocumentReference], field: str | None) -> list[Snapshot]:
        only = None if field is None else [_quoted(field)]
        found = self._client.get_all(references, field_paths=only, **self._once)
        return [one for one in found if one.exists]

    def _patiently(self, call: Callable[[], T]) -> T:
        with translate_errors(f"read {self.place.text}"):
            return Retry(is_transient, initial=0.25, timeout=self._patience_s)(call)()

    @cached_property
    def _client(self) -> Client:
        with translate_errors("connect"):
            return Client(project=self._project, database=self._database)

    @property
    def _collection(self) -> CollectionReference | CollectionGroup:
        *parents, _ = self.place.segments
        if any(one.startswith("{") for one in parents):
            return self._client.collection_group(self.place.collection)
        return self._client.collection(*parents)

    def _stored(self, snapshots: Iterable[Snapshot]) -> Iterator[tuple[str, StoredEpisode]]:
        """Yield documents as they are stored; reads the names of their series, page by page."""
        page: list[Snapshot] = []
        for one in snapshots:
            page.append(one)
            if len(page) == self._page_size:
                yield from self._stored_page(page)
                page = []
        yield from self._stored_page(page)

    def _stored_page(self, page: list[Snapshot]) -> Iterator[tuple[str, StoredEpisode]]:
        found = [(one.reference.path, one.to_dict() or {}) for one in page]
        series = self._read_series_names(found)
        for path, document in found:
            updated = self.updates.mark(document)
            if self.place.match(path) is None:
                yield path, StoredEpisode(None, updated, is_ours=False)
                continue
            try:
                fields = self._fields(path, document, series)
                digest = self._keep_notes(fields)
                yield path, StoredEpisode(fields, updated, notes_digest=digest)
            except Refusal as refusal:
                yield path, StoredEpisode(None, updated, refusal.reason)

    def _fields(
        self, path: str, document: dict[str, Any], series: dict[str, str]
    ) -> dict[str, Any] | None:
        if self._table is None:
            fields: dict[str, Any] = plain(document)
            if fields.get("id") is None:
                fields["id"] = path.rpartition("/")[2]
            return fields
        episode = self._table.episode(path, document)
        name = self.series_names.get(series.get(path, ""))
        if episode is not None and name:
            episode.setdefault("series", {}).setdefault("name", name)
        return episode

    def _keep_notes(self, fields: dict[str, Any] | None) -> str:
        """Give the notes among these fields to the keeper and remove them; returns their digest."""
        if self.notes is None or not fields:
            return ""
        notes = fields.pop("notes", None)
        return self.notes.keep(notes) if isinstance(notes, str) and notes.strip() else ""

    def _read_series_names(self, page: list[tuple[str, dict[str, Any]]]) -> dict[str, str]:
        """Read the names of series that are not known; returns the series' path by episode's."""
        table = self._table
        if table is None or not table.series.document_name:
            return {}
        paths: dict[str, str] = {}
        for path, document in page:
            try:
                paths[path] = table.series_document(path, document)
            except Refusal:  # it is refused again, with the episode
                continue
        wanted = sorted({one for one in paths.values() if one} - self.series_names.keys())
        self.series_names |= dict.fromkeys(wanted, "")
        for snapshot in self._at(wanted, table.series.document_name):
            name = field_at(snapshot.to_dict() or {}, table.series.document_name)
            self.series_names[snapshot.reference.path] = name if isinstance(name, str) else ""
        return paths


def _quoted(path: str) -> str:
    """A path of fields as queries spell it: with quotes around names such as `updated-at`."""
    return str(FieldPath(*path.split(".")).to_api_repr())
