"""Names the users and engagements that a Firestore event is about.

An event only names what changed. Where the document's path does not name the user, the event's
payload does: the user of the document before and after the change. Nothing else of it is decoded.
"""

from collections.abc import Iterator
from typing import Any

import proto  # type: ignore[import-untyped]
from google.cloud.firestore_v1.types import Document, Value
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from adapters.firestore.schema.engagements import EngagementTable
from adapters.firestore.schema.schema import Schema
from adapters.firestore.schema.values import Refusal, identifier
from feed.ports.users import Change


class _Event(proto.Message):  # type: ignore[misc]
    """`google.events.cloud.firestore.v1.DocumentEventData`, as far as it is used."""

    value = proto.Field(Document, number=1)
    old_value = proto.Field(Document, number=2)


class EventReader:
    """Reads events by a schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    @property
    def app_profile(self) -> bool:
        """Whether the app keeps preferences, which most schemas have no trigger for."""
        return self._schema.profile is not None

    def changes(self, path: str, payload: bytes) -> list[Change]:
        """What an event about a document names; empty if it is about no document of the schema.

        `path` is the document's, below the database; `payload` a serialized `DocumentEventData`.
        Raises `Refusal` if the payload should name the user and does not.
        """
        own, app = self._schema.earshot, self._schema.profile
        if found := own.engagement.match(path):
            return [Change(found["uid"], found["id"])]
        if found := own.document("profile").match(path):
            return [Change(found["uid"], None)]
        if found := own.document("deleted").match(path):
            return [Change(found["uid"], None, rebuild=True)]
        if app and app.trigger and (found := app.place.match(path)):
            return [Change(found["uid"], None)]
        for table in self._schema.engagements:
            if found := table.place.match(path):
                name = table.engagement_id(found["id"])
                users = [found["uid"]] if "uid" in found else _users(table, payload)
                return [Change(uid, name) for uid in users]
        return []


def _users(table: EngagementTable, payload: bytes) -> list[str]:
    """The ids of the users that a document named before and after a change."""
    try:
        event = _Event.deserialize(payload)
    except DecodeError:
        raise Refusal("the event cannot be decoded") from None
    field = table.user_field
    values = [
        _plain(value)
        for document in (event.value, event.old_value)
        for value in _values_at(document, field)
    ]
    users = sorted({identifier(value, field) for value in values if value not in {None, ""}})
    if not users:
        raise Refusal(f"{field} is missing")
    return users


def _values_at(document: Document, path: str) -> Iterator[Value]:
    """Yield the value at a path like `user.id`, if the document has one."""
    fields = document.fields
    *parents, last = path.split(".")
    for name in parents:
        if name not in fields:
            return
        fields = fields[name].map_value.fields
    if last in fields:
        yield fields[last]


def _plain(value: Value) -> Any:
    """The id in a value: a text, a number, or the last part of a reference; else None."""
    kind = type(value).pb(value).WhichOneof("value_type")
    if kind == "reference_value":
        return value.reference_value.rpartition("/")[2]
    return getattr(value, kind) if kind in {"string_value", "integer_value"} else None
