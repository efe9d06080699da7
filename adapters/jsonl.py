"""Reads episodes from a file: a JSON array or JSON Lines, told by the first character."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from feed.ports.episodes import SourceProblem, SourceRecord
from feed.ports.errors import Unavailable


class JsonSource:
    """An `EpisodeSource` over one file, which is gzipped if its name ends in `.gz`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Iterator[SourceRecord | SourceProblem]:
        """Yield the objects as records named `file:line`, or `file:line[index]` in an array.

        A malformed line of JSON Lines is a `SourceProblem`. Raises `Unavailable` for a malformed
        array, which cannot be read beyond the error.
        """
        name = self._path.name
        try:
            with self._opened() as file:
                for place, value in self._values(file):
                    where = f"{name}:{place}"
                    if isinstance(value, dict):
                        yield SourceRecord(where, value)
                    else:
                        reason = value if isinstance(value, _Reason) else "not a JSON object"
                        yield SourceProblem(where, reason)
        except (OSError, EOFError, zlib.error) as error:
            said = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise Unavailable(f"{self._path}: {said}") from error

    def _opened(self) -> IO[bytes] | gzip.GzipFile:
        if self._path.suffix == ".gz":
            return gzip.open(self._path, "rb")
        return self._path.open("rb")

    def _values(self, file: IO[bytes] | gzip.GzipFile) -> Iterator[tuple[str, Any]]:
        """Yield each value and its place; of JSON Lines one line at a time is in memory."""
        blank: bytes | None = b""  # all lines so far, while they are blank
        for line, raw in enumerate(file, 1):
            text = raw.removeprefix(b"\xef\xbb\xbf") if line == 1 else raw
            if blank is not None and text.lstrip()[:1] == b"[":
                yield from self._array(blank + text + file.read())
                return
            if text.strip():
                blank = None
                yield f"{line}", _value(text)
            elif blank is not None:
                blank += text

    def _array(self, data: bytes) -> Iterator[tuple[str, Any]]:
        try:
            elements = msgspec.json.decode(data, type=list[msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Unavailable(f"{self._path}: malformed JSON array: {error}") from error
        line, at = 1, 0
        for index, element in enumerate(elements):
            raw = bytes(element)
            start = data.index(raw, at)
            line += data.count(b"\n", at, start)
            yield f"{line}[{index}]", _value(raw)
            line += raw.count(b"\n")
            at = start + len(raw)


class _Reason(str):
    """Stands for a value that could not be decoded; says why."""

    __slots__ = ()


def _value(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _Reason(f"malformed JSON: {error}")
