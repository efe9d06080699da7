"""Reading an upload: one file, the only part of a multipart/form-data body (RFC 7578)."""

from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from functions.http.request_body import read_limited
from functions.problems import ProblemError, invalid

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

ENVELOPE_BYTES = 16 * 1024
"""what a body may have beside the file: boundaries and headers"""


async def read_file(request: Request, field: str, *, max_bytes: int, max_s: float) -> bytes:
    """Return the bytes of the one part of this name; its file name and content type are ignored.

    Raises `ProblemError`: 400 unless the body is one such part, 408 if too slow, 413 if too large.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise invalid("Content-Type", "multipart/form-data with a boundary")
    upload = _Upload(field, max_bytes)
    try:
        parser = MultipartParser(boundary, upload.callbacks())
        await read_limited(request, parser.write, max_bytes=max_bytes + ENVELOPE_BYTES, max_s=max_s)
        parser.finalize()
    except FormParserError as error:
        raise _not_whole(field) from error
    if not upload.has_ended:
        raise _not_whole(field)
    return bytes(upload.data)


class _Upload:
    """Collects the data of one part, and refuses any other."""

    def __init__(self, field: str, max_bytes: int) -> None:
        self.data = bytearray()
        self.has_ended = False
        self._field = field
        self._max_bytes = max_bytes
        self._parts = 0
        self._header = (bytearray(), bytearray())
        """name and value of the header that is being read"""
        self._name = b""

    def callbacks(self) -> "MultipartCallbacks":
        """Return what the parser calls, by event."""
        return {
            "on_part_begin": self._begin_part,
            "on_header_begin": self._begin_header,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._check_name,
            "on_part_data": self._extend,
            "on_end": self._end,
        }

    def _begin_part(self) -> None:
        self._parts += 1
        self._name = b""
        if self._parts > 1:
            raise invalid(self._field, "one part and no others")

    def _begin_header(self) -> None:
        self._header = bytearray(), bytearray()

    def _end_header(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._name = parse_options_header(bytes(value))[1].get(b"name", b"")

    def _check_name(self) -> None:
        if self._name != self._field.encode():
            name = self._name.decode("utf-8", "replace")
            raise invalid(name or self._field, f"a part named {self._field}", is_known=False)

    def _extend(self, data: bytes, start: int, end: int) -> None:
        if len(self.data) + end - start > self._max_bytes:
            raise ProblemError(
                413,
                "too-large",
                "the file is too large",
                field=self._field,
                expected=f"at most {self._max_bytes} bytes",
            )
        self.data += data[start:end]

    def _end(self) -> None:
        self.has_ended = True


def _not_whole(field: str) -> ProblemError:
    return invalid(field, "a whole multipart/form-data body with a part of this name")
