"""Interactions of users with episodes, read from a CSV file into columns."""

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from catalog_builder.errors import CommandError
from feed.arrays.arrays import BoolArray, IntArray
from feed.model.engagement import ENGAGEMENT_TYPES
from feed.model.timestamps import FIRST_US, LAST_US, to_us

COLUMNS = ("user_id", "episode_id", "type", "timestamp")
"""Required columns of an interactions file. `progress` is optional, others are ignored."""

Event = tuple[str, str, int, int, float]
"""user id, episode id, index in `ENGAGEMENT_TYPES`, microseconds since 1970, progress or NaN"""

SECOND_US = 1_000_000
_CODES: dict[str, int] = {name: code for code, name in enumerate(ENGAGEMENT_TYPES)}


@dataclass(frozen=True)
class Events:
    """m interactions of users with episodes, sorted by time; equal times keep the file's order."""

    user_ids: Sequence[str]
    user: npt.NDArray[np.int32]
    """(m,) indexes into `user_ids`"""
    episode_ids: Sequence[str]
    episode: npt.NDArray[np.int32]
    """(m,) indexes into `episode_ids`"""
    event_type: npt.NDArray[np.uint8]
    """(m,) indexes into `feed.model.engagement.TYPES`"""
    timestamp_us: npt.NDArray[np.int64]
    """(m,) microseconds since 1970, UTC; negative before"""
    progress: npt.NDArray[np.float64]
    """(m,) share of the episode that was played, 0 to 1; NaN if not known"""

    @classmethod
    def from_rows(cls, events: Iterable[Event]) -> "Events":
        """Events from rows in any order."""
        users: dict[str, int] = {}
        episodes: dict[str, int] = {}
        coded = [
            (
                users.setdefault(user_id, len(users)),
                episodes.setdefault(episode_id, len(episodes)),
                *rest,
            )
            for user_id, episode_id, *rest in events
        ]
        columns = zip(*coded, strict=True) if coded else ((),) * 5
        user, episode, event_type, timestamp_us, progress = columns
        unsorted = cls(
            user_ids=list(users),
            user=np.array(user, np.int32),
            episode_ids=list(episodes),
            episode=np.array(episode, np.int32),
            event_type=np.array(event_type, np.uint8),
            timestamp_us=np.array(timestamp_us, np.int64),
            progress=np.array(progress, np.float64),
        )
        return unsorted.take(np.argsort(unsorted.timestamp_us, kind="stable"))

    def __len__(self) -> int:
        return len(self.user)

    def take(self, index: IntArray | BoolArray | slice) -> "Events":
        """The events at these indexes, or where this mask is true."""
        columns = ("user", "episode", "event_type", "timestamp_us", "progress")
        return replace(self, **{name: getattr(self, name)[index] for name in columns})

    def joined(self, later: "Events") -> "Events":
        """These events and later ones, as one."""
        users, user = _joined_names(self.user_ids, later.user_ids)
        episodes, episode = _joined_names(self.episode_ids, later.episode_ids)
        columns = {
            name: np.concatenate([getattr(self, name), getattr(later, name)])
            for name in ("event_type", "timestamp_us", "progress")
        }
        every = Events(
            user_ids=users,
            user=np.concatenate([self.user, user[later.user]]),
            episode_ids=episodes,
            episode=np.concatenate([self.episode, episode[later.episode]]),
            **columns,
        )
        return every.take(np.argsort(every.timestamp_us, kind="stable"))

    def split(self, share: float) -> tuple["Events", "Events"]:
        """The earliest `share` of the events, and the remaining ones."""
        at = int(len(self) * share)
        return self.take(slice(at)), self.take(slice(at, None))


def _joined_names(
    names: Sequence[str], more: Sequence[str]
) -> tuple[list[str], npt.NDArray[np.int32]]:
    """All distinct names, and the index among them of each of `more`."""
    places = {name: place for place, name in enumerate(names)}
    found = [places.setdefault(name, len(places)) for name in more]
    return list(places), np.array(found, np.int32)


def read_events(path: Path) -> Events:
    """Read events from a CSV file, which is gzipped if its name ends in `.gz`.

    A timestamp is RFC 3339 with a zone, or seconds since 1970.

    Raises:
        CommandError: the file cannot be read or a field is invalid; names line and field.
    """
    return Events.from_rows(_rows(path))


def _rows(path: Path) -> Iterator[Event]:
    """Yield the validated fields of each line."""
    line = 0
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = next(lines, [])
            line = 1
            required = [_column(header, name) for name in COLUMNS]
            progress = _column(header, "progress") if "progress" in header else None
            for row in lines:
                line = lines.line_num
                if not row:
                    continue
                if len(row) != len(header):
                    raise ValueError(f"expected {len(header)} fields, got {len(row)}")
                user, episode, event_type, timestamp = (row[at].strip() for at in required)
                yield (
                    _nonempty("user_id", user),
                    _nonempty("episode_id", episode),
                    _event_type(event_type),
                    _timestamp_us(timestamp),
                    np.nan if progress is None else _progress(row[progress].strip()),
                )
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise CommandError(f"{path}: {reason}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path}: expected UTF-8: {error}") from error
    except csv.Error as error:  # in the row after the last that was read
        raise CommandError(f"{path}:{line + 1}: {error}") from error
    except ValueError as error:
        raise CommandError(f"{path}:{line}: {error}") from error


def _column(header: list[str], name: str) -> int:
    if header.count(name) != 1:
        raise ValueError(
            f"{name}: expected one column of this name, got {','.join(header)[:200]!r}"
        )
    return header.index(name)


def _nonempty(field: str, text: str) -> str:
    if not text:
        raise ValueError(f"{field}: expected an id, got nothing")
    return text


def _event_type(text: str) -> int:
    if text not in _CODES:
        raise ValueError(f"type: expected one of {', '.join(ENGAGEMENT_TYPES)}, got {text!r}")
    return _CODES[text]


def _timestamp_us(text: str) -> int:
    expected = f"timestamp: expected RFC 3339 with a zone, or seconds since 1970, got {text!r}"
    try:
        seconds = float(text)
    except ValueError:
        pass
    else:
        # Milliseconds since 1970 lie past the year 9999; NaN is in no range.
        if not FIRST_US <= seconds * SECOND_US <= LAST_US:
            raise ValueError(f"{expected}, which is outside the years 1 to 9999")
        return round(seconds * SECOND_US)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(expected) from None
    if instant.tzinfo is None:
        raise ValueError(expected)
    return to_us(instant)


def _progress(text: str) -> float:
    expected = f"progress: expected a share from 0 to 1, or nothing, got {text!r}"
    if not text:
        return np.nan
    try:
        share = float(text)
    except ValueError:
        raise ValueError(expected) from None
    if not 0 <= share <= 1:
        raise ValueError(expected)
    return share
