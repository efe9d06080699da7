"""Events: who did what with which episode, and when, from a CSV file."""

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
from feed.model.engagement import TYPES
from feed.model.timestamps import FIRST_US, LAST_US, to_us

COLUMNS = ("user_id", "episode_id", "type", "timestamp")
"""Those that a file must have. `progress` is read where it has one, others are left alone."""

Event = tuple[str, str, int, int, float]
"""user, episode, place of the type in `TYPES`, microseconds since 1970, progress or NaN"""

SECOND_US = 1_000_000
_CODES: dict[str, int] = {kind: code for code, kind in enumerate(TYPES)}


@dataclass(frozen=True)
class Events:
    """m events in the order of their times; equal times in the order of the file."""

    user_ids: Sequence[str]
    user: npt.NDArray[np.int32]
    """(m,) places in `user_ids`"""
    episode_ids: Sequence[str]
    episode: npt.NDArray[np.int32]
    """(m,) places in `episode_ids`"""
    kind: npt.NDArray[np.uint8]
    """(m,) places in `feed.model.engagement.TYPES`"""
    timestamp_us: npt.NDArray[np.int64]
    """(m,) microseconds since 1970, UTC; negative before"""
    progress: npt.NDArray[np.float64]
    """(m,) share of the episode that was heard, NaN where it is not known"""

    @classmethod
    def of(cls, events: Iterable[Event]) -> "Events":
        """These events, put in order."""
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
        user, episode, kind, when, heard = zip(*coded, strict=True) if coded else ((),) * 5
        unsorted = cls(
            user_ids=list(users),
            user=np.array(user, np.int32),
            episode_ids=list(episodes),
            episode=np.array(episode, np.int32),
            kind=np.array(kind, np.uint8),
            timestamp_us=np.array(when, np.int64),
            progress=np.array(heard, np.float64),
        )
        return unsorted.take(np.argsort(unsorted.timestamp_us, kind="stable"))

    def __len__(self) -> int:
        return len(self.user)

    def take(self, places: IntArray | BoolArray | slice) -> "Events":
        """Some of the events, in order."""
        return replace(
            self,
            user=self.user[places],
            episode=self.episode[places],
            kind=self.kind[places],
            timestamp_us=self.timestamp_us[places],
            progress=self.progress[places],
        )

    def cut(self, share: float) -> tuple["Events", "Events"]:
        """The earliest `share` of the events, and what came after."""
        at = int(len(self) * share)
        return self.take(slice(at)), self.take(slice(at, None))


def read_events(path: Path) -> Events:
    """The events in a CSV file, gzipped where its name ends in `.gz`.

    A timestamp is RFC 3339 with its zone, or seconds since 1970. Raises `CommandError` that names
    the line and the field.
    """
    return Events.of(_rows(path))


def _rows(path: Path) -> Iterator[Event]:
    """The fields of each line, validated."""
    line = 0
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = next(lines, [])
            line = 1
            places = [_column(header, name) for name in COLUMNS]
            progress = _column(header, "progress") if "progress" in header else None
            for row in lines:
                line = lines.line_num
                if not row:
                    continue
                if len(row) != len(header):
                    raise ValueError(f"expected {len(header)} fields, got {len(row)}")
                user, episode, kind, when = (row[place].strip() for place in places)
                yield (
                    _named("user_id", user),
                    _named("episode_id", episode),
                    _kind(kind),
                    _timestamp_us(when),
                    np.nan if progress is None else _progress(row[progress].strip()),
                )
    except (OSError, EOFError, zlib.error) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise CommandError(f"{path}: {said}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path}: expected UTF-8: {error}") from error
    except csv.Error as error:  # in the row after the last that was read
        raise CommandError(f"{path}:{line + 1}: {error}") from error
    except ValueError as error:
        raise CommandError(f"{path}:{line}: {error}") from error


def _column(header: list[str], name: str) -> int:
    if header.count(name) != 1:
        raise ValueError(f"{name}: expected one such column, got {','.join(header)[:200]!r}")
    return header.index(name)


def _named(field: str, text: str) -> str:
    if not text:
        raise ValueError(f"{field}: expected an id, got nothing")
    return text


def _kind(text: str) -> int:
    if text not in _CODES:
        raise ValueError(f"type: expected one of {', '.join(TYPES)}, got {text!r}")
    return _CODES[text]


def _timestamp_us(text: str) -> int:
    expected = f"timestamp: expected RFC 3339 with a zone, or seconds since 1970, got {text!r}"
    try:
        seconds = float(text)
    except ValueError:
        pass
    else:
        # Milliseconds of our days lie past the year 9999; NaN is in no range.
        if not FIRST_US <= seconds * SECOND_US <= LAST_US:
            raise ValueError(f"{expected}, no second of the years 1 to 9999")
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
