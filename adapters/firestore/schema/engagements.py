"""The tables `[[engagements]]` of a schema, and how their documents become engagements."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import msgspec

from adapters.firestore.schema.paths import PathPattern
from adapters.firestore.schema.values import (
    Reference,
    Refusal,
    TimeUnit,
    field_at,
    identifier,
    instant_us,
    number,
    share,
)
from feed.model import limits
from feed.model.engagement import Engagement, EngagementType

_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a schema: a key that it does not know is an error."""


class UserField(_Table, frozen=True, kw_only=True):
    """A field that refers to the document of a user."""

    field: str
    """name of the field"""
    collection: str
    """the collection that the user's document is in; its id is the user's id"""


class TypeField(_Table, frozen=True, kw_only=True):
    """A field that says what the user did."""

    field: str
    """name of the field"""
    values: dict[str, EngagementType]
    """the type of engagement that each value stands for. A document with another value is not
    understood; one with a value of `ignored` is left out silently"""
    ignored: tuple[str, ...] = ()
    """values of what is no engagement"""


class TimeField(_Table, frozen=True, kw_only=True):
    """A field with a time."""

    field: str
    """name of the field"""
    unit: TimeUnit = "timestamp"
    """`timestamp`, a Firestore timestamp; `iso`, an ISO 8601 text, in UTC where it names no time
    zone; `seconds` or `milliseconds` since 1970"""


class ProgressField(_Table, frozen=True, kw_only=True):
    """How much of the episode was played: a field with a share, or two with position and length."""

    field: str = ""
    """name of the field with the share"""
    unit: Literal["share", "percent"] = "share"
    """`share`, 0 to 1, or `percent`, 0 to 100"""
    position: str = ""
    """name of the field with the position, in any unit"""
    duration: str = ""
    """name of the field with the episode's duration, in the unit of the position"""

    def __post_init__(self) -> None:
        if bool(self.field) == bool(self.position) or bool(self.position) != bool(self.duration):
            raise ValueError("progress: expected field, or position and duration")


class EngagementTable(_Table, frozen=True, kw_only=True, dict=True):
    """A source of engagements that the app keeps. There may be several."""

    path: str
    """`users/{uid}/plays/{id}`, a collection of each user, or `listens/{id}`, one of all users"""
    name: str = ""
    """short name of the source, part of the ids of its engagements in summaries, so it must stay as
    it is: lower case, digits and hyphens; by default made from the name of the collection"""
    user: str | UserField = ""
    """the field with the user's id; only where the path does not name the user. A table `{field,
    collection}` if the field is a reference to a user's document"""
    episode: str
    """the field with the episode's id, or with a reference to the episode's document. Like all
    fields it may be nested: `media.id`"""
    type: EngagementType | TypeField
    """what each document stands for: one type, or a table `{field, values}`"""
    timestamp: str | TimeField
    """the field with the time of the engagement, a Firestore timestamp, or a table `{field,
    unit}`"""
    progress: str | ProgressField = ""
    """the field with the share that was played, 0 to 1, or a table `{field, unit}` or `{position,
    duration}`"""
    owned: bool = False
    """whether the documents are deleted when a user's data are. If not, they stay, and whatever is
    older than the deletion is left out of all that Earshot computes"""

    def __post_init__(self) -> None:
        place, holes = PathPattern(self.path), self.path.count("{")
        segments = place.segments
        per_user = place.is_of_user and segments[1] == "{uid}" and holes == 2  # noqa: PLR2004
        if len(segments) % 2 or segments[-1] != "{id}" or not (per_user or holes == 1):
            expected = "one like users/{uid}/plays/{id} or listens/{id}"
            raise ValueError(f"path: expected {expected}, got {self.path}")
        if per_user and self.user:
            raise ValueError(f"user: expected none, because {self.path} names the user")
        if not per_user and not self.user:
            raise ValueError(f"user: expected a field, because {self.path} does not name the user")
        if not _NAME.fullmatch(self.source):
            raise ValueError(f"name: expected a short word like plays, got {self.source!r}")

    @cached_property
    def source(self) -> str:
        """The name of the source."""
        return self.name or self.place.collection.lower().replace("_", "-")

    @cached_property
    def place(self) -> PathPattern:
        """The path of a document."""
        return PathPattern(self.path)

    @property
    def user_field(self) -> str:
        """The field that names the user; empty where the path does."""
        return self.user.field if isinstance(self.user, UserField) else self.user

    @cached_property
    def time(self) -> TimeField:
        """The field with the time, and its unit."""
        if isinstance(self.timestamp, str):
            return TimeField(field=self.timestamp)
        return self.timestamp

    def engagement_id(self, document_id: str) -> str:
        """The id of a document's engagement. With its slash it can be no document's own id."""
        return f"{self.source}/{document_id}"

    def document_id(self, engagement_id: str) -> str | None:
        """The id of an engagement's document; None if it is of another source."""
        source, slash, name = engagement_id.partition("/")
        return name if slash and source == self.source else None

    def user_of(self, fields: Mapping[str, Any]) -> str:
        """The id of the user that a document's field names. Raises `Refusal`.

        Only a value of the one kind by which a query finds the document: a text, or a reference.
        """
        field, user = self.user_field, self.user
        value = field_at(fields, field)
        if value is None:
            raise Refusal(f"{field} is missing")
        if isinstance(user, UserField):
            if isinstance(value, Reference) and value.path == f"{user.collection}/{value.id}":
                return value.id
            raise Refusal(f"{field} is no reference to a document of {user.collection}")
        if not isinstance(value, str) or not value:
            raise Refusal(f"{field} is no text")
        return value

    def engagement(self, document_id: str, fields: Mapping[str, Any]) -> Engagement | None:
        """The engagement in a document; None if its type is to be ignored. Raises `Refusal`."""
        kind = self._type(fields)
        if kind is None:
            return None
        episode_id = identifier(field_at(fields, self.episode), self.episode)
        if limits.utf8_bytes(episode_id) > limits.MAX_EPISODE_ID:
            raise Refusal(f"{self.episode} is too long")
        time = self.time
        return Engagement(
            id=self.engagement_id(document_id),
            episode_id=episode_id,
            type=kind,
            timestamp_us=instant_us(field_at(fields, time.field), time.unit, time.field),
            progress=self._progress(fields),
        )

    def _type(self, fields: Mapping[str, Any]) -> EngagementType | None:
        if not isinstance(self.type, TypeField):
            return self.type
        value = field_at(fields, self.type.field)
        text = value if isinstance(value, str) else str(value).lower()  # true, false and numbers
        if text in self.type.ignored:
            return None
        if text not in self.type.values:
            state = "is missing" if value is None else "has a value that the schema does not name"
            raise Refusal(f"{self.type.field} {state}")
        return self.type.values[text]

    def _progress(self, fields: Mapping[str, Any]) -> float | None:
        """The share that was played; None where it is missing or the duration is 0."""
        wanted = self.progress
        if isinstance(wanted, str):
            wanted = ProgressField(field=wanted or "-")
            if not self.progress:
                return None
        if wanted.field:
            value = field_at(fields, wanted.field)
            return None if value is None else share(value, wanted.unit, wanted.field)
        position = field_at(fields, wanted.position)
        duration = field_at(fields, wanted.duration)
        if position is None or not duration:
            return None
        # Players may stop a little behind the end.
        played = number(position, wanted.position) / number(duration, wanted.duration)
        return min(max(played, 0.0), 1.0)
