"""The sources of a user's engagements: Earshot's own collection, and those of the app."""

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from google.cloud import firestore
from google.cloud.firestore_v1.async_query import AsyncQuery
from google.cloud.firestore_v1.field_path import FieldPath

from adapters.firestore.documents import is_document_id, parse_engagement
from adapters.firestore.reads import Document
from adapters.firestore.refusals import Refusals
from adapters.firestore.schema.engagements import EngagementTable, TimeField, UserField
from adapters.firestore.schema.own import OwnTable
from adapters.firestore.schema.paths import PathPattern
from adapters.firestore.schema.schema import Schema
from adapters.firestore.schema.values import Refusal
from feed.model.engagement import Engagement

log = logging.getLogger(__name__)


class Source(Protocol):
    """The engagements of all users in one kind of document."""

    @property
    def place(self) -> PathPattern:
        """The path of a document."""

    @property
    def prefix(self) -> str:
        """What the ids of engagements begin with, before the id of the document."""

    @property
    def owned(self) -> bool:
        """Whether the documents are deleted when a user's data are."""

    @property
    def time(self) -> TimeField:
        """The field with the time of an engagement."""

    def documents(self, client: firestore.AsyncClient, uid: str) -> AsyncQuery:
        """The query for a user's documents."""

    def is_of(self, document: Document, uid: str) -> bool:
        """Whether a document is a user's."""

    def parse(self, document: Document) -> Engagement | None:
        """The engagement in a document; None, and counted, if it is not understood."""

    def check(self, document: Document) -> None:
        """Count a document that is not understood, or does not name its user."""


@dataclass(frozen=True)
class OwnSource:
    """The collection to which the API writes."""

    table: OwnTable
    refusals: Refusals
    prefix = ""
    owned = True
    time = TimeField(field="timestamp")

    @cached_property
    def place(self) -> PathPattern:
        """The path of a document."""
        return self.table.engagement

    def documents(self, client: firestore.AsyncClient, uid: str) -> AsyncQuery:
        """The query for a user's documents."""
        return _all(client.collection(self.place.fill(uid=uid).rpartition("/")[0]))

    def is_of(self, _document: Document, _uid: str) -> bool:
        """Whether a document is a user's: its path says so."""
        return True

    def parse(self, document: Document) -> Engagement | None:
        """The engagement in a document; None, and counted, if it is malformed."""
        return parse_engagement(document, self.refusals)

    def check(self, document: Document) -> None:
        """Count a document that is malformed."""
        self.parse(document)


@dataclass(frozen=True)
class AppSource:
    """A source of the app, as a table of the schema describes it."""

    table: EngagementTable
    refusals: Refusals

    @cached_property
    def place(self) -> PathPattern:
        """The path of a document."""
        return self.table.place

    @cached_property
    def prefix(self) -> str:
        """What the ids of engagements begin with."""
        return self.table.engagement_id("")

    @property
    def owned(self) -> bool:
        """Whether the documents are deleted when a user's data are."""
        return self.table.owned

    @property
    def time(self) -> TimeField:
        """The field with the time of an engagement."""
        return self.table.time

    def documents(self, client: firestore.AsyncClient, uid: str) -> AsyncQuery:
        """The query for a user's documents."""
        if self.place.is_of_user:
            return _all(client.collection(self.place.fill(uid=uid).rpartition("/")[0]))
        user = self.table.user
        value = client.document(user.collection, uid) if isinstance(user, UserField) else uid
        collection = client.collection(self.place.text.rpartition("/")[0])
        where = firestore.FieldFilter(api_path(self.table.user_field), "==", value)
        return collection.where(filter=where)

    def is_of(self, document: Document, uid: str) -> bool:
        """Whether a document is a user's: it names the user, or its path does."""
        if self.place.is_of_user:
            return True
        try:
            return self.table.user_of(document.fields) == uid
        except Refusal:
            return False

    def parse(self, document: Document) -> Engagement | None:
        """The engagement in a document; None, and counted, if it is not understood."""
        try:
            return self.table.engagement(document.id, document.fields)
        except Refusal as refusal:
            self._refuse(document, refusal)
            return None

    def check(self, document: Document) -> None:
        """Count a document that is not understood, or does not name its user."""
        if self.parse(document) and not self.place.is_of_user:
            try:
                self.table.user_of(document.fields)
            except Refusal as refusal:
                self._refuse(document, refusal)

    def _refuse(self, document: Document, refusal: Refusal) -> None:
        shown = self.table.engagement_id(document.id)
        self.refusals.add(self.table.source, refusal.reason, document.path, shown)


def sources_of(schema: Schema, refusals: Refusals) -> list[Source]:
    """All sources of engagements: Earshot's own first."""
    apps = [AppSource(one, refusals) for one in schema.engagements]
    return [OwnSource(schema.earshot, refusals), *apps]


def path_of(source: Source, uid: str, engagement_id: str) -> str | None:
    """The path of an engagement's document; None if this source can have none of that id."""
    name = engagement_id.removeprefix(source.prefix)
    if not engagement_id.startswith(source.prefix) or not is_document_id(name):
        return None
    return source.place.fill(uid=uid, id=name)


def api_path(path: str) -> str:
    """The path of a field as Firestore's queries take it, with quotes where they are needed."""
    return str(FieldPath(*path.split(".")).to_api_repr())


def _all(collection: firestore.AsyncCollectionReference) -> AsyncQuery:
    query: AsyncQuery = collection._query()  # noqa: SLF001  # a query without a condition
    return query
