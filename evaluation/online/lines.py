"""Reads decision logs from files, as the function wrote them or as Google exports them."""

import gzip
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from io import BufferedReader
from pathlib import Path
from typing import Any

import msgspec

from catalog_builder.errors import CommandError
from feed.model.timestamps import to_us
from feed.session.decision_log import DecisionLine

NOT_JSON, NO_PAYLOAD, NO_DECISION = "not JSON", "without a JSON payload", "about something else"
"""why lines are skipped"""
MAX_POSITION = 1_000_000


class _Entry(msgspec.Struct):
    """A line: what the function wrote, a LogEntry, or a row of BigQuery."""

    jsonPayload: msgspec.Raw = msgspec.Raw()  # noqa: N815  # Google's name
    message: Any = None
    timestamp: str | None = None


_entries = msgspec.json.Decoder(_Entry)
_lines = msgspec.json.Decoder(DecisionLine)


def read_lines(
    paths: Iterable[Path], skipped: Counter[str] | None = None
) -> Iterator[DecisionLine]:
    """Yield the lines of several files that are about decisions, in the order of the files.

    A file is JSON Lines, or one JSON array, which is read at once; `.gz` is decompressed. `skipped`
    counts, by reason, the lines that are left out.

    Raises:
        CommandError: a file or a line cannot be read; the message names file and line, or the
            number of the entry in an array.
    """
    counts = Counter[str]() if skipped is None else skipped
    for path in paths:
        at = 0
        try:
            opened = gzip.open if path.suffix == ".gz" else open
            with opened(path, "rb") as file:
                for raw in _raw_lines(file):
                    at += 1
                    line = _line(raw, counts)
                    if line is not None:
                        yield line
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            raise CommandError(f"{path}:{at}: {error}" if at else f"{path}: {error}") from error
        except (OSError, EOFError, zlib.error) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise CommandError(f"{path}: {reason}") from error


def _raw_lines(file: gzip.GzipFile | BufferedReader) -> Iterator[bytes | msgspec.Raw]:
    """Yield the lines of a file, or the entries of its JSON array."""
    first = file.readline()
    if _begins_array(first):
        yield from msgspec.json.decode(first + file.read(), type=list[msgspec.Raw])
    else:
        yield first
        yield from file


def _begins_array(first: bytes) -> bool:
    """Whether the first line begins an array of objects, and not a server's `[INFO] Listening`."""
    text = first.strip()
    return text.startswith(b"[") and text[1:].lstrip()[:1] in {b"", b"{", b"]"}


def _line(raw: bytes | msgspec.Raw, skipped: Counter[str]) -> DecisionLine | None:
    if not isinstance(raw, msgspec.Raw) and not raw.lstrip().startswith(b"{"):
        if raw.strip():
            skipped[NOT_JSON] += 1
        return None
    entry = _entries.decode(raw)
    payload = bytes(entry.jsonPayload)
    has_payload = payload not in {b"", b"null"}
    if not has_payload and entry.message is None:
        skipped[NO_PAYLOAD] += 1
        return None
    line = _decoded(payload if has_payload else raw)
    if not (line.shown or line.seen or line.engagement or line.drawn or line.queue):
        skipped[NO_DECISION] += 1
        return None
    if not line.time:
        if not entry.timestamp:
            raise ValueError("expected a time: `time` in the line, or `timestamp` in the entry")
        line = msgspec.structs.replace(line, time=entry.timestamp)
    _check(line)
    return line


def _check(line: DecisionLine) -> None:
    """Raise `ValueError` for what no type says: times, and lists of equal length."""
    seconds(line.time)
    if line.engagement is not None:
        seconds(line.engagement.at)
    for one in line.shown:
        if len(one.episode_ids) != len(one.ages_days):
            raise ValueError("shown: expected as many ages_days as episode_ids")
        if not 0 < one.first_position < MAX_POSITION:
            raise ValueError(f"shown: expected a position, got {one.first_position}")
    if (queue := line.queue) is not None:
        columns = [queue.scores, *queue.parts.values()]
        if any(len(one) != len(queue.episode_ids) for one in columns):
            raise ValueError("queue: expected a score and each part for every episode")


def _decoded(raw: bytes | msgspec.Raw) -> DecisionLine:
    try:
        return _lines.decode(raw)
    except msgspec.ValidationError:
        # BigQuery has null for what a row lacks, and its command line has numbers as texts.
        return msgspec.convert(_without_nulls(msgspec.json.decode(raw)), DecisionLine, strict=False)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_without_nulls(one) for one in value]
    return value


@lru_cache(maxsize=100_000)
def seconds(text: str) -> int:
    """Seconds since 1970 of a time as logs and BigQuery write it, in UTC where it has no zone.

    Raises `ValueError`.
    """
    try:
        time = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError as error:
        raise ValueError(f"expected a time (RFC 3339), got {text!r}") from error
    return to_us(time if time.tzinfo else time.replace(tzinfo=UTC)) // 1_000_000
