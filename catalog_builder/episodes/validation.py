"""Reading: raw records to valid episodes, the only place where an episode is validated."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from catalog_builder.episodes.allowance import Allowance, within_allowance
from catalog_builder.episodes.duplicates import Item, unite
from catalog_builder.episodes.languages import standard_languages
from catalog_builder.errors import CommandError
from feed.arrays.hashing import hash_strings
from feed.model.episode import MAX_ID_BYTES, Categories, Episode, Scores, Series
from feed.model.markup import heading, text_of
from feed.model.timestamps import to_us
from feed.ports.episodes import Problem, Record

Fields = Mapping[str, str]
"""Episode field to where a record has it, both as dotted paths: {"series.name": "podcast.title"}"""


FIELDS = (
    *(name for name in Episode.__struct_fields__ if name not in {"series", "scores", "categories"}),
    *(f"series.{name}" for name in Series.__struct_fields__),
    *(f"scores.{name}" for name in Scores.__struct_fields__),
    *(f"categories.{name}" for name in Categories.__struct_fields__),
)
"""Every field of an episode, as a mapping names it."""


@dataclass(frozen=True)
class Read:
    """What a source gave."""

    episodes: list[Episode]
    """valid, ids unique, in source order"""
    bad: list[Problem] = field(default_factory=list)
    """each record that was skipped, and each feed that was left out: where it is and why"""
    notes: list[str] = field(default_factory=list)
    """what was done about dates that are missing, duplicates, and languages that are none"""


def load_fields(path: Path) -> Fields:
    """A field mapping from a TOML file of `"episode.field" = "record.field"`.

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
    """A TOML table with its nested tables as dotted names."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{before}{name}.")
        else:
            flat[before + name] = value
    return flat


def read_episodes(
    records: Iterable[Record | Problem],
    fields: Fields | None = None,
    max_bad: Allowance | None = None,
) -> Read:
    """Validates every record, and returns each episode once.

    What is bad is kept with its reason, and stops nothing until there is more of it than `max_bad`
    allows (None: all of it is allowed). A feed is judged by itself, and left out. Raises
    `CommandError` where that leaves nothing, and for a source that is no feed.
    """
    items: list[Item] = []
    bad: list[Problem] = []
    remarks: list[str] = []
    places: dict[str, str] = {}
    for record in records:
        if isinstance(record, Problem):
            if record.is_note:
                remarks.append(f"{record.where}: {record.reason}")
            else:
                bad.append(record)
            continue
        try:
            episode = _episode(_mapped(record.fields, fields) if fields else record.fields)
            if not record.feed:  # a feed's texts are text already
                episode = _without_markup(episode)
        except (msgspec.ValidationError, ValueError) as error:
            reason = _plain(str(error), record.fields)
            bad.append(Problem(record.where, reason, feed=record.feed))
            continue
        if not record.feed:
            if first := places.get(episode.id):
                bad.append(Problem(record.where, f"duplicate id {episode.id!r}, first at {first}"))
                continue
            places[episode.id] = record.where
        items.append(Item(episode, record.feed, record.guid or episode.id))
    if max_bad is not None:
        items, bad = within_allowance(items, bad, max_bad)
    are_of_feeds = any(item.feed for item in items)
    united = unite(items) if are_of_feeds else None
    episodes = united.episodes if united else [item.episode for item in items]
    episodes, left_out = _of_one_hash(episodes, are_of_feeds=are_of_feeds)
    episodes, notes = standard_languages(episodes)
    notes = [*remarks, *(united.notes if united else []), *notes]
    return Read(episodes, [*bad, *left_out], notes)


def _episode(fields: Mapping[str, Any]) -> Episode:
    episode = msgspec.convert(fields, Episode)
    to_us(episode.published_at)
    if (size := len(episode.id.encode())) > MAX_ID_BYTES:
        raise ValueError(f"id: expected at most {MAX_ID_BYTES} bytes in UTF-8, got {size}")
    for text in (episode.id, episode.title):
        if not text.strip():
            raise ValueError("an id or title of nothing but space")
    # Names are for people; ids stay as they are.
    title, series = episode.title.strip(), episode.series
    if series and series.name and series.name != series.name.strip():
        series = msgspec.structs.replace(series, name=series.name.strip())
    if title == episode.title and series is episode.series:
        return episode
    return msgspec.structs.replace(episode, title=title, series=series)


def _without_markup(episode: Episode) -> Episode:
    """Returns an episode whose texts a page can print, as those of feeds."""
    series = episode.series
    if series and series.name:
        series = msgspec.structs.replace(series, name=heading(series.name) or series.name)
    return msgspec.structs.replace(
        episode,
        title=heading(episode.title) or episode.title,
        series=series,
        description=episode.description and text_of(episode.description),
        key_insight=episode.key_insight and text_of(episode.key_insight),
    )


def _plain(message: str, fields: Mapping[str, Any]) -> str:
    """`Expected int, got str - at $.duration_s` as `duration_s: expected int, got str`."""
    if "RFC3339" in message:
        said = str(fields.get("published_at"))[:40]
        return f"published_at: expected a date like 2026-02-05T10:00:00Z, got {said!r}"
    found = re.fullmatch(r"(.*) - at `\$\.(.*)`", message)
    text, where = (found[1], f"{found[2]}: ") if found else (message, "")
    return where + text.replace("`", "")[:1].lower() + text.replace("`", "")[1:]


def _mapped(record: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    """The record with what the mapping names put where an episode has it."""
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


def _of_one_hash(
    episodes: list[Episode], *, are_of_feeds: bool
) -> tuple[list[Episode], list[Problem]]:
    """Leaves out and names an episode of a feed whose id has the hash of another id.

    The two would be one episode to a session. Raises `CommandError` for a source that is no feed.
    """
    hashes = hash_strings([e.id for e in episodes]).tolist()
    if len(set(hashes)) == len(hashes):
        return episodes, []
    seen: dict[int, str] = {}
    kept, bad = [], []
    for value, episode in zip(hashes, episodes, strict=True):
        first = seen.setdefault(value, episode.id)
        if first == episode.id:
            kept.append(episode)
            continue
        reason = f"ids {first!r} and {episode.id!r} have the same hash: rename one"
        if not are_of_feeds:
            raise CommandError(reason)
        bad.append(Problem(episode.id, reason))
    return kept, bad
