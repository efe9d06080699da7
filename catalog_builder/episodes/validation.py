"""Validates the raw records of a source; no other module validates episodes."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from catalog_builder.episodes.allowance import Allowance, apply_allowance
from catalog_builder.episodes.duplicates import FeedItem, deduplicate
from catalog_builder.episodes.languages import standardize_languages
from catalog_builder.errors import CommandError
from feed.arrays.hashing import hash_strings
from feed.model.episode import (
    MAX_DESCRIPTION_CHARS,
    MAX_ID_BYTES,
    Categories,
    Episode,
    Scores,
    Series,
)
from feed.model.markup import description_text, is_html, title_text
from feed.model.timestamps import to_us
from feed.ports.episodes import NotesKeeper, SourceProblem, SourceRecord

Fields = Mapping[str, str]
"""Maps an episode's field to a record's, as dotted paths: {"series.name": "podcast.title"}."""

_NOT_MAPPED = {
    "series",
    "scores",
    "categories",
    "estimated",
    "notes_digest",
    "transcript_digest",
    "spoken",
}
FIELDS = (
    *(name for name in Episode.__struct_fields__ if name not in _NOT_MAPPED),
    "notes",
    *(f"series.{name}" for name in Series.__struct_fields__),
    *(f"scores.{name}" for name in Scores.__struct_fields__),
    *(f"categories.{name}" for name in Categories.__struct_fields__),
)
"""Every field of an episode as a dotted path."""


@dataclass(frozen=True)
class ValidationResult:
    """The valid episodes of a source, and what was wrong with the others."""

    episodes: list[Episode]
    """valid, ids unique, in source order"""
    problems: list[SourceProblem] = field(default_factory=list)
    """each record and each feed that was left out: where it is and why"""
    notes: list[str] = field(default_factory=list)
    """remarks about missing dates, duplicates and invalid languages"""


def load_fields(path: Path) -> Fields:
    """Returns the field mapping in a TOML file of `"episode.field" = "record.field"` lines.

    Raises `CommandError`.
    """
    try:
        fields = msgspec.convert(_flat(tomllib.loads(path.read_text())), dict[str, str])
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise CommandError(
            f'{path}: expected lines of "field" = "record.field": {error}'
        ) from error
    if unknown := fields.keys() - FIELDS:
        raise CommandError(
            f"{path}: {min(unknown)!r} is no field of an episode: {', '.join(FIELDS)}"
        )
    return fields


def _flat(table: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Returns a TOML table with its nested tables as dotted names."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{before}{name}.")
        else:
            flat[before + name] = value
    return flat


def validate_episodes(
    records: Iterable[SourceRecord | SourceProblem],
    fields: Fields | None = None,
    max_bad: Allowance | None = None,
    notes_keeper: NotesKeeper | None = None,
) -> ValidationResult:
    """Validates all records and returns each valid episode once.

    `notes_keeper` takes the full notes of each (None: they are dropped).

    `fields` maps the names of records that are not those of an episode. An invalid record is left
    out and reported; a feed with more of them than `max_bad` allows is left out as a whole (None
    allows any number). Raises `CommandError` if that leaves nothing, or if another source than
    feeds exceeds the allowance.
    """
    items, problems, notes = _validate_records(records, fields, notes_keeper)
    if max_bad is not None:
        items, problems = apply_allowance(items, problems, max_bad)
    has_feeds = any(item.feed for item in items)
    episodes = [item.episode for item in items]
    if has_feeds:
        unique = deduplicate(items)
        episodes = unique.episodes
        notes += unique.notes
    episodes, colliding = _without_hash_collisions(episodes, has_feeds=has_feeds)
    episodes, language_notes = standardize_languages(episodes)
    return ValidationResult(episodes, [*problems, *colliding], [*notes, *language_notes])


def _validate_records(
    records: Iterable[SourceRecord | SourceProblem],
    fields: Fields | None,
    notes_keeper: NotesKeeper | None,
) -> tuple[list[FeedItem], list[SourceProblem], list[str]]:
    """The valid items, the problems of the others, and the notes of the source."""
    items: list[FeedItem] = []
    problems: list[SourceProblem] = []
    notes: list[str] = []
    first_seen: dict[str, str] = {}
    for record in records:
        if isinstance(record, SourceProblem):
            if record.is_note:
                notes.append(f"{record.where}: {record.reason}")
            else:
                problems.append(record)
            continue
        try:
            given = _map_fields(record.fields, fields) if fields else record.fields
            episode = _episode(given)
            if not record.feed:  # the texts of feeds are plain already
                episode = _without_markup(episode)
        except (msgspec.ValidationError, ValueError) as error:
            reason = _plain_reason(str(error), record.fields)
            problems.append(SourceProblem(record.where, reason, feed=record.feed))
            continue
        if not record.feed:
            if first := first_seen.get(episode.id):
                reason = f"duplicate id {episode.id!r}, first at {first}"
                problems.append(SourceProblem(record.where, reason))
                continue
            first_seen[episode.id] = record.where
        episode = _with_notes(episode, given, record.notes_digest, notes_keeper)
        items.append(FeedItem(episode, record.feed, record.guid or episode.id))
    return items, problems, notes


def _episode(fields: Mapping[str, Any]) -> Episode:
    episode = msgspec.convert(fields, Episode)
    to_us(episode.published_at)
    if (size := len(episode.id.encode())) > MAX_ID_BYTES:
        raise ValueError(f"id: expected at most {MAX_ID_BYTES} bytes in UTF-8, got {size}")
    for text in (episode.id, episode.title):
        if not text.strip():
            raise ValueError("an id or title of nothing but space")
    # Names are shown to people and stripped; ids stay as they are.
    title, series = episode.title.strip(), episode.series
    if series and series.name and series.name != series.name.strip():
        series = msgspec.structs.replace(series, name=series.name.strip())
    if title == episode.title and series is episode.series:
        return episode
    return msgspec.structs.replace(episode, title=title, series=series)


def _without_markup(episode: Episode) -> Episode:
    """Returns the episode with its HTML turned into plain text."""
    series = episode.series
    if series and series.name:
        series = msgspec.structs.replace(series, name=title_text(series.name) or series.name)
    return msgspec.structs.replace(
        episode,
        title=title_text(episode.title) or episode.title,
        series=series,
        description=episode.description and _cut(description_text(episode.description)),
        key_insight=episode.key_insight and description_text(episode.key_insight),
    )


def _cut(text: str) -> str:
    is_whole = len(text) <= MAX_DESCRIPTION_CHARS
    return text if is_whole else text[:MAX_DESCRIPTION_CHARS].rstrip()


def _with_notes(
    episode: Episode, fields: Mapping[str, Any], digest: str, keeper: NotesKeeper | None
) -> Episode:
    """Returns the episode with the digest of its notes, which the keeper has."""
    if keeper is not None and not digest:
        notes = _full_notes(fields)
        digest = keeper.keep(notes) if notes else ""
    if episode.notes_digest == (digest or None):
        return episode
    return msgspec.structs.replace(episode, notes_digest=digest or None)


def _full_notes(fields: Mapping[str, Any]) -> str:
    """The notes of a record, or else a description that its card shows without markup, or cut."""
    notes, description = fields.get("notes"), fields.get("description")
    if isinstance(notes, str) and notes.strip():
        return notes
    if not isinstance(description, str):
        return ""
    is_whole = len(description) <= MAX_DESCRIPTION_CHARS and not is_html(description)
    return "" if is_whole else description


def _plain_reason(message: str, fields: Mapping[str, Any]) -> str:
    """Turns `Expected int - at `$.duration_s`` into `duration_s: expected int`."""
    if "RFC3339" in message:
        given = str(fields.get("published_at"))[:40]
        return f"published_at: expected a date like 2026-02-05T10:00:00Z, got {given!r}"
    found = re.fullmatch(r"(.*) - at `\$\.(.*)`", message)
    text, where = (found[1], f"{found[2]}: ") if found else (message, "")
    return where + text.replace("`", "")[:1].lower() + text.replace("`", "")[1:]


def _map_fields(record: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    """Returns the record with its mapped fields where an episode has them."""
    mapped: dict[str, Any] = dict(record)
    for target, origin in fields.items():
        value: Any = record
        for key in origin.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        *parents, name = target.split(".")
        place = mapped
        for key in parents:
            below = place.get(key)
            place[key] = dict(below) if isinstance(below, Mapping) else {}
            place = place[key]
        place[name] = value
    return mapped


def _without_hash_collisions(
    episodes: list[Episode], *, has_feeds: bool
) -> tuple[list[Episode], list[SourceProblem]]:
    """Leaves out and reports each episode of a feed whose id has the same hash as another id.

    A session could not distinguish the two. Raises `CommandError` for a source that is no feed.
    """
    hashes = hash_strings([e.id for e in episodes]).tolist()
    if len(set(hashes)) == len(hashes):
        return episodes, []
    seen: dict[int, str] = {}
    kept, problems = [], []
    for value, episode in zip(hashes, episodes, strict=True):
        first = seen.setdefault(value, episode.id)
        if first == episode.id:
            kept.append(episode)
            continue
        reason = f"ids {first!r} and {episode.id!r} have the same hash: rename one"
        if not has_feeds:
            raise CommandError(reason)
        problems.append(SourceProblem(episode.id, reason))
    return kept, problems
