"""The table `[episodes]` of a schema, and how its documents become an episode's fields."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any

import msgspec

from adapters.firestore.plain import plain
from adapters.firestore.schema.engagements import TimeField
from adapters.firestore.schema.paths import PathPattern
from adapters.firestore.schema.values import (
    DurationUnit,
    duration_s,
    field_at,
    identifier,
    instant_us,
    number,
)
from feed.model.timestamps import rfc3339

SERIES = "series"
"""the placeholder for a series' id in the path of its document"""
_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """A table of a schema: a key that it does not know is an error."""


class ConditionField(_Table, frozen=True, kw_only=True):
    """What a document has to say to be published: `equals`, or `differs_from`.

    A value is a text, a number, or `true` or `false`.
    """

    field: str
    """name of the field"""
    equals: str | int | float | bool | None = None
    """the value of a published episode, as in `{field = "status", equals = "published"}`"""
    differs_from: str | int | float | bool | None = None
    """the value of an episode that is not published, as in `{field = "deleted", differs_from =
    true}`; a document without the field is published"""

    def __post_init__(self) -> None:
        if (self.equals is None) == (self.differs_from is None):
            raise ValueError("condition: expected equals or differs_from")

    def holds(self, fields: Mapping[str, Any]) -> bool:
        """Whether a document with these fields is published."""
        value = field_at(fields, self.field)
        if self.equals is not None:
            return _same(value, self.equals)
        return not _same(value, self.differs_from)


class DurationField(_Table, frozen=True, kw_only=True):
    """A field with a duration."""

    field: str
    """name of the field"""
    unit: DurationUnit = "seconds"
    """`seconds`, `minutes`, `milliseconds`, or `clock` for texts like `1:02:03` and `62:03`"""


class SeriesTable(_Table, frozen=True, kw_only=True):
    """The series of an episode, from fields of the episode or from a document of its own."""

    id: str = "series.id"
    """the field with the series' id, or with a reference to its document; or a placeholder of the
    path, as `{podcast}`"""
    name: str = "series.name"
    """the field of the episode with the series' name"""
    document: str = ""
    """path of the series' own document, as `shows/{series}`, for its name; not needed where `id` is
    a reference"""
    document_name: str = ""
    """the field of that document with the name, which is read once for each series"""

    def __post_init__(self) -> None:
        if self.document and not self.document_name:
            raise ValueError("document_name: expected a field of the series' document")
        if self.document and len(PathPattern(self.document).segments) % 2:
            raise ValueError(
                f"document: expected a path like shows/{{series}}, got {self.document}"
            )


class ScoresTable(_Table, frozen=True, kw_only=True):
    """The fields with an episode's scores, each 0 to 5."""

    credibility: str = "scores.credibility"
    """how far it can be trusted"""
    insight: str = "scores.insight"
    """how much there is to learn"""
    information: str = "scores.information"
    """how informative it is"""
    entertainment: str = "scores.entertainment"
    """how entertaining it is"""


class CategoriesTable(_Table, frozen=True, kw_only=True):
    """The fields with an episode's categories, each a text or a list of texts or references."""

    major: str = "categories.major"
    """its main topics"""
    subcategories: str = "categories.subcategories"
    """topics below those"""


