"""Reads episodes from a file: a JSON array or JSON Lines, told by the first character."""

import gzip
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

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
        try:
            data = self._path.read_bytes()
            if self._path.suffix == ".gz":
                data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            said = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise Unavailable(f"{self._path}: {said}") from error
        data = data.removeprefix(b"\xef\xbb\xbf")
        records = self._array(data) if data.lstrip()[:1] == b"[" else self._lines(data)
        name = self._path.name
        for place, value in records:
            where = f"{name}:{place}"
            if isinstance(value, dict):
                yield SourceRecord(where, value)
            else:
                yield SourceProblem(
                    where, value if isinstance(value, _Reason) else "not a JSON object"
                )

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

    def _lines(self, data: bytes) -> Iterator[tuple[str, Any]]:
        for line, raw in enumerate(BytesIO(data), 1):  # without a second copy
            if raw.strip():
                yield f"{line}", _value(raw)


class _Reason(str):
    """Stands for a value that could not be decoded; says why."""

    __slots__ = ()


def _value(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _Reason(f"malformed JSON: {error}")
