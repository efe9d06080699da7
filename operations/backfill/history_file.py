"""Reads a history file: one engagement per line, as CSV with a header or as JSON Lines.

Columns: `user_id`, `episode_id`, `type`, `timestamp`, and `progress` if known.
"""

import csv
import hashlib
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec

from feed.model import limits
from feed.model.engagement import Engagement, EngagementType, Progress, StoredEpisodeId
from feed.model.timestamps import FIRST_US, LAST_US, to_us

SUFFIXES = (".csv", ".jsonl")
SECONDS_BELOW = 100_000_000_000
"""a smaller number is a time in seconds, another one in milliseconds: 1973 or the year 5138"""

_FIELDS: dict[str, Any] = {
    "user_id": Annotated[str, msgspec.Meta(min_length=1)],
    "episode_id": StoredEpisodeId,
    "type": EngagementType,
}


class HistoryError(ValueError):
    """A file is no history file."""


class HistoryLine(NamedTuple):
    """One line of a history file."""

    number: int
    """in the file, from 1; of CSV the header is line 1"""
    uid: str = ""
    engagement: Engagement | None = None
    reason: str = ""
    """why the line is left out; empty for an engagement"""


def read_history(path: Path, after: int = 0) -> Iterator[HistoryLine]:
    """Yield the lines of a file behind the line `after`. Raises `HistoryError` and OSError.

    Memory does not grow with the file.
    """
    if path.suffix not in SUFFIXES:
        raise HistoryError(f"{path}: expected a file named *{' or *'.join(SUFFIXES)}")
    rows = _csv_rows(path) if path.suffix == ".csv" else _json_rows(path)
    for number, row in rows:
        if number <= after:
            continue
        if isinstance(row, str):
            yield HistoryLine(number, reason=row)
            continue
        try:
            yield HistoryLine(number, str(row.get("user_id")), _engagement(row))
        except _RefusedError as refused:
            yield HistoryLine(number, reason=str(refused))


class _RefusedError(ValueError):
    """A line cannot be understood; the message holds none of its values."""


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            names = reader.fieldnames or ()
        except csv.Error as error:
            raise HistoryError(f"{path}: {error}") from error
        if missing := [name for name in (*_FIELDS, "timestamp") if name not in names]:
            raise HistoryError(f"{path}: expected a header with {', '.join(missing)}")
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield reader.line_num, "the line is no CSV"
            else:
                yield reader.line_num, {name: value or None for name, value in row.items() if name}


def _json_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                row = None
            yield number, row if isinstance(row, dict) else "the line is no JSON object"


def _engagement(row: Mapping[str, Any]) -> Engagement:
    for name, kind in _FIELDS.items():
        _convert(row, name, kind)
    if limits.utf8_bytes(row["episode_id"]) > limits.MAX_EPISODE_ID:
        raise _RefusedError("episode_id is too long")
    timestamp_us = _timestamp_us(row.get("timestamp"))
    progress = None
    if row.get("progress") is not None:
        progress = _convert(row, "progress", Progress)
    parts = [row["episode_id"], row["type"], timestamp_us, progress]
    name = hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]
    return Engagement(
        id=f"history-{name}",
        episode_id=row["episode_id"],
        type=row["type"],
        timestamp_us=timestamp_us,
        progress=progress,
    )


def _convert(row: Mapping[str, Any], name: str, kind: Any) -> Any:
    if row.get(name) is None:
        raise _RefusedError(f"{name} is missing")
    try:
        return msgspec.convert(row[name], kind, strict=False)
    except msgspec.ValidationError:
        raise _RefusedError(f"{name} is not valid") from None


def _timestamp_us(value: Any) -> int:
    """Microseconds since 1970 of an ISO 8601 text, in UTC without a zone, or of a number."""
    if value is None:
        raise _RefusedError("timestamp is missing")
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (ValueError, TypeError):
        number = math.nan
    if math.isfinite(number):
        us = math.floor(number * (1_000_000 if abs(number) < SECONDS_BELOW else 1_000))
    else:
        try:
            instant = datetime.fromisoformat(value)
        except (ValueError, TypeError):
            raise _RefusedError("timestamp is not valid") from None
        us = to_us(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
    if not FIRST_US <= us <= LAST_US:
        raise _RefusedError("timestamp is not valid")
    return us