class EpisodesTable(_Table, frozen=True, kw_only=True):
    """Where the episodes are, and their fields. A key is left out where the app's name is the same.

    A name may be nested, as `media.title`. A reference counts as the id of its document. An empty
    name says that the app has no such field.
    """

    path: str = "episodes/{id}"
    """the path of an episode's document. `podcasts/{podcast}/episodes/{id}` reads a collection
    group; a document elsewhere whose collection has the same name is none of these"""
    condition: ConditionField | None = None
    """what a document has to say to be published: `{field, equals}` or `{field, differs_from}`"""
    updated_at: str | TimeField = "updated_at"
    """the field that the app sets to the current time at every change, a Firestore timestamp, or a
    table `{field, unit}`. An ISO text has to be in UTC and end with `Z`"""
    id: str = "{id}"
    """the episode's id, by default that of its document"""
    title: str = "title"
    """its title"""
    published_at: str | TimeField = "published_at"
    """when it was published, a Firestore timestamp, or a table `{field, unit}`"""
    content_id: str = "content_id"
    """an id that other versions of the same content share"""
    series: SeriesTable = SeriesTable()
    """the series it belongs to"""
    scores: ScoresTable = ScoresTable()
    """its editorial scores"""
    categories: CategoriesTable = CategoriesTable()
    """its topics"""
    key_insight: str = "key_insight"
    """what it is about, in a sentence"""
    description: str = "description"
    """what it is about, in a few; its card shows the first 2,000 characters"""
    notes: str = "notes"
    """its full notes, HTML or plain text"""
    entities: str = "entities"
    """what it mentions, a text or a list"""
    people: str = "people"
    """who speaks, a text or a list"""
    image_url: str = "image_url"
    """address of its picture"""
    audio_url: str = "audio_url"
    """address of its sound"""
    url: str = "url"
    """address of its page"""
    duration_s: str | DurationField = "duration_s"
    """its length in seconds, or a table `{field, unit}`"""
    language: str = "language"
    """its language, as a tag like `en`"""
    explicit: str = "explicit"
    """whether it is explicit, `true` or `false`"""
    transcript_url: str = "transcript_url"
    """address of its transcript"""
    chapters_url: str = "chapters_url"
    """address of its chapters"""
    season_number: str = "season_number"
    """number of its season"""
    episode_number: str = "episode_number"
    """its number"""

    def __post_init__(self) -> None:
        segments = self.place.segments
        if len(segments) % 2 or segments[-1] != "{id}":
            raise ValueError(f"path: expected one like episodes/{{id}}, got {self.path}")
        known = set(_PLACEHOLDER.findall(self.path))
        for name in (self.id, self.content_id, self.series.id):
            if unknown := set(_PLACEHOLDER.findall(name)) - known:
                raise ValueError(f"{{{min(unknown)}}}: expected a placeholder of {self.path}")
        if unknown := set(_PLACEHOLDER.findall(self.series.document)) - known - {SERIES}:
            raise ValueError(f"series.document: {{{min(unknown)}}}: expected {{series}}")
        for name in ("id", "title", "published_at", "updated_at"):
            if not getattr(self, name):
                raise ValueError(f"{name}: expected the name of a field")

    @cached_property
    def place(self) -> PathPattern:
        """The path of an episode's document."""
        return PathPattern(self.path)

    @property
    def updated(self) -> TimeField:
        """The field with the time of the last change, and its unit."""
        return _time_field(self.updated_at)

    def episode(self, path: str, document: Mapping[str, Any]) -> dict[str, Any] | None:
        """The fields of the episode in a document; None if it is not published, or none of these.

        They are JSON values, not yet validated. Raises `Refusal` for a value that cannot be
        converted.
        """
        fields = self._with_placeholders(path, document)
        if fields is None or (self.condition and not self.condition.holds(document)):
            return None
        episode: dict[str, Any] = {}
        for target, source, convert in self._conversions:
            value = field_at(fields, source)
            if value is None or value == "":
                continue
            *parents, name = target.split(".")
            place = episode
            for key in parents:
                place = place.setdefault(key, {})
            place[name] = convert(value, source)
        return episode

    def series_document(self, path: str, document: Mapping[str, Any]) -> str:
        """The path of the document with the name of an episode's series; empty if there is none."""
        series = self.series
        fields = self._with_placeholders(path, document)
        if not series.document_name or fields is None:
            return ""
        value = field_at(fields, series.id)
        if not series.document or value is None:
            return str(getattr(value, "path", ""))
        fields[f"{{{SERIES}}}"] = identifier(value, series.id)
        return _PLACEHOLDER.sub(lambda found: str(fields[found[0]]), series.document)

    def _with_placeholders(self, path: str, document: Mapping[str, Any]) -> dict[str, Any] | None:
        """A document's fields, with the ids of its path by placeholder; None for another path."""
        ids = self.place.match(path)
        return None if ids is None else {**document, **{f"{{{key}}}": ids[key] for key in ids}}

    @cached_property
    def _conversions(self) -> list[tuple[str, str, Callable[[Any, str], Any]]]:
        """Of each field that the app has: its name here, its name there, and what converts it."""
        return [one for one in self._all_conversions() if one[1]]

    def _all_conversions(self) -> Iterator[tuple[str, str, Callable[[Any, str], Any]]]:
        published = _time_field(self.published_at)
        yield "published_at", published.field, partial(_instant, published)
        length = self.duration_s
        length = length if isinstance(length, DurationField) else DurationField(field=length)
        yield "duration_s", length.field, partial(_duration, length)
        for name in ("id", "content_id"):
            yield name, getattr(self, name), identifier
        yield "series.id", self.series.id, identifier
        yield "series.name", self.series.name, _as_it_is
        for name in ScoresTable.__struct_fields__:
            yield f"scores.{name}", getattr(self.scores, name), number
        for name in CategoriesTable.__struct_fields__:
            yield f"categories.{name}", getattr(self.categories, name), _as_list
        for name in ("entities", "people"):
            yield name, getattr(self, name), _as_list
        for name in _AS_THEY_ARE:
            yield name, getattr(self, name), _as_it_is


_CONVERTED = (
    *("path", "condition", "updated_at", "id", "published_at", "content_id", "series", "scores"),
    *("categories", "entities", "people", "duration_s"),
)
_AS_THEY_ARE = tuple(one for one in EpisodesTable.__struct_fields__ if one not in _CONVERTED)


def _time_field(field: str | TimeField) -> TimeField:
    return field if isinstance(field, TimeField) else TimeField(field=field)


def _instant(field: TimeField, value: Any, path: str) -> str:
    return rfc3339(instant_us(value, field.unit, path))


def _duration(field: DurationField, value: Any, path: str) -> float:
    return duration_s(value, field.unit, path)


def _as_it_is(value: Any, _path: str) -> Any:
    return plain(value, references_as_ids=True)


def _as_list(value: Any, path: str) -> Any:
    found = _as_it_is(value, path)
    return [found] if isinstance(found, str) else found


def _same(value: Any, other: Any) -> bool:
    """Whether two values are equal; Python also calls True and 1 equal."""
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)
